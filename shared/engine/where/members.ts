import type { ReadCell } from './compile.ts';
import type { Value } from './expression.ts';

/** The member of a dynamic column's JSON text. What is not there, and what is no JSON, is null. */
export function memberOf<Row>(read: ReadCell<Row>, path: readonly (string | number)[]): (row: Row) => Value {
  return (row) => {
    const text = read(row);
    let value = typeof text === 'string' ? parsedOnce(read, text) : null;
    for (const step of path) {
      if (typeof value !== 'object' || value === null) return null;
      value = typeof step === 'number' ? at(value, step) : key(value, step);
    }
    return value;
  };
}

const at = (value: object, index: number): Value => (Array.isArray(value) ? (value.at(index) ?? null) : null);

/** Keys of records may be called `__proto__`, `constructor` and the like. */
function key(value: object, name: string): Value {
  if (Array.isArray(value) || !Object.hasOwn(value, name)) return null;
  return (value as Record<string, Value>)[name] ?? null;
}

const parsed = new WeakMap<object, { readonly text: string; readonly value: Value }>();

/** A row's text is parsed once, however many members of it are asked for. */
function parsedOnce(read: object, text: string): Value {
  const last = parsed.get(read);
  if (last?.text === text) return last.value;
  const value = parse(text);
  parsed.set(read, { text, value });
  return value;
}

function parse(text: string): Value {
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
