import { convert } from './convert.ts';
import type { Comparison, Expression, Value } from './expression.ts';
import { memberOf } from './members.ts';
import { compilePattern } from './pattern/pattern.ts';
import { foldAscii, textTest } from './text.ts';

/**
 * Says a column's value in a row: see Value, with dynamic columns as their JSON text. A text that is missing is null
 * here.
 */
export type ReadCell = (row: number) => string | bigint | number | boolean | null;

/** A condition over rows, wherever they lie. */
export type Condition = (columnOf: (name: string) => ReadCell) => (row: number) => boolean;

type Evaluate = (row: number) => Value;

/** Rows for which the expression is neither false nor null stay. */
export function compileCondition(expression: Expression): Condition {
  return (columnOf) => {
    const evaluate = evaluation(expression, columnOf);
    return (row) => evaluate(row) === true;
  };
}

function evaluation(expression: Expression, columnOf: (name: string) => ReadCell): Evaluate {
  const of = (part: Expression) => evaluation(part, columnOf);
  switch (expression.kind) {
    case 'constant':
      return () => expression.value;
    case 'column':
      return column(expression, columnOf);
    case 'member':
      return memberOf(columnOf(expression.name), expression.path);
    case 'call':
      return call(expression, of, columnOf);
    case 'not':
      return not(of(expression.of));
    case 'and':
      return and(of(expression.left), of(expression.right));
    case 'or':
      return or(of(expression.left), of(expression.right));
    case 'plus':
    case 'minus':
      return sum(expression.kind, of(expression.left), of(expression.right));
    case 'compare':
      return compare(expression, of(expression.left), of(expression.right));
    case 'text':
      return text(expression, of(expression.left));
    case 'matches':
      return matches(of(expression.left), expression.pattern);
    case 'in':
      return isIn(expression, of(expression.left));
  }
}

type Of<K extends Expression['kind']> = Extract<Expression, { kind: K }>;

/** A dynamic column by itself is its JSON text; a text that is missing is empty. */
function column({ name, type }: Of<'column'>, columnOf: (name: string) => ReadCell): Evaluate {
  const read = columnOf(name);
  return type === 'string' ? (row) => read(row) ?? '' : read;
}

function call(
  { name, of }: Of<'call'>,
  evaluate: (part: Expression) => Evaluate,
  columnOf: (name: string) => ReadCell,
) {
  // The whole of a dynamic column as text: as the lake holds it.
  if (name === 'tostring' && of.kind === 'column' && of.type === 'dynamic') {
    const read = columnOf(of.name);
    return (row: number) => read(row) ?? '';
  }
  const value = of.kind === 'column' && of.type === 'dynamic' ? memberOf(columnOf(of.name), []) : evaluate(of);
  const convertFrom = convert(name, of.type);
  return (row: number) => convertFrom(value(row));
}

const not =
  (of: Evaluate): Evaluate =>
  (row) => {
    const value = of(row);
    return value === null ? null : value !== true;
  };

/** Null stands for either: with false it is false, with true it is null. */
const and =
  (left: Evaluate, right: Evaluate): Evaluate =>
  (row) => {
    const first = left(row);
    if (first === false) return false;
    const second = right(row);
    return second === false ? false : first === null || second === null ? null : true;
  };

const or =
  (left: Evaluate, right: Evaluate): Evaluate =>
  (row) => {
    const first = left(row);
    if (first === true) return true;
    const second = right(row);
    return second === true ? true : first === null || second === null ? null : false;
  };

const sum =
  (kind: 'plus' | 'minus', left: Evaluate, right: Evaluate): Evaluate =>
  (row) => {
    const [a, b] = [left(row), right(row)];
    if (typeof a !== 'bigint' || typeof b !== 'bigint') return null;
    return kind === 'plus' ? a + b : a - b;
  };

const RESULTS: Readonly<Record<Comparison, (order: number) => boolean>> = {
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** Two nulls are neither equal nor unlike: null. Null and a value are unlike, and have no order: null. */
function compare({ operator, left, right }: Of<'compare'>, a: Evaluate, b: Evaluate): Evaluate {
  const test = RESULTS[operator];
  const asReal = left.type === 'real' || right.type === 'real';
  return (row) => {
    const [x, y] = [a(row), b(row)];
    if (x === null || y === null) {
      if (x === y) return null;
      return operator === '==' ? false : operator === '!=' ? true : null;
    }
    return test(asReal ? order(Number(x), Number(y)) : order(x, y));
  };
}

/** NaN is unlike everything, and stands before and behind nothing. */
const order = (a: Value, b: Value): number => {
  if (a === b) return 0;
  if (a === null || b === null) return Number.NaN;
  return a < b ? -1 : a > b ? 1 : Number.NaN;
};

function text({ operator, sensitive, right }: Of<'text'>, left: Evaluate): Evaluate {
  const test = textTest(operator);
  if (sensitive) return (row) => test(String(left(row)), right);
  const folded = foldAscii(right);
  return (row) => test(foldAscii(String(left(row))), folded);
}

function matches(left: Evaluate, pattern: string): Evaluate {
  const found = compilePattern(pattern);
  return (row) => found(String(left(row)));
}

function isIn({ list, sensitive }: Of<'in'>, left: Evaluate): Evaluate {
  const known = new Set(sensitive ? list : list.map((value) => foldAscii(String(value))));
  return (row) => {
    const value = left(row);
    return known.has(sensitive ? value : foldAscii(String(value)));
  };
}
