import type { Comparison, Expression, TextOperator, Value, ValueType } from './expression.ts';
import type { SyntaxNode } from './kusto.ts';
import { compilePattern, PatternFault } from './pattern/pattern.ts';
import { Refusal } from './refusal.ts';

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map([
  ['==', '=='],
  ['!=', '!='],
  ['<>', '!='],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
]);

const TEXTS: readonly TextOperator[] = ['=~', 'has', 'hasprefix', 'hassuffix', 'contains', 'startswith', 'endswith'];

const not = (of: Expression): Expression => ({ kind: 'not', type: 'bool', of });

export function binary(operator: string, left: Expression, right: Expression, node: SyntaxNode): Expression {
  if (operator === 'and' || operator === 'or') return both(operator, left, right, node);
  const comparison = COMPARISONS.get(operator);
  if (comparison !== undefined) return compare(comparison, left, right, node);
  if (operator === '+' || operator === '-') return timeSum(operator === '+' ? 'plus' : 'minus', left, right, node);
  if (/^matches\s+regex$/.test(operator)) return matches(left, right, node);
  if (operator === '!~') return not(binary('=~', left, right, node));
  if (operator.startsWith('!')) return not(binary(operator.slice(1), left, right, node));
  const sensitive = operator.endsWith('_cs');
  const text = TEXTS.find((each) => each === (sensitive ? operator.slice(0, -3) : operator));
  if (text === undefined) throw new Refusal(`conditions know no operator ${operator}`, node);
  if (right.kind !== 'constant' || typeof right.value !== 'string')
    throw new Refusal(`the right side of ${operator} must be a constant text`, node);
  return { kind: 'text', type: 'bool', operator: text, sensitive, left: asText(left, node), right: right.value };
}

function both(kind: 'and' | 'or', left: Expression, right: Expression, node: SyntaxNode): Expression {
  if (left.type !== 'bool' || right.type !== 'bool') throw new Refusal(`${kind} stands between conditions`, node);
  return { kind, type: 'bool', left, right };
}

/** A member of a dynamic column stands for its text where a text is asked for. */
function asText(of: Expression, node: SyntaxNode): Expression {
  if (of.type === 'string') return of;
  if (of.type === 'dynamic') return { kind: 'call', type: 'string', name: 'tostring', of };
  throw new Refusal(`a text is expected, not a ${of.type}`, node);
}

const isNumber = (type: ValueType): boolean => type === 'long' || type === 'real';

function compare(operator: Comparison, left: Expression, right: Expression, node: SyntaxNode): Expression {
  const sides = (a: Expression, b: Expression): Expression => ({
    kind: 'compare',
    type: 'bool',
    operator,
    left: a,
    right: b,
  });
  const types = [left.type, right.type] as const;
  if (types.includes('string') && types.every((type) => type === 'string' || type === 'dynamic'))
    return sides(asText(left, node), asText(right, node));
  if (isNumber(left.type) && isNumber(right.type)) return sides(left, right);
  if (left.type === right.type && left.type !== 'dynamic') {
    if (left.type === 'bool' && operator !== '==' && operator !== '!=')
      throw new Refusal('true and false have no order', node);
    return sides(left, right);
  }
  throw new Refusal(unlike(...types), node);
}

const CASTS: Readonly<Record<ValueType, string>> = {
  bool: 'tobool()',
  long: 'tolong()',
  real: 'todouble()',
  string: 'tostring()',
  datetime: 'todatetime()',
  timespan: 'totimespan()',
  dynamic: 'tostring()',
};

/** Kusto compares some of these, each in a way of its own. A cast says which is meant. */
function unlike(left: ValueType, right: ValueType): string {
  const [a, b] = left === 'dynamic' || left === 'string' ? [left, right] : [right, left];
  if (a === 'string' && b === 'bool') return 'a bool and a text are compared; write true or false without quotes';
  return a === 'dynamic' || a === 'string'
    ? `a ${a} and a ${b} are compared; put the ${a} into ${CASTS[b]}`
    : `a ${left} and a ${right} cannot be compared`;
}

function timeSum(kind: 'plus' | 'minus', left: Expression, right: Expression, node: SyntaxNode): Expression {
  const types = `${left.type} ${kind} ${right.type}`;
  const type = TIME_SUMS[types];
  if (type === undefined) throw new Refusal('conditions add and subtract only times and lengths of time', node);
  return { kind, type, left, right };
}

const TIME_SUMS: Readonly<Record<string, 'datetime' | 'timespan'>> = {
  'datetime plus timespan': 'datetime',
  'timespan plus datetime': 'datetime',
  'datetime minus timespan': 'datetime',
  'datetime minus datetime': 'timespan',
  'timespan plus timespan': 'timespan',
  'timespan minus timespan': 'timespan',
};

function matches(left: Expression, right: Expression, node: SyntaxNode): Expression {
  if (right.kind !== 'constant' || typeof right.value !== 'string')
    throw new Refusal('a regular expression must be a constant', node);
  try {
    compilePattern(right.value);
  } catch (error) {
    if (error instanceof PatternFault) throw new Refusal(`the regular expression: ${error.message}`, node);
    throw error;
  }
  return { kind: 'matches', type: 'bool', left: asText(left, node), pattern: right.value };
}

/** `value >= from and value <= to`; where `to` is a length of time, it counts from `from`. */
export function between(
  value: Expression,
  from: Expression,
  to: Expression,
  negated: boolean,
  node: SyntaxNode,
): Expression {
  const end = from.type === 'datetime' && to.type === 'timespan' ? timeSum('plus', from, to, node) : to;
  const inside = both('and', compare('>=', value, from, node), compare('<=', value, end, node), node);
  return negated ? not(inside) : inside;
}

interface Element {
  readonly node: SyntaxNode;
  readonly is: Expression;
}

export function inList(operator: string, left: Expression, elements: readonly Element[], node: SyntaxNode): Expression {
  const list = elements.map(({ node: element, is }): Value => {
    if (is.kind !== 'constant' || is.value === null)
      throw new Refusal('a list holds constants, none of them null', element);
    compare('==', left, is, element);
    return isNumber(left.type) ? asNumber(is.value, left.type) : is.value;
  });
  if (list.length === 0) throw new Refusal('the list is empty', node);
  const of = left.type === 'dynamic' ? asText(left, node) : left;
  const sensitive = !operator.endsWith('~');
  if (!sensitive && of.type !== 'string') throw new Refusal('only texts are compared without regard to case', node);
  const found: Expression = { kind: 'in', type: 'bool', left: of, list, sensitive };
  return operator.startsWith('!') ? not(found) : found;
}

/** As the other side has it: a real is compared with a real; what is no whole number is none of any long. */
function asNumber(value: Value, type: ValueType): Value {
  if (type === 'real') return Number(value);
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
}
