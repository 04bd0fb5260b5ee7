import type { Sink } from '../../sink.ts';

/** Shorter runs cost more than the bits that they save. */
const LEAST_RUN = 16;

/** Bits that hold every index below `count`; at least 1, since some readers stumble over 0. */
export const bitWidth = (count: number): number => Math.max(1, 32 - Math.clz32(count - 1));

/** Parquet's hybrid of run lengths and packed bits, of the first `count` values, each below 2^width, width up to 24. */
export function putHybrid(sink: Sink, values: Int32Array, count: number, width: number): void {
  let packed = 0;
  let at = 0;
  while (at < count) {
    const value = values[at];
    let end = at + 1;
    while (end < count && values[end] === value) end++;
    // Packed values come in groups of eight: a run lends its first ones to fill the group before it.
    const start = at + ((8 - ((at - packed) % 8)) % 8);
    if (end - start >= LEAST_RUN) {
      putPacked(sink, values, packed, start, width);
      putRun(sink, value as number, end - start, width);
      packed = end;
    }
    at = end;
  }
  putPacked(sink, values, packed, count, width);
}

export function putRun(sink: Sink, value: number, count: number, width: number): void {
  sink.varint(count * 2);
  for (let shift = 0; shift < width; shift += 8) sink.byte((value >>> shift) & 255);
}

/** The last group is filled up with zeros. */
function putPacked(sink: Sink, values: Int32Array, start: number, end: number, width: number): void {
  if (start === end) return;
  const groups = Math.ceil((end - start) / 8);
  sink.varint(groups * 2 + 1);
  const bytes = sink.reserve(groups * width + 1);
  const filled = sink.length + groups * width;
  bytes.fill(0, packBits(bytes, sink.length, values, start, end, width), filled);
  sink.length = filled;
}

/** The loop alone: where one is compiled as it runs, nothing is known of what follows, and the code is left again. */
function packBits(
  bytes: Uint8Array,
  from: number,
  values: Int32Array,
  start: number,
  end: number,
  width: number,
): number {
  let [at, held, bits] = [from, 0, 0];
  for (let index = start; index < end; index++) {
    held |= (values[index] as number) << bits;
    bits += width;
    while (bits >= 8) {
      bytes[at++] = held & 255;
      held >>>= 8;
      bits -= 8;
    }
  }
  // Without a question, which was never asked when the loop was compiled: what is held may be no bits, and zero.
  bytes[at] = held & 255;
  return at + 1;
}
