import { countValid, isValid, type Validity } from '../bits.ts';
import type { DictionaryVector, Rows, TextVector, Vector } from '../vectors.ts';
import { spelledBytes } from '../words.ts';
import { plainTexts, withoutNulls } from './parquet/dictionary.ts';

/** Texts of dictionaries that are joined with plain texts are written out row by row up to so many bytes. */
const MOST_SPELT = 8 * 1024 * 1024;

/** One after the other as one. All have the same columns. */
export function joinRows(parts: readonly Rows[]): Rows {
  const [first] = parts;
  if (first === undefined) throw new Error('no rows to join');
  if (parts.length === 1) return first;
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const room = { bytes: MOST_SPELT };
  return { count, vectors: first.vectors.map((_, column) => joinColumn(parts, column, count, room)) };
}

/** The same rows in memory of their own. */
export const copyOf = ({ count, vectors }: Rows): Rows => ({ count, vectors: vectors.map(copyOfVector) });

function copyOfVector(vector: Vector): Vector {
  const copied = Object.entries(vector).map(([key, part]) => [key, ArrayBuffer.isView(part) ? sliceOf(part) : part]);
  return Object.fromEntries(copied) as Vector;
}

const sliceOf = (array: ArrayBufferView): ArrayBufferView => (array as Uint8Array).slice();

function joinColumn(parts: readonly Rows[], column: number, count: number, room: { bytes: number }): Vector {
  const counts = parts.map((part) => part.count);
  const vectors = parts.map((part) => part.vectors[column] as Vector);
  const validities = vectors.map((vector) => vector.validity);
  const all = parts.every((part, index) => countValid(validities[index], 0, part.count) === part.count);
  const validity = all ? undefined : joinBits(validities, counts, count);
  const { kind } = vectors[0] as Vector;
  const values = vectors.map((vector) => ('values' in vector ? vector.values : undefined));
  if (kind === 'long') return { kind, validity, values: joinNumbers(new BigInt64Array(count), values, counts) };
  if (kind === 'real') return { kind, validity, values: joinNumbers(new Float64Array(count), values, counts) };
  if (kind === 'boolean') return { kind, validity, values: joinBits(values as Uint8Array[], counts, count) };
  return { ...joinAnyTexts(vectors as (TextVector | DictionaryVector)[], counts, count, room), validity };
}

/** A long text that a thousand rows share stands once, even where other parts have none that repeat. */
function joinAnyTexts(
  vectors: readonly (TextVector | DictionaryVector)[],
  counts: readonly number[],
  count: number,
  room: { bytes: number },
): TextVector | DictionaryVector {
  if (vectors.every((vector) => vector.kind === 'dictionary')) return joinDictionaries(vectors, counts);
  const spelt = vectors.reduce((sum, vector, index) => sum + speltBytes(vector, counts[index] ?? 0), 0);
  if (spelt > room.bytes) {
    const all = vectors.map((vector, index) => asDictionary(vector, counts[index] ?? 0));
    return joinDictionaries(all, counts);
  }
  room.bytes -= spelt;
  const texts = vectors.map((vector, index) =>
    vector.kind === 'dictionary' ? plainTexts(vector, counts[index] ?? 0) : vector,
  );
  return joinTexts(texts, counts, count);
}

/** What the rows of a dictionary take as plain text. */
function speltBytes(vector: TextVector | DictionaryVector, rows: number): number {
  return vector.kind === 'text' ? 0 : spelledBytes(withoutNulls(vector, rows), vector.offsets, rows);
}

/** Each plain text is an entry. */
function asDictionary(vector: TextVector | DictionaryVector, rows: number): DictionaryVector {
  if (vector.kind === 'dictionary') return vector;
  const { offsets, bytes, validity } = vector;
  return {
    kind: 'dictionary',
    indices: Int32Array.from({ length: rows }, (_, row) => row),
    offsets: offsets.subarray(0, rows + 1),
    bytes,
    validity,
  };
}

function joinNumbers<T extends BigInt64Array | Float64Array>(
  all: T,
  values: readonly unknown[],
  counts: readonly number[],
): T {
  let at = 0;
  for (const [index, some] of values.entries()) {
    all.set((some as T).subarray(0, counts[index]) as never, at);
    at += counts[index] ?? 0;
  }
  return all;
}

function joinBits(bitmaps: readonly Validity[], counts: readonly number[], count: number): Uint8Array {
  const bytes = new Uint8Array((count + 7) >> 3);
  let at = 0;
  for (const [index, bitmap] of bitmaps.entries()) {
    const end = counts[index] ?? 0;
    for (let row = 0; row < end; row++, at++)
      if (isValid(bitmap, row)) bytes[at >> 3] = (bytes[at >> 3] as number) | (1 << (at & 7));
  }
  return bytes;
}

function joinTexts(vectors: readonly TextVector[], counts: readonly number[], count: number): TextVector {
  const offsets = new Int32Array(count + 1);
  const ends = vectors.map((vector, index) => vector.offsets[counts[index] ?? 0] as number);
  const bytes = new Uint8Array(ends.reduce((sum, end) => sum + end, 0));
  let [at, length] = [0, 0];
  for (const [index, vector] of vectors.entries()) {
    const rows = counts[index] ?? 0;
    bytes.set(vector.bytes.subarray(0, ends[index]), length);
    for (let row = 0; row < rows; row++) offsets[++at] = length + (vector.offsets[row + 1] as number);
    length += ends[index] ?? 0;
  }
  return { kind: 'text', offsets, bytes, validity: undefined };
}

/** An entry that several have stands once, and one that no row has not at all. */
function joinDictionaries(vectors: readonly DictionaryVector[], counts: readonly number[]): DictionaryVector {
  const known = new Map<string, number>();
  const entries: Uint8Array[] = [];
  const indices = new Int32Array(counts.reduce((sum, rows) => sum + rows, 0));
  const numberOf = (text: Uint8Array): number => {
    const key = Buffer.from(text.buffer, text.byteOffset, text.length).toString('latin1');
    const number = known.get(key) ?? entries.push(text) - 1;
    known.set(key, number);
    return number;
  };
  let at = 0;
  for (const [index, { offsets, bytes, indices: own, validity }] of vectors.entries()) {
    const numbers = new Int32Array(offsets.length - 1).fill(-1);
    const rows = counts[index] ?? 0;
    for (let row = 0; row < rows; row++, at++) {
      if (!isValid(validity, row)) continue;
      const entry = own[row] as number;
      if ((numbers[entry] as number) < 0) numbers[entry] = numberOf(bytes.subarray(offsets[entry], offsets[entry + 1]));
      indices[at] = numbers[entry] as number;
    }
  }
  return { kind: 'dictionary', indices, ...laidOut(entries), validity: undefined };
}

function laidOut(entries: readonly Uint8Array[]): { offsets: Int32Array; bytes: Uint8Array } {
  const offsets = new Int32Array(entries.length + 1);
  for (const [index, entry] of entries.entries()) offsets[index + 1] = (offsets[index] as number) + entry.length;
  const bytes = new Uint8Array(offsets[entries.length] as number);
  for (const [index, entry] of entries.entries()) bytes.set(entry, offsets[index]);
  return { offsets, bytes };
}
