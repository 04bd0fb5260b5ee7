import { countValid, isValid } from '../../bits.ts';
import { Sink } from '../../sink.ts';
import type { DictionaryVector, TextVector } from '../../vectors.ts';
import { spelledBytes, viewOf } from '../../words.ts';

/** The entries of a dictionary, and of each row that is not null which of them it is. */
export interface Dictionary {
  readonly entries: TextVector;
  readonly count: number;
  readonly indices: Int32Array;
}

/** An index has up to 24 bits. */
const MOST_ENTRIES = 2 ** 24;

/**
 * Undefined where the plain values would be shorter, or no row has one: readers look for the width of the indices in
 * any page of them.
 */
export function usedDictionary(vector: DictionaryVector, rows: number): Dictionary | undefined {
  const { offsets, bytes } = vector;
  const count = offsets.length - 1;
  const indices = withoutNulls(vector, rows);
  const plain = 4 * indices.length + spelledBytes(indices, offsets, indices.length);
  const size = (offsets[count] as number) + 4 * count + indices.length;
  if (count === 0 || count > MOST_ENTRIES || size > plain) return undefined;
  return { entries: { kind: 'text', offsets, bytes, validity: undefined }, count, indices };
}

export function withoutNulls({ indices, validity }: DictionaryVector, rows: number): Int32Array {
  if (validity === undefined) return indices.subarray(0, rows);
  const found = new Int32Array(countValid(validity, 0, rows));
  for (let row = 0, at = 0; row < rows; row++) if (isValid(validity, row)) found[at++] = indices[row] as number;
  return found;
}

/** The same rows without a dictionary. What stands at the place of a null row is not defined: nothing takes it. */
export function plainTexts({ indices, offsets, bytes, validity }: DictionaryVector, rows: number): TextVector {
  const texts = new Sink(bytes.length);
  const view = viewOf(bytes);
  const newOffsets = new Int32Array(rows + 1);
  for (let row = 0; row < rows; row++) {
    const entry = indices[row] as number;
    if (isValid(validity, row)) texts.put(bytes, view, offsets[entry] as number, offsets[entry + 1] as number);
    newOffsets[row + 1] = texts.length;
  }
  return { kind: 'text', offsets: newOffsets, bytes: texts.written(), validity };
}
