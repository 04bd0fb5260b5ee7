import type { FunctionName, Value, ValueType } from './expression.ts';
import { datetimeOf, datetimeText, timespanOf } from './times.ts';

/** What a function makes of its argument. What cannot be converted is null; a text is '' instead. */
export function convert(name: FunctionName, from: ValueType): (value: Value) => Value {
  return name === 'tostring' && from === 'datetime' ? datetimeAsText : FUNCTIONS[name];
}

const datetimeAsText = (value: Value): Value => (typeof value === 'bigint' ? datetimeText(value) : '');

const FUNCTIONS: Readonly<Record<FunctionName, (value: Value) => Value>> = {
  isempty: (value) => value === null || value === '',
  isnull: (value) => value === null,
  isnan: (value) => (value === null ? null : Number.isNaN(value)),
  tolower: (value) => byLetter(textOf(value), (letter) => letter.toLowerCase()),
  toupper: (value) => byLetter(textOf(value), (letter) => letter.toUpperCase()),
  strlen: (value) => lengthOf(textOf(value)),
  tostring: textOf,
  toint: (value) => integerOf(value, 32),
  tolong: (value) => integerOf(value, 64),
  todouble: realOf,
  tobool: boolOf,
  todatetime: (value) => (typeof value === 'string' ? (datetimeOf(value) ?? null) : isTicks(value)),
  totimespan: (value) => (typeof value === 'string' ? (timespanOf(value) ?? null) : isTicks(value)),
};

const isTicks = (value: Value): Value => (typeof value === 'bigint' ? value : null);

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

function integerOf(value: Value, bits: number): bigint | null {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'string') return integerIn(value, bits);
  if (typeof value === 'number') return Number.isFinite(value) ? fitting(BigInt(Math.trunc(value)), bits) : null;
  return typeof value === 'bigint' ? fitting(value, bits) : null;
}

const fitting = (value: bigint, bits: number): bigint | null => (BigInt.asIntN(bits, value) === value ? value : null);

/** The decimals of a text are cut off. */
function integerIn(text: string, bits: number): bigint | null {
  if (text.length > MOST_LETTERS || !NUMBER.test(text)) return null;
  const whole = /^\s*([+-]?)(\d+)(?:\.\d*)?\s*$/.exec(text);
  if (whole === null) return integerOf(Number(text), bits);
  const digits = BigInt(whole[2] ?? '0');
  return fitting(whole[1] === '-' ? -digits : digits, bits);
}

function realOf(value: Value): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string' || value.length > MOST_LETTERS || !NUMBER.test(value)) return null;
  return Number(value);
}

function boolOf(value: Value): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value) !== 0;
  if (typeof value !== 'string') return null;
  const word = value.trim().toLowerCase();
  if (word === 'true' || word === '1') return true;
  return word === 'false' || word === '0' ? false : null;
}
