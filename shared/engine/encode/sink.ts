import { copy, viewOf } from '../words.ts';

/** Bytes that grow at their end: `bytes` up to `length`. */
export interface Sink {
  bytes: Uint8Array;
  /** The same memory. */
  view: DataView;
  length: number;
}

/** Below so many bytes a loop copies faster than `set` does, which needs a view of the source. */
const SHORT = 40;

export function createSink(size = 64 * 1024): Sink {
  const bytes = new Uint8Array(size);
  return { bytes, view: viewOf(bytes), length: 0 };
}

/** Sinks that nobody uses: of what is encoded one after the other each needs as much room as the one before. */
const spare: Sink[] = [];
const MOST_SPARE = { sinks: 4, bytes: 16 * 1024 * 1024 };

export function borrowSink(): Sink {
  const sink = spare.pop() ?? createSink();
  sink.length = 0;
  return sink;
}

/** Of what was written nothing is read any more. */
export function giveBack(sink: Sink): void {
  if (spare.length < MOST_SPARE.sinks && sink.bytes.length <= MOST_SPARE.bytes) spare.push(sink);
}

/** Makes room for `more` bytes behind the end. Returns `sink.bytes`, which may be another array now. */
export function reserve(sink: Sink, more: number): Uint8Array {
  const needed = sink.length + more;
  if (needed <= sink.bytes.length) return sink.bytes;
  const grown = new Uint8Array(Math.max(needed, sink.bytes.length * 2));
  grown.set(sink.bytes.subarray(0, sink.length));
  sink.bytes = grown;
  sink.view = viewOf(grown);
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

/** The same of a source whose view is at hand: of short texts one after the other. */
export function putText(sink: Sink, source: Uint8Array, view: DataView, start: number, end: number): void {
  const bytes = reserve(sink, end - start);
  copy(source, view, start, bytes, sink.view, sink.length, end - start);
  sink.length += end - start;
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
  reserve(sink, 4);
  sink.view.setUint32(sink.length, value, true);
  sink.length += 4;
}

/** What was put so far; good until the next byte is put. */
export const written = (sink: Sink): Uint8Array => sink.bytes.subarray(0, sink.length);
