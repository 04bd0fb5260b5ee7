/** Readers hold a page in memory, and writers a piece. */
const MOST_BYTES = 1024 * 1024;

/** The row that ends a piece of texts from `start` on: with one more it would be too large, unless it is only one. */
export function pieceEnd(offsets: Int32Array, start: number, rows: number): number {
  const most = (offsets[start] as number) + MOST_BYTES;
  let end = start + 1;
  while (end < rows && (offsets[end + 1] as number) <= most) end++;
  return end;
}
