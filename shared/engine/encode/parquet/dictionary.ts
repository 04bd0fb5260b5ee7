import { countValid, isValid } from '../../bits.ts';
import type { DictionaryVector, TextVector } from '../../vectors.ts';
import { copy, viewOf } from '../../words.ts';

/** The entries that rows use, and of each row that is not null which of them it is. */
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
  const indices = withoutNulls(vector, rows);
  const times = new Int32Array(offsets.length - 1);
  countEach(times, indices);
  let [plain, used] = [0, 0];
  for (let entry = 0; entry < times.length; entry++) {
    const count = times[entry] as number;
    plain += count * (4 + (offsets[entry + 1] as number) - (offsets[entry] as number));
    if (count > 0) used++;
  }
  if (used === 0 || used > MOST_ENTRIES) return undefined;
  const isWhole = used === times.length;
  const entries = isWhole ? { kind: 'text' as const, offsets, bytes, validity: undefined } : usedOf(times, vector);
  const size = (entries.offsets[used] as number) + 4 * used + indices.length;
  if (size > plain) return undefined;
  return { entries, count: used, indices: isWhole ? indices : renumbered(times, indices) };
}

function withoutNulls({ indices, validity }: DictionaryVector, rows: number): Int32Array {
  if (validity === undefined) return indices.subarray(0, rows);
  const found = new Int32Array(countValid(validity, 0, rows));
  for (let row = 0, at = 0; row < rows; row++) if (isValid(validity, row)) found[at++] = indices[row] as number;
  return found;
}

function countEach(times: Int32Array, indices: Int32Array): void {
  for (let at = 0; at < indices.length; at++) {
    const entry = indices[at] as number;
    times[entry] = (times[entry] as number) + 1;
  }
}

const usedOf = (times: Int32Array, { offsets, bytes }: DictionaryVector): TextVector =>
  pickedTexts(
    [...times.keys()].filter((entry) => times[entry] !== 0),
    offsets,
    bytes,
  );

function renumbered(times: Int32Array, indices: Int32Array): Int32Array {
  let used = 0;
  const numbers = times.map((count) => (count > 0 ? used++ : -1));
  return indices.map((entry) => numbers[entry] as number);
}

/** The entries of these numbers, one after the other. */
export function pickedTexts(numbers: ArrayLike<number>, offsets: Int32Array, bytes: Uint8Array): TextVector {
  const newOffsets = new Int32Array(numbers.length + 1);
  let length = 0;
  for (let at = 0; at < numbers.length; at++) {
    const entry = numbers[at] as number;
    length += (offsets[entry + 1] as number) - (offsets[entry] as number);
    newOffsets[at + 1] = length;
  }
  const newBytes = new Uint8Array(length);
  const [view, newView] = [viewOf(bytes), viewOf(newBytes)];
  for (let at = 0; at < numbers.length; at++) {
    const start = offsets[numbers[at] as number] as number;
    const to = newOffsets[at] as number;
    copy(bytes, view, start, newBytes, newView, to, (newOffsets[at + 1] as number) - to);
  }
  return { kind: 'text', offsets: newOffsets, bytes: newBytes, validity: undefined };
}

/** The same rows without a dictionary. */
export function plainTexts({ indices, offsets, bytes, validity }: DictionaryVector, rows: number): TextVector {
  // What stands at the place of a null row is not defined: an entry without bytes takes it.
  const empty = offsets.length - 1;
  const padded = new Int32Array(offsets.length + 1);
  padded.set(offsets);
  padded[empty + 1] = offsets[empty] as number;
  const numbers = indices.slice(0, rows).map((entry, row) => (isValid(validity, row) ? entry : empty));
  return { ...pickedTexts(numbers, padded, bytes), validity };
}
