/** Below so many bytes a loop copies faster than `set` does, which needs a view of its source. */
const SHORT = 40;

/**
 * Bytes of one row that do not stand in its record as they are: text without its escapes, JSON that was put together.
 */
export class Scratch {
  bytes: Uint8Array = new Uint8Array(64 * 1024);
  length = 0;

  /** Room for so many bytes more. What was written before stays where `bytes` of that time had it, and is copied. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.length + more, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  byte(byte: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = byte;
  }

  copy(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    const { bytes } = this;
    let at = this.length;
    this.length += end - start;
    if (end - start > SHORT) bytes.set(source.subarray(start, end), at);
    else for (let from = start; from < end; from++) bytes[at++] = source[from] as number;
  }

  text(text: string): void {
    this.reserve(text.length * 3);
    this.length += encoder.encodeInto(text, this.bytes.subarray(this.length)).written;
  }
}

const encoder = new TextEncoder();
