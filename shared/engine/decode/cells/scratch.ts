import { copy, viewOf } from '../../words.ts';

/**
 * Bytes of one row that do not stand in its record as they are: text without its escapes, JSON that was put together.
 */
export class Scratch {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;
  /** The same memory. */
  view: DataView;
  /** What was copied from last, and a view of it. */
  private source: Uint8Array;
  private sourceView: DataView;

  constructor(size = 64 * 1024) {
    this.bytes = new Uint8Array(size);
    this.view = viewOf(this.bytes);
    this.source = this.bytes;
    this.sourceView = this.view;
  }

  /** Room for so many bytes more. What was written before stays where `bytes` of that time had it, and is copied. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.length + more, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  byte(byte: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = byte;
  }

  copy(source: Uint8Array, start: number, end: number): void {
    if (source !== this.source) this.turnTo(source);
    this.put(source, this.sourceView, start, end);
  }

  /** The same of bytes whose view is at hand. */
  put(source: Uint8Array, view: DataView, start: number, end: number): void {
    const length = end - start;
    if (this.length + length > this.bytes.length) this.reserve(length);
    copy(source, view, start, this.bytes, this.view, this.length, length);
    this.length += length;
  }

  /** All of a short array, of which there are many: byte by byte, since views of them would cost more. */
  all(source: Uint8Array): void {
    const { length } = source;
    if (this.length + length > this.bytes.length) this.reserve(length);
    const { bytes } = this;
    let at = this.length;
    for (let index = 0; index < length; index++) bytes[at++] = source[index] as number;
    this.length = at;
  }

  private turnTo(source: Uint8Array): void {
    this.source = source;
    this.sourceView = viewOf(source);
  }

  text(text: string): void {
    this.reserve(text.length * 3);
    this.length += encoder.encodeInto(text, this.bytes.subarray(this.length)).written;
  }
}

const encoder = new TextEncoder();
