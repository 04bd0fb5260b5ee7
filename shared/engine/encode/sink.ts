/** Bytes that grow at their end: `bytes` up to `length`. */
export interface Sink {
  bytes: Uint8Array;
  length: number;
}

/** Below so many bytes a loop copies faster than `set` does, which needs a view of the source. */
const SHORT = 24;

export const createSink = (size = 64 * 1024): Sink => ({ bytes: new Uint8Array(size), length: 0 });

/** Makes room for `more` bytes behind the end. Returns `sink.bytes`, which may be another array now. */
export function reserve(sink: Sink, more: number): Uint8Array {
  const needed = sink.length + more;
  if (needed <= sink.bytes.length) return sink.bytes;
  const grown = new Uint8Array(Math.max(needed, sink.bytes.length * 2));
  grown.set(sink.bytes.subarray(0, sink.length));
  sink.bytes = grown;
  return grown;
}

export function putByte(sink: Sink, byte: number): void {
  reserve(sink, 1)[sink.length++] = byte;
}

/** Appends `source.subarray(start, end)`. */
export function putBytes(sink: Sink, source: Uint8Array, start = 0, end = source.length): void {
  const bytes = reserve(sink, end - start);
  let at = sink.length;
  sink.length += end - start;
  if (end - start > SHORT) bytes.set(source.subarray(start, end), at);
  else for (let from = start; from < end; from++) bytes[at++] = source[from] as number;
}

/** LEB128 of a whole number from 0 to 2^53. */
export function putVarint(sink: Sink, value: number): void {
  let rest = value;
  while (rest > 127) {
    putByte(sink, (rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  putByte(sink, rest);
}

export function putUint32(sink: Sink, value: number): void {
  const bytes = reserve(sink, 4);
  const at = sink.length;
  bytes[at] = value & 255;
  bytes[at + 1] = (value >>> 8) & 255;
  bytes[at + 2] = (value >>> 16) & 255;
  bytes[at + 3] = value >>> 24;
  sink.length += 4;
}

/** What was put so far; good until the next byte is put. */
export const written = (sink: Sink): Uint8Array => sink.bytes.subarray(0, sink.length);
