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
  const { indices, offsets, bytes, validity } = vector;
  const numbers = new Int32Array(offsets.length).fill(-1);
  const used: number[] = [];
  const found = new Int32Array(countValid(validity, 0, rows));
  let [at, plain] = [0, 0];
  for (let row = 0; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const entry = indices[row] as number;
    if (numbers[entry] === -1) numbers[entry] = used.push(entry) - 1;
    found[at++] = numbers[entry] as number;
    plain += 4 + (offsets[entry + 1] as number) - (offsets[entry] as number);
  }
  const entries = pickedTexts(used, offsets, bytes);
  const size = entries.bytes.length + 4 * used.length + found.length;
  return used.length === 0 || used.length > MOST_ENTRIES || size > plain
    ? undefined
    : { entries, count: used.length, indices: found };
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
