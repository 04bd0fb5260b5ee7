import type { ReadCell } from './compile.ts';
import type { JsonValue, Value } from './expression.ts';

/** The member of a dynamic column's JSON text. What is not there, and what is no JSON, is null. */
export function memberOf(read: ReadCell, path: readonly (string | number)[]): (row: number) => Value {
  const parsed = parsedOf(read);
  return (row) => {
    let value = parsed(row);
    for (const step of path) {
      if (typeof value !== 'object' || value === null) return null;
      value = typeof step === 'number' ? at(value, step) : key(value, step);
    }
    return value;
  };
}

const at = (value: object, index: number): JsonValue => (Array.isArray(value) ? (value.at(index) ?? null) : null);

/** Keys of records may be called `__proto__`, `constructor` and the like. */
function key(value: object, name: string): JsonValue {
  if (Array.isArray(value) || !Object.hasOwn(value, name)) return null;
  return (value as Record<string, JsonValue>)[name] ?? null;
}

const texts = new WeakMap<ReadCell, (row: number) => JsonValue>();

/** A row's text is parsed once, however many members of it are asked for. */
function parsedOf(read: ReadCell): (row: number) => JsonValue {
  const known = texts.get(read);
  if (known !== undefined) return known;
  let last: string | undefined;
  let value: JsonValue = null;
  const parsed = (row: number): JsonValue => {
    const text = read(row);
    if (typeof text !== 'string') return null;
    if (text !== last) [last, value] = [text, parse(text)];
    return value;
  };
  texts.set(read, parsed);
  return parsed;
}

function parse(text: string): JsonValue {
  try {
    // Integers that a double cannot hold: few texts have so many digits in a row.
    return /\d{16}/.test(text) ? JSON.parse(text, exact) : JSON.parse(text);
  } catch {
    return null;
  }
}

function exact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  if (!/^-?\d+$/.test(source)) return value;
  const integer = BigInt(source);
  return BigInt.asIntN(64, integer) === integer ? integer : value;
}
