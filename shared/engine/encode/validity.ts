/** Bitmaps in Arrow's layout: a bit a row, least significant first; a set bit is a value. Undefined: no row is null. */
export type Validity = Uint8Array | undefined;

export const isValid = (validity: Validity, row: number): boolean =>
  validity === undefined || (((validity[row >> 3] as number) >> (row & 7)) & 1) === 1;

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
