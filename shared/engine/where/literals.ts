import type { Value, ValueType } from './expression.ts';
import { datetimeOf, timespanOf } from './times.ts';

/**
 * The parser knows what a literal is, but not always what it says (0x10, time(1.02:00:00)): so it is read from its
 * text.
 */
export interface Literal {
  readonly type: ValueType;
  readonly value: Value;
}

/**
 * `type`: what the parser takes it for; `text`: as it is written; `string`: what the parser made of a text's quotes and
 * escapes.
 */
export function literalOf(type: string, text: string, string: unknown): Literal | string {
  if (type === 'string') return { type, value: String(string) };
  const inside = (/^[a-z]+\s*\(([\s\S]*)\)$/i.exec(text)?.[1]?.trim() ?? text).replace(/^(["'])(.*)\1$/, '$2');
  const known = READERS[type];
  if (known === undefined) return `values of type ${type} are not known to conditions`;
  const valueType = type === 'int' ? 'long' : (type as ValueType);
  if (inside === 'null') return { type: valueType, value: null };
  const [read, fault] = known;
  const value = read(inside);
  return value === undefined ? fault : { type: valueType, value };
}

const READERS: Readonly<Record<string, readonly [read: (text: string) => Value | undefined, fault: string]>> = {
  bool: [(text) => ({ true: true, false: false })[text.toLowerCase()], 'write true or false'],
  int: [(text) => integerOf(text, 32), 'it is no number of 32 bits'],
  long: [(text) => integerOf(text, 64), 'it is no number of 64 bits'],
  real: [realOf, 'it is no number'],
  datetime: [datetimeOf, 'write a time as datetime(2026-01-31) or datetime(2026-01-31T06:00:00Z)'],
  timespan: [timespanOf, 'write a length of time as 90m, 1.5h or time(1.02:03:04)'],
};

function integerOf(text: string, bits: number): bigint | undefined {
  if (!/^-?(\d+|0x[0-9a-f]+)$/i.test(text)) return undefined;
  const value = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
  return BigInt.asIntN(bits, value) === value ? value : undefined;
}

function realOf(text: string): number | undefined {
  if (!/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
