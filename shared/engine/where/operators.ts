import type { Expression, Value, ValueType } from './expression.ts';
import type { SyntaxNode } from './kusto.ts';
import { compilePattern, PatternFault } from './pattern.ts';
import { Refusal } from './refusal.ts';
import { textTest } from './text.ts';

/** What an operator says of its operands. */
export const truth = (name: string, ...of: readonly Expression[]): Expression => ({
  kind: 'call',
  type: 'bool',
  name,
  of,
});

/** An operator between two operands. */
export function binary(operator: string, left: Expression, right: Expression, node: SyntaxNode): Expression {
  if (operator === 'and' || operator === 'or') return both(operator, left, right, node);
  if (operator === '<>') return compare('!=', left, right, node);
  if (/^([=!]=|[<>]=?)$/.test(operator)) return compare(operator, left, right, node);
  if (/^[-+*/%]$/.test(operator)) return arithmetic(operator, left, right, node);
  if (/^matches\s+regex$/.test(operator)) return matches(left, right, node);
  if (operator === '!~') return truth('not', binary('=~', left, right, node));
  if (operator.startsWith('!')) return truth('not', binary(operator.slice(1), left, right, node));
  if (textTest(operator) === undefined) throw new Refusal(`conditions know no operator ${operator}`, node);
  if (right.kind !== 'constant' || typeof right.value !== 'string')
    throw new Refusal(`the right side of ${operator} must be a constant text`, node);
  return truth(operator, asText(left, node), right);
}

function both(operator: 'and' | 'or', left: Expression, right: Expression, node: SyntaxNode): Expression {
  if (left.type !== 'bool' || right.type !== 'bool') throw new Refusal(`${operator} stands between conditions`, node);
  return truth(operator, left, right);
}

/** A member of a dynamic column stands for its text where a text is asked for. */
function asText(of: Expression, node: SyntaxNode): Expression {
  if (of.type === 'string') return of;
  if (of.type === 'dynamic') return { kind: 'call', type: 'string', name: 'tostring', of: [of] };
  throw new Refusal(`a text is expected, not a ${of.type}`, node);
}

const isNumber = ({ type }: Expression): boolean => type === 'long' || type === 'real';

/** Beside a real a long is one, too. */
const asReal = (of: Expression): Expression =>
  of.type === 'real' ? of : { kind: 'call', type: 'real', name: 'todouble', of: [of] };

function compare(operator: string, left: Expression, right: Expression, node: SyntaxNode): Expression {
  const types = [left.type, right.type] as const;
  if (types.includes('string') && types.every((type) => type === 'string' || type === 'dynamic'))
    return truth(operator, asText(left, node), asText(right, node));
  if (left.type === right.type && left.type !== 'dynamic') {
    if (left.type === 'bool' && operator !== '==' && operator !== '!=')
      throw new Refusal('true and false have no order', node);
    return truth(operator, left, right);
  }
  if (isNumber(left) && isNumber(right)) return truth(operator, asReal(left), asReal(right));
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

function arithmetic(name: string, left: Expression, right: Expression, node: SyntaxNode): Expression {
  if (isNumber(left) && isNumber(right)) {
    if (left.type === right.type) return { kind: 'call', type: left.type, name, of: [left, right] };
    return { kind: 'call', type: 'real', name, of: [asReal(left), asReal(right)] };
  }
  const type = TIME_SUMS[`${left.type} ${name} ${right.type}`];
  if (type === undefined) throw new Refusal(`conditions know no ${left.type} ${name} ${right.type}`, node);
  return { kind: 'call', type, name, of: [left, right] };
}

const TIME_SUMS: Readonly<Record<string, ValueType>> = {
  'datetime + timespan': 'datetime',
  'timespan + datetime': 'datetime',
  'datetime - timespan': 'datetime',
  'datetime - datetime': 'timespan',
  'timespan + timespan': 'timespan',
  'timespan - timespan': 'timespan',
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
  return truth('matches regex', asText(left, node), right);
}

/** `value >= from and value <= to`; where `to` is a length of time, it counts from `from`. */
export function between(value: Expression, from: Expression, to: Expression, node: SyntaxNode): Expression {
  const end = from.type === 'datetime' && to.type === 'timespan' ? arithmetic('+', from, to, node) : to;
  return truth('and', compare('>=', value, from, node), compare('<=', value, end, node));
}

interface Element {
  readonly node: SyntaxNode;
  readonly is: Expression;
}

export function inList(operator: string, left: Expression, elements: readonly Element[], node: SyntaxNode): Expression {
  const of = left.type === 'dynamic' ? asText(left, node) : left;
  const list = elements.map(({ node: element, is }): Expression => {
    if (is.kind !== 'constant' || is.value === null)
      throw new Refusal('a list holds constants, none of them null', element);
    compare('==', left, is, element);
    return isNumber(left) ? { ...is, value: asNumber(is.value, left.type) } : is;
  });
  if (list.length === 0) throw new Refusal('the list is empty', node);
  const name = operator.replace('!', '');
  if (name === 'in~' && of.type !== 'string') throw new Refusal('only texts are compared without regard to case', node);
  const found = truth(name, of, ...list);
  return operator.startsWith('!') ? truth('not', found) : found;
}

/** As the other side has it: a real is compared with a real; what is no whole number is none of any long. */
function asNumber(value: Value, type: ValueType): Value {
  if (type === 'real') return Number(value);
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
}
