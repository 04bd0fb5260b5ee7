import { type ConditionColumn, type Expression, valueTypeOf } from './expression.ts';
import { itemsOf, type Kusto, type KustoCode, kustoWith, type SyntaxNode } from './kusto.ts';
import { Refusal } from './refusal.ts';
import { expressionOf } from './tree.ts';

export type Parsed = { readonly expression: Expression } | { readonly fault: string };

/** A condition as the settings have it, and the columns that it may name. */
export interface ConditionText {
  readonly kql: string;
  readonly columns: readonly ConditionColumn[];
}

/** Parses conditions where this is called. */
export const parseAll = (texts: readonly ConditionText[]): readonly Parsed[] =>
  texts.map(({ kql, columns }) => parseCondition(kql, columns));

/** Stands before a condition, so that the parser takes it for what it is. */
const BEFORE = 'telemetry | where ';

/**
 * A KQL predicate over these columns. What the parser refuses, and what conditions do not know or must not depend on,
 * is a fault: a sentence with the words and their place.
 */
export function parseCondition(text: string, columns: readonly ConditionColumn[]): Parsed {
  if (depthOf(text) > MOST_DEPTH) return { fault: `it is nested more than ${MOST_DEPTH} deep` };
  const types = new Map(columns.map((column) => [column.name, valueTypeOf(column)]));
  const kusto = kustoWith([{ name: 'telemetry', columns: [...types].map(([name, type]) => ({ name, type })) }]);
  try {
    const code = kusto.analyze(BEFORE + text);
    const { left, node } = soleCondition(code, kusto);
    if (kusto.typeOf(node) === 'SimpleNamedExpression') throw new Refusal('= gives a name; == compares', node);
    const said = diagnosis(code, columns);
    const wrong = said !== undefined && /requires an argument list$/.test(said.message) ? said : (left ?? said);
    if (wrong !== undefined) return { fault: placed(wrong, text) };
    const expression = expressionOf(node, { kusto, types, textOf: (part) => wordsOf(part, text) });
    return expression.type === 'bool' ? { expression } : { fault: `it is of type ${expression.type}, not a condition` };
  } catch (error) {
    if (error instanceof Refusal) return { fault: placed(error, text) };
    throw error;
  }
}

/** Beyond that the parser takes minutes, or more stack than there is. */
const MOST_DEPTH = 100;

function depthOf(text: string): number {
  let [depth, most] = [0, 0];
  for (const sign of text) {
    if (sign === '(' || sign === '[') most = Math.max(most, ++depth);
    else if (sign === ')' || sign === ']') depth--;
  }
  return most;
}

const wordsOf = ({ TextStart, End }: Refusal['node'], text: string): string =>
  text.slice(Math.max(TextStart - BEFORE.length, 0), Math.max(End - BEFORE.length, 0));

function placed({ message, node }: Pick<Refusal, 'message' | 'node'>, text: string): string {
  const words = wordsOf(node, text);
  const shown = words.length > 80 ? `${words.slice(0, 80)}…` : words;
  const place = `character ${Math.min(Math.max(node.TextStart - BEFORE.length, 0), text.length) + 1}`;
  return shown === '' ? `${message} (at ${place})` : `${message} (at ${place}: ${shown})`;
}

/** What stands behind `where`; and what is left beside it, if anything is: another operator, another statement. */
function soleCondition(code: KustoCode, kusto: Kusto): { readonly node: SyntaxNode; readonly left?: Refusal } {
  let node = code.Syntax;
  while (kusto.typeOf(node) !== 'FilterOperator') {
    const children = childrenOf(node).filter(({ TextStart, End }) => End > TextStart);
    const [first, ...others] = kusto.typeOf(node) === 'PipeExpression' ? children.toReversed() : children;
    // Of a pipe the last part counts, which must be the first operator; of all else there must be one part.
    const extra = kusto.typeOf(node) === 'PipeExpression' ? undefined : others[0];
    if (extra !== undefined) return { node, left: new Refusal('it is more than one expression', extra) };
    if (first === undefined) return { node, left: new Refusal('it is no expression', node) };
    if (kusto.typeOf(node) === 'PipeExpression' && others.some((part) => kusto.typeOf(part) === 'PipeExpression'))
      return { node, left: new Refusal('it is more than one expression', first) };
    node = first;
  }
  const parts = childrenOf(node).filter(({ TextStart, End }) => End > TextStart);
  const condition = parts.at(-1);
  return condition === undefined || parts.length !== 2
    ? { node, left: new Refusal('it is no expression', node) }
    : { node: condition };
}

export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  return Array.from({ length: node.ChildCount }, (_, index) => node.GetChild(index)).filter((child) => child !== null);
}

/** The first thing that the parser says against it. Where it misses a semicolon, there is more than one expression. */
function diagnosis(code: KustoCode, columns: readonly ConditionColumn[]): Refusal | undefined {
  for (const { Message, Start, Length } of itemsOf(code.GetDiagnostics())) {
    const node = { TextStart: Start, End: Start + Length };
    if (Message === 'Expected: ;') continue;
    if (/maximum safe limit/.test(Message))
      return new Refusal('it has too many parts; values of one column go into a list, in (…)', node);
    const unknown = /^The name '([^']+)' does not refer to any known column/.exec(Message)?.[1];
    if (unknown === undefined) return new Refusal(Message.replace(/\.$/, ''), node);
    const similar = columns.find(({ name }) => name.toLowerCase() === unknown.toLowerCase());
    return new Refusal(`there is no column ${unknown}${similar ? `; did you mean ${similar.name}?` : ''}`, node);
  }
  return undefined;
}
