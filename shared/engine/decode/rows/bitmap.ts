/** Bitmaps in Arrow's layout: a bit a row, least significant first. */

export function setBit(bits: Uint8Array, index: number): void {
  bits[index >> 3] = (bits[index >> 3] as number) | (1 << (index & 7));
}

/** Which of the rows are not negative; undefined: all of them. */
export function bitsOf(values: Int32Array, rows: number): Uint8Array | undefined {
  const bits = new Uint8Array((rows + 7) >> 3);
  let nulls = 0;
  for (let row = 0; row < rows; row++) {
    if ((values[row] as number) >= 0) bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
    else nulls++;
  }
  return nulls === 0 ? undefined : bits;
}

/** The bits of so many rows; undefined: all of them are set. */
export function validityOf(bits: Uint8Array, rows: number): Uint8Array | undefined {
  for (let row = 0; row < rows; row++) if (((bits[row >> 3] as number) & (1 << (row & 7))) === 0) return bits;
  return undefined;
}

/** At least so many entries. */
export function grown(old: Int32Array<ArrayBuffer>, entries: number): Int32Array<ArrayBuffer> {
  if (entries <= old.length) return old;
  const more = new Int32Array(Math.max(entries, old.length * 2));
  more.set(old);
  return more;
}
