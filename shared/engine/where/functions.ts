import type { Value, ValueType } from './expression.ts';
import { datetimeOf, datetimeText, timespanOf } from './times.ts';

/** A function that a condition may call, of one argument. What cannot be converted is null; a text is '' instead. */
export interface ConditionFunction {
  readonly takes: readonly ValueType[];
  readonly gives: ValueType;
  readonly of: (value: Value, type: ValueType) => Value;
}

const EVERY: readonly ValueType[] = ['bool', 'long', 'real', 'string', 'datetime', 'timespan', 'dynamic'];
/** A text is never null, so `isnull` of one would never hold. */
const NULLABLE = EVERY.filter((type) => type !== 'string');
const TEXTS: readonly ValueType[] = ['string', 'dynamic'];
const NUMBERS: readonly ValueType[] = ['long', 'real', 'bool', 'string', 'dynamic'];

const of = (
  takes: readonly ValueType[],
  gives: ValueType,
  make: (value: Value, type: ValueType) => Value,
): ConditionFunction => ({ takes, gives, of: make });

const isEmpty = (value: Value): boolean => value === null || value === '';

const FUNCTIONS: Readonly<Record<string, ConditionFunction>> = {
  isempty: of(EVERY, 'bool', isEmpty),
  isnotempty: of(EVERY, 'bool', (value) => !isEmpty(value)),
  notempty: of(EVERY, 'bool', (value) => !isEmpty(value)),
  isnull: of(NULLABLE, 'bool', (value) => value === null),
  isnotnull: of(NULLABLE, 'bool', (value) => value !== null),
  notnull: of(NULLABLE, 'bool', (value) => value !== null),
  isnan: of(['real'], 'bool', (value) => (value === null ? null : Number.isNaN(value))),
  tolower: of(TEXTS, 'string', (value) => byLetter(textOf(value), (letter) => letter.toLowerCase())),
  toupper: of(TEXTS, 'string', (value) => byLetter(textOf(value), (letter) => letter.toUpperCase())),
  strlen: of(TEXTS, 'long', (value) => lengthOf(textOf(value))),
  // Where Kusto's spelling of a value is not certain, it has no `tostring`.
  tostring: of(['string', 'dynamic', 'long', 'bool', 'datetime'], 'string', (value, type) =>
    type === 'datetime' && typeof value === 'bigint' ? datetimeText(value) : textOf(value),
  ),
  toint: of(NUMBERS, 'long', (value) => integerOf(value, 32)),
  tolong: of(NUMBERS, 'long', (value) => integerOf(value, 64)),
  todouble: of(NUMBERS, 'real', realOf),
  toreal: of(NUMBERS, 'real', realOf),
  tobool: of(NUMBERS, 'bool', boolOf),
  toboolean: of(NUMBERS, 'bool', boolOf),
  todatetime: of(['datetime', ...TEXTS], 'datetime', (value) => ticksOf(value, datetimeOf)),
  totimespan: of(['timespan', ...TEXTS], 'timespan', (value) => ticksOf(value, timespanOf)),
};

export const functionOf = (name: string): ConditionFunction | undefined =>
  Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;

export const functionNames: readonly string[] = Object.keys(FUNCTIONS);

/** Functions of KQL that depend on when, where or by whom they are asked. */
export const MOMENTS = /^(now|ago|rand|new_guid|ingestion_time|current_\w+|cursor_\w+|extent_\w+|__\w+)$/;

function ticksOf(value: Value, read: (text: string) => bigint | undefined): Value {
  if (typeof value === 'string') return read(value) ?? null;
  return typeof value === 'bigint' ? value : null;
}

/** A member that is an object or an array is its JSON text. */
function textOf(value: Value): string {
  if (value === null) return '';
  if (typeof value !== 'object') return String(value);
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner));
}

/** One letter for one, as Kusto does it: İ and ß keep their length. */
function byLetter(text: string, change: (letter: string) => string): string {
  if (!/[^\0-\x7f]/.test(text)) return change(text);
  return [...text].map((letter) => (change(letter).length === letter.length ? change(letter) : letter)).join('');
}

/** Letters, whatever they take in UTF-16. */
function lengthOf(text: string): bigint {
  const pairs = text.match(/[\ud800-\udbff][\udc00-\udfff]/g);
  return BigInt(text.length - (pairs?.length ?? 0));
}

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
/** So many letters no number needs; more digits would only take time. */
const MOST_LETTERS = 400;

const isNumber = (text: string): boolean => text.length <= MOST_LETTERS && NUMBER.test(text);

const fitting = (value: bigint, bits: number): bigint | null => (BigInt.asIntN(bits, value) === value ? value : null);

/** The decimals of a text are cut off. */
function integerOf(value: Value, bits: number): bigint | null {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'bigint') return fitting(value, bits);
  const whole = typeof value === 'string' && isNumber(value) ? /^\s*[+-]?\d+(?=\.?\d*\s*$)/.exec(value) : null;
  if (whole !== null) return fitting(BigInt(whole[0].replace('+', '')), bits);
  const real = realOf(value);
  return real === null || !Number.isFinite(real) ? null : fitting(BigInt(Math.trunc(real)), bits);
}

function realOf(value: Value): number | null {
  if (typeof value === 'string') return isNumber(value) ? Number(value) : null;
  return value === null || typeof value === 'object' ? null : Number(value);
}

function boolOf(value: Value): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value) !== 0;
  if (typeof value !== 'string') return null;
  const word = value.trim().toLowerCase();
  if (word === 'true' || word === '1') return true;
  return word === 'false' || word === '0' ? false : null;
}
