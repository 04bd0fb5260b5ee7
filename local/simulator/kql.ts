import type { Millis, Signal } from '../../shared/model.ts';
import { SIGNALS, WORKSPACE_TABLES } from '../telemetry/tables.ts';
import { type KustoCode, kusto, type SyntaxNode } from './kusto.ts';
import { remembering } from './remembering.ts';
import { timeOfLiteral } from './time-literal.ts';

export interface KqlDiagnostic {
  /** Code of the parser, such as KS204. */
  readonly code: string;
  readonly kind: 'SyntaxError' | 'SemanticError';
  readonly message: string;
  readonly start: number;
  readonly length: number;
}

/** The queries that are known here. Times are UTC text with seven fractional digits, so that they compare as text. */
export interface KqlQuery {
  readonly signal: Signal;
  readonly schema: 'app' | 'workspace';
  /** Inclusive. */
  readonly start: string;
  /** Exclusive. */
  readonly end: string;
  /** `_ResourceId =~`; undefined: every component of the workspace. */
  readonly resourceId?: string;
  /** `extend itemId = _ItemId`. */
  readonly itemId?: true;
  /** One of `parts` parts by the hash of the item id, or of the whole row where that is empty. */
  readonly hash?: { readonly parts: number; readonly part: number };
  /** Only how many rows there are. */
  readonly count?: true;
  /**
   * Only facts of the rows of each step: how many, when the last came in, the sum of hashes below `ids` of their ids.
   */
  readonly survey?: { readonly latest: boolean; readonly ids: number | undefined; readonly step: Millis };
  /** A column `signal` that says the same in each row. */
  readonly label?: string;
  /** And the answers to these behind it. */
  readonly union?: readonly KqlQuery[];
}

export interface ParsedKql {
  readonly diagnostics: readonly KqlDiagnostic[];
  /** Undefined where there are diagnostics, or where the query is valid but of no known shape. */
  readonly query?: KqlQuery;
}

/** The structure of a piece of syntax, its literals taken out and listed in order. */
interface Shape {
  readonly text: string;
  readonly literals: readonly string[];
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  return Array.from({ length: node.ChildCount }, (_, index) => node.GetChild(index)).filter((child) => child !== null);
}

function shapeOf(node: SyntaxNode): Shape {
  const type = kusto().typeOf(node);
  const source = node.ToString().trim();
  if (type === 'LiteralExpression' || type === 'CompoundStringLiteralExpression') {
    const isText = typeof node.LiteralValue === 'string';
    const literal = isText ? String(node.LiteralValue) : source.replace(/^datetime\((.*)\)$/, '$1');
    return { text: isText ? '<text>' : source === literal ? '<number>' : '<time>', literals: [literal] };
  }
  if (node.ChildCount === 0) return { text: source, literals: [] };
  const parts = childrenOf(node).map(shapeOf);
  return {
    text: `${type}(${parts.map((part) => part.text).join(' ')})`,
    literals: parts.flatMap((part) => part.literals),
  };
}

interface Pipe {
  readonly table: string;
  readonly operators: readonly SyntaxNode[];
}

/** The one expression of a query. */
function rootOf(code: KustoCode): SyntaxNode | undefined {
  const only = (node: SyntaxNode | undefined): SyntaxNode | undefined => {
    const children = node ? childrenOf(node).filter((child) => child.ToString().trim() !== '') : [];
    return children.length === 1 ? children[0] : undefined;
  };
  // QueryBlock > list > separated element > expression statement > expression.
  return only(only(only(only(code.Syntax))));
}

/** The expressions in parentheses of a union without options; undefined for anything else. */
function unionOf(node: SyntaxNode | undefined): readonly SyntaxNode[] | undefined {
  const { typeOf } = kusto();
  if (node === undefined || typeOf(node) !== 'UnionOperator') return undefined;
  const [, options, list] = childrenOf(node);
  if (options === undefined || list === undefined || options.ToString().trim() !== '') return undefined;
  const inside = childrenOf(list).map((element) => {
    const [expression] = childrenOf(element);
    return expression && typeOf(expression) === 'ParenthesizedExpression' ? childrenOf(expression)[1] : undefined;
  });
  return inside.every((one) => one !== undefined) ? inside : undefined;
}

/** Table and operators of an expression that is one pipe; undefined for anything else. */
function pipeOf(root: SyntaxNode | undefined): Pipe | undefined {
  const { typeOf } = kusto();
  let node = root;
  const operators: SyntaxNode[] = [];
  while (node && typeOf(node) === 'PipeExpression') {
    const [left, , operator] = childrenOf(node);
    if (operator) operators.unshift(operator);
    node = left;
  }
  return node && typeOf(node) === 'NameReference' ? { table: node.ToString().trim(), operators } : undefined;
}

type Meaning = (literals: readonly string[]) => Partial<KqlQuery> | undefined;

