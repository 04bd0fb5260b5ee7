/** Bitmaps in Arrow's layout: a bit a row, least significant first; a set bit is a value. Undefined: no row is null. */
export type Validity = Uint8Array | undefined;

export const isValid = (validity: Validity, row: number): boolean =>
  validity === undefined || (((validity[row >> 3] as number) >> (row & 7)) & 1) === 1;

/** Rows with a value from `start` to below `end`. */
export function countValid(validity: Validity, start: number, end: number): number {
  if (validity === undefined) return end - start;
  let count = 0;
  let row = start;
  for (; row < end && (row & 7) !== 0; row++) if (isValid(validity, row)) count++;
  for (; row + 8 <= end; row += 8) count += ones(validity[row >> 3] as number);
  for (; row < end; row++) if (isValid(validity, row)) count++;
  return count;
}

function ones(byte: number): number {
  const pairs = byte - ((byte >> 1) & 0x55);
  const fours = (pairs & 0x33) + ((pairs >> 2) & 0x33);
  return (fours + (fours >> 4)) & 0x0f;
}
