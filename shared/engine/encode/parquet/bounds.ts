import { isValid } from '../../bits.ts';
import type { LongVector, TextVector } from '../../vectors.ts';
import { viewOf } from '../../words.ts';

/** The least and the greatest value, as PLAIN spells them without a length. */
export interface Bounds {
  readonly min: Uint8Array;
  readonly max: Uint8Array;
}

/** Text bounds are exact or not there at all: readers take those that were cut short for values. */
const LONGEST = 64;

/** Rows with the least and the greatest value that were looked for last; -1: no row has one. */
const found = { least: -1, greatest: -1 };

/** Undefined where there is no value, or one of the bounds would be long. */
export function textBounds(vector: TextVector, rows: number): Bounds | undefined {
  findTexts(vector, rows);
  const { offsets, bytes } = vector;
  const { least, greatest } = found;
  if (least < 0) return undefined;
  const min = bytes.slice(offsets[least], offsets[least + 1]);
  const max = bytes.slice(offsets[greatest], offsets[greatest + 1]);
  return min.length > LONGEST || max.length > LONGEST ? undefined : { min, max };
}

/** Nearly all texts lie between the two by their first four bytes alone. */
function findTexts({ offsets, bytes, validity }: TextVector, rows: number): void {
  const view = viewOf(bytes);
  let least = -1;
  let greatest = -1;
  let [low, high] = [MOST, -MOST - 1];
  for (let row = 0; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const start = offsets[row] as number;
    const length = (offsets[row + 1] as number) - start;
    const head = length < 4 ? headOf(bytes, start, length) : view.getInt32(start) ^ SIGN;
    if (head > low && head < high) continue;
    if (least < 0 || compare(bytes, offsets, row, least) < 0) {
      least = row;
      low = head;
    }
    if (greatest < 0 || compare(bytes, offsets, row, greatest) > 0) {
      greatest = row;
      high = head;
    }
  }
  found.least = least;
  found.greatest = greatest;
}

/** Turned over, so that bytes from 0x80 on are greater than others. */
const SIGN = 1 << 31;
const MOST = 2 ** 31 - 1;

/** The same of fewer than four bytes; NUL stands for those that are missing, than which nothing is less. */
function headOf(bytes: Uint8Array, start: number, length: number): number {
  let head = 0;
  for (let index = 0; index < length; index++) head |= (bytes[start + index] as number) << (24 - index * 8);
  return head ^ SIGN;
}

/** As unsigned bytes, which is the order of code points. */
function compare(bytes: Uint8Array, offsets: Int32Array, one: number, other: number): number {
  let at = offsets[one] as number;
  let to = offsets[other] as number;
  const atEnd = offsets[one + 1] as number;
  const toEnd = offsets[other + 1] as number;
  for (; at < atEnd && to < toEnd; at++, to++) {
    const difference = (bytes[at] as number) - (bytes[to] as number);
    if (difference !== 0) return difference;
  }
  return atEnd - at - (toEnd - to);
}

export function longBounds({ values, validity }: LongVector, rows: number): Bounds | undefined {
  let [least, greatest]: [bigint | undefined, bigint | undefined] = [undefined, undefined];
  for (let row = 0; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const value = values[row] as bigint;
    if (least === undefined || value < least) least = value;
    if (greatest === undefined || value > greatest) greatest = value;
  }
  const bytesOf = (value: bigint) => new Uint8Array(BigInt64Array.of(value).buffer);
  return least === undefined || greatest === undefined ? undefined : { min: bytesOf(least), max: bytesOf(greatest) };
}
