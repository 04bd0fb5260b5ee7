import type { Interval, Millis } from '../../model.ts';

/**
 * The windows that bring a range into the lake. Windows that the ledger has already stay as they are, even where they
 * reach beyond the range; only the gaps between them are cut anew, on the fixed UTC grid of `size`. So a range asked
 * for again, extended or cut in another size never brings a row twice. `known`: disjoint intervals.
 */
export function tileRange(range: Interval, size: Millis, known: readonly Interval[]): Interval[] {
  const kept = known
    .filter((window) => window.start < range.end && range.start < window.end)
    .sort((a, b) => a.start - b.start);
  const tiles: Interval[] = [];
  let at = range.start;
  for (const window of kept) {
    tiles.push(...cut({ start: at, end: window.start }, size), window);
    at = Math.max(at, window.end);
  }
  return [...tiles, ...cut({ start: at, end: range.end }, size)];
}

function cut(gap: Interval, size: Millis): Interval[] {
  const tiles: Interval[] = [];
  for (let start = gap.start; start < gap.end; ) {
    const end = Math.min((Math.floor(start / size) + 1) * size, gap.end);
    tiles.push({ start, end });
    start = end;
  }
  return tiles;
}

export const overlap = (one: Interval, other: Interval): boolean => one.start < other.end && other.start < one.end;
