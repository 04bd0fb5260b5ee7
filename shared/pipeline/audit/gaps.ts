import type { Interval, LedgerEntry } from '../../model.ts';

/** Time that lies between two windows and in none. */
export function gapsBetween(entries: readonly LedgerEntry[]): readonly Interval[] {
  const windows = entries
    .filter(({ state }) => state !== 'halved')
    .map(({ window }) => window)
    .toSorted((a, b) => a.start - b.start);
  const gaps: Interval[] = [];
  let end = windows[0]?.end ?? 0;
  for (const window of windows) {
    if (window.start > end) gaps.push({ start: end, end: window.start });
    end = Math.max(end, window.end);
  }
  return gaps;
}
