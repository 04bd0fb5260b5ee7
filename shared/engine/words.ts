/**
 * Bytes by words of eight, in loops: of a bigint that goes nowhere else the optimizing compiler makes one load and one
 * store. Up to so many bytes that is faster than `set`, which needs a view of its source: an object for each text.
 */
export const SHORT = 256;

export const viewOf = ({ buffer, byteOffset, length }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, length);

/** At least so many entries, with those that there are. */
export function grown(old: Int32Array<ArrayBuffer>, entries: number): Int32Array<ArrayBuffer> {
  if (entries <= old.length) return old;
  const more = new Int32Array(Math.max(entries, old.length * 2));
  more.set(old);
  return more;
}

/** Whether two texts of one length are the same. The views are those of the bytes beside them. */
export function same(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  otherBytes: Uint8Array,
  otherView: DataView,
  other: number,
  length: number,
): boolean {
  if (length < 4) {
    for (let index = 0; index < length; index++) if (bytes[at + index] !== otherBytes[other + index]) return false;
    return true;
  }
  // Words that overlap: the first four bytes and the last four.
  if (length < 8)
    return (
      view.getInt32(at, true) === otherView.getInt32(other, true) &&
      view.getInt32(at + length - 4, true) === otherView.getInt32(other + length - 4, true)
    );
  // The last ones first: texts that differ do so at their end more often than at their beginning.
  const last = length - 8;
  if (view.getBigInt64(at + last, true) !== otherView.getBigInt64(other + last, true)) return false;
  for (let index = 0; index < last; index += 8)
    if (view.getBigInt64(at + index, true) !== otherView.getBigInt64(other + index, true)) return false;
  return true;
}

/** Copies `length` bytes, however many. */
export function copy(
  source: Uint8Array,
  sourceView: DataView,
  start: number,
  target: Uint8Array,
  targetView: DataView,
  to: number,
  length: number,
): void {
  if (length > SHORT) target.set(source.subarray(start, start + length), to);
  else copyShort(source, sourceView, start, target, targetView, to, length);
}

function copyShort(
  source: Uint8Array,
  sourceView: DataView,
  start: number,
  target: Uint8Array,
  targetView: DataView,
  to: number,
  length: number,
): void {
  if (length < 4) {
    for (let index = 0; index < length; index++) target[to + index] = source[start + index] as number;
    return;
  }
  if (length < 8) {
    const head = sourceView.getInt32(start, true);
    targetView.setInt32(to + length - 4, sourceView.getInt32(start + length - 4, true), true);
    targetView.setInt32(to, head, true);
    return;
  }
  const last = length - 8;
  for (let index = 0; index < last; index += 8)
    targetView.setBigInt64(to + index, sourceView.getBigInt64(start + index, true), true);
  targetView.setBigInt64(to + last, sourceView.getBigInt64(start + last, true), true);
}

/** Over the ends of the text, and its length. */
export function hashOf(bytes: Uint8Array, view: DataView, start: number, length: number): number {
  let hash = 0x811c9dc5 ^ length;
  const end = start + length;
  if (length < 4) {
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    return hash ^ (hash >>> 15);
  }
  const headEnd = length > 32 ? start + 16 : end - 4;
  for (let at = start; at < headEnd; at += 4) hash = turned(hash, view.getInt32(at, true));
  for (let at = length > 32 ? end - 16 : end - 4; at < end; at += 4) hash = turned(hash, view.getInt32(at, true));
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

const turned = (hash: number, word: number): number => {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return (mixed << 13) | (mixed >>> 19);
};

/** What rows take as plain text: each is an entry of a dictionary, or, less than 0, null. */
export function spelledBytes(entries: Int32Array, offsets: Int32Array, rows: number): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const entry = entries[row] as number;
    if (entry >= 0) sum += (offsets[entry + 1] as number) - (offsets[entry] as number);
  }
  return sum;
}

/** Where texts of these lengths begin and end, one behind the other; one of less than 0 is none. */
export function putOffsets(lengths: Int32Array, offsets: Int32Array, rows: number): void {
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const length = lengths[row] as number;
    if (length > 0) at += length;
    offsets[row + 1] = at;
  }
}
