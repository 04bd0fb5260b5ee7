/** Bitmaps in Arrow's layout: a bit a row, least significant first; a set bit is a value. Undefined: no row is null. */
export type Validity = Uint8Array | undefined;

export const isValid = (validity: Validity, row: number): boolean =>
  validity === undefined || (((validity[row >> 3] as number) >> (row & 7)) & 1) === 1;

export function setBit(bits: Uint8Array, row: number): void {
  bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
}

/** Room for the bits of so many rows, with those that there are. */
export function grownBits(old: Uint8Array<ArrayBuffer>, rows: number): Uint8Array<ArrayBuffer> {
  const more = new Uint8Array((rows + 7) >> 3);
  more.set(old);
  return more;
}

/** Rows with a value from `start` to below `end`. */
export function countValid(validity: Validity, start: number, end: number): number {
  if (validity === undefined) return end - start;
  if (start >= end) return 0;
  const [first, last] = [start >> 3, (end - 1) >> 3];
  const [head, tail] = [0xff << (start & 7), 0xff >> (7 - ((end - 1) & 7))];
  if (first === last) return ones((validity[first] as number) & head & tail);
  let count = ones((validity[first] as number) & head & 0xff) + ones((validity[last] as number) & tail);
  for (let byte = first + 1; byte < last; byte++) count += ones(validity[byte] as number);
  return count;
}

function ones(byte: number): number {
  const pairs = byte - ((byte >> 1) & 0x55);
  const fours = (pairs & 0x33) + ((pairs >> 2) & 0x33);
  return (fours + (fours >> 4)) & 0x0f;
}

/** The same bits; undefined: all of so many rows are set. */
export const validityOf = (bits: Uint8Array, rows: number): Validity =>
  countValid(bits, 0, rows) === rows ? undefined : bits;

/** Which of the rows are not negative. */
export function validOf(values: Int32Array, rows: number): Validity {
  const bits = new Uint8Array((rows + 7) >> 3);
  setBits(bits, values, rows);
  return validityOf(bits, rows);
}

/** The loop alone: where one is compiled as it runs, nothing is known of what follows, and the code is left again. */
function setBits(bits: Uint8Array, values: Int32Array, rows: number): void {
  for (let row = 0; row < rows; row++) if ((values[row] as number) >= 0) setBit(bits, row);
}
