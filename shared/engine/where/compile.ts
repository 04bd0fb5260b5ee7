import type { Expression, Value } from './expression.ts';
import { functionOf } from './functions.ts';
import { memberOf } from './members.ts';
import { compilePattern } from './pattern.ts';
import { foldAscii, textTest } from './text.ts';

/**
 * Says a column's value in a row: see Value, with dynamic columns as their JSON text. A text that is missing is null
 * here.
 */
export type ReadCell<Row> = (row: Row) => string | bigint | number | boolean | null;

/** Where the cells of a row are. */
type Columns<Row> = (name: string) => ReadCell<Row>;

type Evaluate<Row> = (row: Row) => Value;

/** Rows for which the expression is neither false nor null stay. */
export function compileCondition<Row>(expression: Expression, columnOf: Columns<Row>): (row: Row) => boolean {
  const evaluate = evaluation(expression, columnOf);
  return (row) => evaluate(row) === true;
}

function evaluation<Row>(expression: Expression, columnOf: Columns<Row>): Evaluate<Row> {
  if (expression.kind === 'constant') return () => expression.value;
  if (expression.kind === 'member') return memberOf(columnOf(expression.name), expression.path);
  if (expression.kind === 'call') return call(expression.name, expression.of, columnOf);
  const read = columnOf(expression.name);
  return expression.type === 'string' ? (row) => read(row) ?? '' : read;
}

function call<Row>(name: string, of: readonly Expression[], columnOf: Columns<Row>): Evaluate<Row> {
  const [first, second] = of as readonly [Expression, Expression];
  // The whole of a dynamic column as text: as the lake holds it.
  if (name === 'tostring' && first.kind === 'member' && first.path.length === 0) {
    const read = columnOf(first.name);
    return (row) => read(row) ?? '';
  }
  const left = evaluation(first, columnOf);
  const convert = functionOf(name)?.of;
  if (convert !== undefined) return (row) => convert(left(row), first.type);
  if (name === 'not') return not(left);
  if (name === 'in' || name === 'in~') return isIn(name, left, of.slice(1).map(constantOf));
  if (name === 'matches regex') return matches(left, String(constantOf(second)));
  const test = textTest(name);
  if (test !== undefined) return text(name, left, String(constantOf(second)), test);
  const right = evaluation(second, columnOf);
  if (name === 'and') return and(left, right);
  if (name === 'or') return or(left, right);
  if (name in WHOLE) return arithmetic(name, left, right);
  return compare(name as keyof typeof RESULTS, left, right);
}

const constantOf = (expression: Expression): Value => (expression.kind === 'constant' ? expression.value : null);

const not =
  <Row>(of: Evaluate<Row>): Evaluate<Row> =>
  (row) => {
    const value = of(row);
    return value === null ? null : value !== true;
  };

/** Null stands for either: beside what decides it is that, else it is null. */
const decided =
  (by: boolean) =>
  <Row>(left: Evaluate<Row>, right: Evaluate<Row>): Evaluate<Row> =>
  (row) => {
    const first = left(row);
    if (first === by) return by;
    const second = right(row);
    return second === by ? by : first === null || second === null ? null : !by;
  };

const [and, or] = [decided(false), decided(true)];

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

/** Of whole numbers, times and lengths of time. What is divided is cut off; a remainder is never negative. */
const WHOLE: Readonly<Record<string, (a: bigint, b: bigint) => bigint | null>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0n ? null : a / b),
  '%': (a, b) => (b === 0n ? null : ((a % b) + magnitude(b)) % magnitude(b)),
};

const REAL: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => ((a % b) + Math.abs(b)) % Math.abs(b),
};

function arithmetic<Row>(name: string, left: Evaluate<Row>, right: Evaluate<Row>): Evaluate<Row> {
  const [whole, real] = [WHOLE[name], REAL[name]];
  return (row) => {
    const [a, b] = [left(row), right(row)];
    if (typeof a === 'bigint' && typeof b === 'bigint') return whole?.(a, b) ?? null;
    return typeof a === 'number' && typeof b === 'number' ? (real?.(a, b) ?? null) : null;
  };
}

const RESULTS = {
  '==': (order: number) => order === 0,
  '!=': (order: number) => order !== 0,
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
  '>': (order: number) => order > 0,
  '>=': (order: number) => order >= 0,
};

/** Two nulls are neither equal nor unlike: null. Null and a value are unlike, and have no order: null. */
function compare<Row>(name: keyof typeof RESULTS, left: Evaluate<Row>, right: Evaluate<Row>): Evaluate<Row> {
  const holds = RESULTS[name];
  return (row) => {
    const [a, b] = [left(row), right(row)];
    if (a !== null && b !== null) return holds(order(a, b));
    if (a === b) return null;
    return name === '==' ? false : name === '!=' ? true : null;
  };
}

/** NaN is unlike everything, and stands before and behind nothing. */
const order = (a: NonNullable<Value>, b: NonNullable<Value>): number =>
  a === b ? 0 : a < b ? -1 : a > b ? 1 : Number.NaN;

function text<Row>(
  name: string,
  left: Evaluate<Row>,
  searched: string,
  test: (text: string, searched: string) => boolean,
): Evaluate<Row> {
  if (name.endsWith('_cs')) return (row) => test(String(left(row)), searched);
  const folded = foldAscii(searched);
  return (row) => test(foldAscii(String(left(row))), folded);
}

function matches<Row>(left: Evaluate<Row>, pattern: string): Evaluate<Row> {
  const found = compilePattern(pattern);
  return (row) => found(String(left(row)));
}

function isIn<Row>(name: 'in' | 'in~', left: Evaluate<Row>, list: readonly Value[]): Evaluate<Row> {
  const spelled = (value: Value) => (name === 'in' ? value : foldAscii(String(value)));
  const known = new Set(list.map(spelled));
  return (row) => known.has(spelled(left(row)));
}