const timeRange: Meaning = ([from = '', to = '']) => {
  const [start, end] = [timeOfLiteral(from), timeOfLiteral(to)];
  return start === undefined || end === undefined ? undefined : { start, end };
};
const hashPart: Meaning = ([parts, part]) => ({ hash: { parts: Number(parts), part: Number(part) } });
const MINUTE = 60_000;
const surveyed =
  (latest: boolean, ids: boolean): Meaning =>
  (literals) => {
    const step = Number(/^(\d+)m$/.exec(literals.at(-1) ?? '')?.[1] ?? 0) * MINUTE;
    return step === 0 ? undefined : { survey: { latest, ids: ids ? Number(literals[0]) : undefined, step } };
  };
const surveys = (time: string, id: string): readonly (readonly [string, Meaning])[] => {
  const [rows, latest, by] = [
    'summarize rows = count()',
    'latest = max(ingestion_time())',
    `by start = bin(${time}, 1m)`,
  ];
  return [
    [`${rows}, ${latest}, ids = sum(hash(${id}, 2)) ${by}`, surveyed(true, true)],
    [`${rows}, ${latest} ${by}`, surveyed(true, false)],
    [`${rows}, ids = sum(hash(${id}, 2)) ${by}`, surveyed(false, true)],
    [`${rows} ${by}`, surveyed(false, false)],
    ["extend signal = ''", ([label = '']) => ({ label })],
  ];
};
const TIMES = '>= datetime(2000-01-01) and';
const HASH = 'where hash(iff(isempty(itemId), tostring(pack_all()), itemId), 2) == 1';

/**
 * An example of each operator that is known, in the order in which they may follow each other; the literals are free.
 */
const EXAMPLES: Readonly<Record<KqlQuery['schema'], readonly (readonly [string, Meaning])[]>> = {
  app: [
    [`where timestamp ${TIMES} timestamp < datetime(2000-01-01)`, timeRange],
    [HASH, hashPart],
    ['summarize rows = count()', () => ({ count: true })],
    ...surveys('timestamp', 'itemId'),
  ],
  workspace: [
    [`where TimeGenerated ${TIMES} TimeGenerated < datetime(2000-01-01)`, timeRange],
    ["where _ResourceId =~ ''", ([resourceId = '']) => ({ resourceId })],
    ['extend itemId = _ItemId', () => ({ itemId: true })],
    [HASH, hashPart],
    ['summarize rows = count()', () => ({ count: true })],
    ...surveys('TimeGenerated', '_ItemId'),
  ],
};

const shapes = new Map<string, readonly (readonly [string, Meaning])[]>();

/** The examples' shapes, worked out once. */
function knownShapes(schema: KqlQuery['schema']): readonly (readonly [string, Meaning])[] {
  const known =
    shapes.get(schema) ??
    EXAMPLES[schema].map(([example, meaning]) => {
      const [operator] = pipeOf(rootOf(kusto().analyze(`T | ${example}`)))?.operators ?? [];
      return [operator ? shapeOf(operator).text : '', meaning] as const;
    });
  shapes.set(schema, known);
  return known;
}

function queryOf(code: KustoCode): KqlQuery | undefined {
  const root = rootOf(code);
  const [first, ...union] = (unionOf(root) ?? [root]).map(pipeQuery);
  if (first === undefined || !union.every((one) => one !== undefined && one.schema === first.schema)) return undefined;
  return union.length === 0 ? first : { ...first, union: union as readonly KqlQuery[] };
}

function pipeQuery(root: SyntaxNode | undefined): KqlQuery | undefined {
  const pipe = pipeOf(root);
  const signal = SIGNALS.find((one) => one === pipe?.table || WORKSPACE_TABLES[one] === pipe?.table);
  if (!pipe || !signal) return undefined;
  const schema = signal === pipe.table ? 'app' : 'workspace';
  let query: Partial<KqlQuery> = { signal, schema };
  let next = 0;
  for (const operator of pipe.operators) {
    const shape = shapeOf(operator);
    const at = knownShapes(schema).findIndex(([text], index) => index >= next && text === shape.text);
    const meaning = knownShapes(schema)[at]?.[1](shape.literals);
    if (!meaning) return undefined;
    query = { ...query, ...meaning };
    next = at + 1;
  }
  return query.start === undefined ? undefined : (query as KqlQuery);
}

function diagnosticsOf(code: KustoCode): KqlDiagnostic[] {
  const syntax = code.GetSyntaxDiagnostics();
  const places = new Set(Array.from({ length: syntax.Count }, (_, index) => syntax.getItem(index).Start));
  const all = code.GetDiagnostics();
  return Array.from({ length: all.Count }, (_, index) => {
    const { Code, Message, Start, Length } = all.getItem(index);
    return {
      code: Code,
      kind: places.has(Start) ? 'SyntaxError' : 'SemanticError',
      message: Message,
      start: Start,
      length: Length,
    };
  });
}

/**
 * Parses with Microsoft's parser against the schemas of the ten app and ten workspace tables, and reads the known
 * shapes off the tree.
 */
export const parseKql = remembering(parse);

function parse(text: string): ParsedKql {
  const code = kusto().analyze(text);
  const diagnostics = diagnosticsOf(code);
  const query = diagnostics.length === 0 ? queryOf(code) : undefined;
  return query ? { diagnostics, query } : { diagnostics };
}
