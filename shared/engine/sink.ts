import { COMMA, OPEN_ARRAY, OPEN_OBJECT } from '../framing/strict.ts';
import { copy, viewOf } from './words.ts';

/**
 * Bytes that grow at their end, `bytes` up to `length`: what goes into a file, and of a row what does not stand in its
 * record as it is (text without its escapes, JSON that was put together).
 */
export class Sink {
  bytes: Uint8Array<ArrayBuffer>;
  /** The same memory. */
  view: DataView;
  length = 0;
  /** What was copied from last, and a view of it. */
  private source: Uint8Array;
  private sourceView: DataView;

  constructor(size = 64 * 1024) {
    this.bytes = new Uint8Array(size);
    this.view = viewOf(this.bytes);
    this.source = this.bytes;
    this.sourceView = this.view;
  }

  /**
   * Makes room for `more` bytes behind the end. Returns `bytes`, which may be another array now; what was written
   * before is copied, and stays where the old one had it.
   */
  reserve(more: number): Uint8Array {
    const needed = this.length + more;
    if (needed > this.bytes.length) this.grow(needed);
    return this.bytes;
  }

  private grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = viewOf(grown);
  }

  byte(byte: number): void {
    if (this.length === this.bytes.length) this.grow(this.length + 1);
    this.bytes[this.length++] = byte;
  }

  /** The comma before an entry, unless it is the first behind the bracket of its object or array. */
  comma(): void {
    const last = this.bytes[this.length - 1];
    if (last !== OPEN_OBJECT && last !== OPEN_ARRAY) this.byte(COMMA);
  }

  /** Appends `source.subarray(start, end)`. */
  copy(source: Uint8Array, start: number, end: number): void {
    if (source !== this.source) this.turnTo(source);
    this.put(source, this.sourceView, start, end);
  }

  private turnTo(source: Uint8Array): void {
    this.source = source;
    this.sourceView = viewOf(source);
  }

  /** The same of bytes whose view is at hand. */
  put(source: Uint8Array, view: DataView, start: number, end: number): void {
    const length = end - start;
    this.reserve(length);
    copy(source, view, start, this.bytes, this.view, this.length, length);
    this.length += length;
  }

  /** All of a short array. */
  stamp({ bytes, view }: Stamp): void {
    this.put(bytes, view, 0, bytes.length);
  }

  text(text: string): void {
    this.reserve(text.length * 3);
    this.length += encoder.encodeInto(text, this.bytes.subarray(this.length)).written;
  }

  /** LEB128 of a whole number from 0 to 2^53. */
  varint(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  uint32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.length, value, true);
    this.length += 4;
  }

  /** What was put so far; good until the next byte is put. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

const encoder = new TextEncoder();

/** Bytes that are written again and again: views of them are at hand, since one a time would cost more than they. */
export interface Stamp {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export function stampOf(text: string): Stamp {
  const bytes = encoder.encode(text);
  return { bytes, view: viewOf(bytes) };
}

/** Sinks that nobody uses: of what is encoded one after the other each needs as much room as the one before. */
const spare: Sink[] = [];
const MOST_SPARE = { sinks: 4, bytes: 16 * 1024 * 1024 };

export function borrowSink(): Sink {
  const sink = spare.pop() ?? new Sink();
  sink.length = 0;
  return sink;
}

/** Of what was written nothing is read any more. */
export function giveBack(sink: Sink): void {
  if (spare.length < MOST_SPARE.sinks && sink.bytes.length <= MOST_SPARE.bytes) spare.push(sink);
}
