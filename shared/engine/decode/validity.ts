/** Which rows of a column hold a value. Rows are set in order; those that are passed over are null. */
export class Validity {
  /** Rows up to the last that was set. */
  count = 0;
  private nulls = 0;
  private bits = new Uint8Array(64);

  set(index: number): void {
    this.nulls += index - this.count;
    this.count = index + 1;
    this.bits = setBit(this.bits, index);
  }

  has(index: number): boolean {
    return (((this.bits[index >> 3] as number) >> (index & 7)) & 1) === 1;
  }

  /** Of so many rows; empty again then. Undefined: none of them is null. */
  take(rows: number): Uint8Array | undefined {
    const whole = this.nulls === 0 && this.count === rows;
    const bits = whole ? undefined : bitmap(this.bits, rows);
    this.bits = new Uint8Array(64);
    this.count = 0;
    this.nulls = 0;
    return bits;
  }
}

export function setBit(bits: Uint8Array<ArrayBuffer>, index: number): Uint8Array<ArrayBuffer> {
  let bytes = bits;
  if (index >> 3 >= bytes.length) {
    bytes = new Uint8Array(Math.max((index >> 3) + 1, bits.length * 2));
    bytes.set(bits);
  }
  bytes[index >> 3] = (bytes[index >> 3] as number) | (1 << (index & 7));
  return bytes;
}

/** So many bits. */
export function bitmap(bits: Uint8Array, rows: number): Uint8Array {
  const bytes = new Uint8Array((rows + 7) >> 3);
  bytes.set(bits.subarray(0, bytes.length));
  return bytes;
}

/** At least so many entries. */
export function grown(old: Int32Array<ArrayBuffer>, entries: number): Int32Array<ArrayBuffer> {
  if (entries <= old.length) return old;
  const more = new Int32Array(Math.max(entries, old.length * 2));
  more.set(old);
  return more;
}
