import type { ColumnType } from '../../signals/column.ts';
import type { Rows, Vector } from '../vectors.ts';
import type { NamedType } from './parquet/footer.ts';

const kinds: Readonly<Record<ColumnType, readonly Vector['kind'][]>> = {
  timestamp: ['long'],
  string: ['text', 'dictionary'],
  integer: ['long'],
  long: ['long'],
  real: ['real'],
  boolean: ['boolean'],
  dynamic: ['text', 'dictionary'],
};

/** Throws where rows are not what the columns say: they would make a file that is whole by its looks, and wrong. */
export function checkRows({ count, vectors }: Rows, columns: readonly NamedType[]): void {
  if (vectors.length !== columns.length) throw new Error(`${vectors.length} vectors for ${columns.length} columns`);
  for (const [index, vector] of vectors.entries()) {
    const column = columns[index];
    if (column === undefined || !kinds[column.type].includes(vector.kind) || !holds(vector, count))
      throw new Error(`column ${column?.name} (${column?.type}): not ${count} rows of ${vector.kind}`);
  }
}

function holds(vector: Vector, count: number): boolean {
  const bits = (count + 7) >> 3;
  if (vector.validity !== undefined && vector.validity.length < bits) return false;
  if (vector.kind === 'boolean') return vector.values.length >= bits;
  if (vector.kind === 'dictionary') return vector.indices.length >= count && laysOut(vector, vector.offsets.length - 1);
  return vector.kind === 'text' ? laysOut(vector, count) : vector.values.length >= count;
}

const laysOut = ({ offsets, bytes }: { offsets: Int32Array; bytes: Uint8Array }, count: number): boolean =>
  offsets.length > count && (offsets[count] ?? Number.POSITIVE_INFINITY) <= bytes.length;

/** What rows take in memory. */
export const bytesOf = ({ vectors }: Rows): number =>
  vectors.reduce((sum, vector) => sum + OVERHEAD + bytesOfVector(vector), 0);

/** Arrays and buffers around the values of a column. */
const OVERHEAD = 512;

const bytesOfVector = (vector: Vector): number =>
  Object.values(vector).reduce((sum, part) => sum + (ArrayBuffer.isView(part) ? part.byteLength : 0), 0);
