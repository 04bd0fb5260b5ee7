import type { Rows, Vector } from '../../../shared/engine/vectors.ts';
import type { ColumnType } from '../../../shared/signals/column.ts';

/** Text, µs and whole numbers as bigint, doubles, booleans. */
export type Cell = string | bigint | number | boolean | null;

export interface Typed {
  readonly name: string;
  readonly type: ColumnType;
}

/** Rows of cells as columns. `dictionary`: the names of the text columns that get one. */
export function rowsOf(
  columns: readonly Typed[],
  rows: readonly (readonly Cell[])[],
  dictionary: readonly string[] = [],
): Rows {
  const vectors = columns.map(({ name, type }, index) =>
    vectorOf(
      type,
      rows.map((row) => row[index] ?? null),
      dictionary.includes(name),
    ),
  );
  return { count: rows.length, vectors };
}

function vectorOf(type: ColumnType, cells: readonly Cell[], dictionary: boolean): Vector {
  const validity = cells.includes(null) ? bitmap(cells.map((cell) => cell !== null)) : undefined;
  if (type === 'real') return { kind: 'real', validity, values: Float64Array.from(cells, (cell) => Number(cell ?? 7)) };
  if (type === 'boolean') return { kind: 'boolean', validity, values: bitmap(cells.map((cell) => cell !== false)) };
  if (type !== 'string' && type !== 'dynamic')
    return { kind: 'long', validity, values: BigInt64Array.from(cells, (cell) => BigInt(cell ?? 7)) };
  // Something stands at the place of a null, which nobody may see.
  const texts = cells.map((cell) => (cell === null ? 'null!' : String(cell)));
  if (!dictionary) return { kind: 'text', validity, ...laidOut(texts) };
  const entries = [...new Set(texts.filter((_, row) => cells[row] !== null))];
  const numbers = new Map(entries.map((entry, number) => [entry, number]));
  return {
    kind: 'dictionary',
    validity,
    indices: Int32Array.from(texts, (text) => numbers.get(text) ?? 0),
    ...laidOut(entries),
  };
}

function laidOut(texts: readonly string[]): { offsets: Int32Array; bytes: Uint8Array } {
  const parts = texts.map((text) => Buffer.from(text));
  const offsets = new Int32Array(texts.length + 1);
  parts.forEach((part, index) => {
    offsets[index + 1] = (offsets[index] ?? 0) + part.length;
  });
  return { offsets, bytes: new Uint8Array(Buffer.concat(parts)) };
}

function bitmap(bits: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  bits.forEach((bit, row) => {
    if (bit) bytes[row >> 3] = (bytes[row >> 3] ?? 0) | (1 << (row & 7));
  });
  return bytes;
}
