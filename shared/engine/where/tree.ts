import type { Expression, ValueType } from './expression.ts';
import { type ConditionFunction, functionNames, functionOf, MOMENTS } from './functions.ts';
import type { Kusto, SyntaxNode } from './kusto.ts';
import { literalOf } from './literals.ts';
import { between, binary, inList, truth } from './operators.ts';
import { Refusal } from './refusal.ts';

export interface TreeContext {
  readonly kusto: Kusto;
  readonly types: ReadonlyMap<string, ValueType>;
  /** The words of a node as they are written. */
  textOf(node: SyntaxNode): string;
}

/** The parser's tree as ours. Throws a Refusal at what conditions do not know. */
export function expressionOf(node: SyntaxNode, context: TreeContext): Expression {
  const make = MAKERS[context.kusto.typeOf(node)];
  if (make === undefined) throw new Refusal('conditions know no such expression', node);
  return make(node, context);
}

const child = (node: SyntaxNode, index: number): SyntaxNode => {
  const found = node.GetChild(index);
  if (found === null) throw new Refusal('something is missing', node);
  return found;
};

/** The elements of a list in parentheses. */
function elementsOf(node: SyntaxNode): SyntaxNode[] {
  const list = child(node, 1);
  return Array.from({ length: list.ChildCount }, (_, index) => child(child(list, index), 0));
}

/** The same of a list that may hold arrays, `dynamic(['a', 'b'])`: their elements in their place. */
const listOf = (node: SyntaxNode, { kusto }: TreeContext): SyntaxNode[] =>
  elementsOf(node).flatMap((element) => {
    const array = kusto.typeOf(element) === 'DynamicExpression' ? child(element, 2) : element;
    return kusto.typeOf(array) === 'JsonArrayExpression' ? elementsOf(array) : [element];
  });

type Make = (node: SyntaxNode, context: TreeContext) => Expression;

const MAKERS: Readonly<Record<string, Make>> = {
  ParenthesizedExpression: (node, context) => expressionOf(child(node, 1), context),
  NameReference: named,
  LiteralExpression: literal,
  CompoundStringLiteralExpression(node) {
    throw new Refusal('two texts beside each other; a quote within a text is written \\\' or \\"', node);
  },
  PrefixUnaryExpression: negative,
  PathExpression: member,
  ElementExpression: member,
  FunctionCallExpression: call,
  BinaryExpression(node, context) {
    const operator = child(node, 1).ToString().trim();
    const [left, right] = [expressionOf(child(node, 0), context), expressionOf(child(node, 2), context)];
    return binary(operator, left, right, node);
  },
  BetweenExpression(node, context) {
    const couple = child(node, 2);
    const [value, from, to] = [child(node, 0), child(couple, 1), child(couple, 3)].map((n) => expressionOf(n, context));
    if (value === undefined || from === undefined || to === undefined) throw new Refusal('something is missing', node);
    const inside = between(value, from, to, node);
    return child(node, 1).ToString().startsWith('!') ? truth('not', inside) : inside;
  },
  InExpression(node, context) {
    const list = listOf(child(node, 2), context).map((each) => ({ node: each, is: expressionOf(each, context) }));
    return inList(child(node, 1).ToString().trim(), expressionOf(child(node, 0), context), list, node);
  },
  HasAnyExpression: (node, context) => hasEach('or', node, context),
  HasAllExpression: (node, context) => hasEach('and', node, context),
};

function named(node: SyntaxNode, { types, textOf }: TreeContext): Expression {
  const name = nameOf(textOf(node));
  const type = types.get(name);
  if (type === undefined) throw new Refusal(`there is no column ${name}`, node);
  return type === 'dynamic' ? { kind: 'member', type, name, path: [] } : { kind: 'column', type, name };
}

/** `name` or `['name']`. */
const nameOf = (text: string): string => /^\[\s*(['"])(.*)\1\s*\]$/s.exec(text)?.[2] ?? text;

function literal(node: SyntaxNode, { textOf }: TreeContext): Expression {
  const read = literalOf(node.ResultType?.Name ?? '', textOf(node), node.LiteralValue);
  if (typeof read === 'string') throw new Refusal(read, node);
  return { kind: 'constant', ...read };
}

/** A constant with its sign. */
function negative(node: SyntaxNode, context: TreeContext): Expression {
  const of = expressionOf(child(node, 1), context);
  if (of.kind !== 'constant' || child(node, 0).ToString().trim() !== '-')
    throw new Refusal('only a constant may carry a sign', node);
  if (typeof of.value === 'bigint' || typeof of.value === 'number') return { ...of, value: -of.value };
  throw new Refusal('only a number may carry a sign', node);
}

/** `column.a.b`, `column['a b'][0]`. */
function member(node: SyntaxNode, context: TreeContext): Expression {
  const of = expressionOf(child(node, 0), context);
  if (of.kind === 'member') return { ...of, path: [...of.path, stepOf(node, context)] };
  throw new Refusal('only dynamic columns have members', node);
}

function stepOf(node: SyntaxNode, context: TreeContext): string | number {
  const isPath = context.kusto.typeOf(node) === 'PathExpression';
  const selector = child(node, isPath ? 2 : 1);
  if (isPath && context.kusto.typeOf(selector) === 'NameReference') {
    const bracketed = child(selector, 0);
    if (context.kusto.typeOf(bracketed) === 'BracketedName') return String(child(bracketed, 1).LiteralValue);
    return context.textOf(selector);
  }
  const index = context.kusto.typeOf(selector) === 'BracketedExpression' ? child(selector, 1) : selector;
  const of = expressionOf(index, context);
  if (of.kind === 'constant' && typeof of.value === 'string') return of.value;
  if (of.kind === 'constant' && typeof of.value === 'bigint') return Number(of.value);
  throw new Refusal('a member is named by a constant', index);
}

function call(node: SyntaxNode, context: TreeContext): Expression {
  const name = child(node, 0).ToString().trim();
  if (MOMENTS.test(name))
    throw new Refusal(`${name}() says something else whenever it is asked; write the value out`, node);
  const given = elementsOf(child(node, 1));
  const [only] = given;
  const called = name === 'not' ? NOT : functionOf(name);
  if (called === undefined || only === undefined || given.length !== 1) throw new Refusal(unknownFunction(name), node);
  const of = expressionOf(only, context);
  if (!called.takes.includes(of.type)) throw new Refusal(typeFault(name, of.type), node);
  return { kind: 'call', type: called.gives, name, of: [of] };
}

const NOT: Pick<ConditionFunction, 'takes' | 'gives'> = { takes: ['bool'], gives: 'bool' };

const unknownFunction = (name: string): string =>
  `${name}() is no function that conditions know; they know not, ${functionNames.join(', ')}`;

function typeFault(name: string, type: ValueType): string {
  if (type === 'string' && /null$/.test(name))
    return `a text is never null in KQL; ask ${name === 'isnull' ? 'isempty' : 'isnotempty'}()`;
  return name === 'not' ? 'not() takes a condition' : `${name}() takes no ${type}`;
}

function hasEach(kind: 'and' | 'or', node: SyntaxNode, context: TreeContext): Expression {
  const left = expressionOf(child(node, 0), context);
  const terms = listOf(child(node, 2), context).map((element) =>
    binary('has', left, expressionOf(element, context), element),
  );
  return terms.reduce((before, term) => binary(kind, before, term, node));
}
