import type { Feed, Interval, Ledger, LedgerEntry } from '../../model.ts';
import { type Others, othersIn } from '../names/names.ts';

/** Time that lies between two windows and in none, nor in what other names of the app have brought. */
export function gapsBetween(entries: readonly LedgerEntry[], others: readonly Interval[] = []): readonly Interval[] {
  const own = entries
    .filter(({ state }) => state !== 'halved')
    .map(({ window }) => window)
    .toSorted((a, b) => a.start - b.start);
  const range = { start: own[0]?.start ?? 0, end: own.at(-1)?.start ?? 0 };
  const within = others.filter(({ start, end }) => start < range.end && end > range.start);
  const gaps: Interval[] = [];
  let end = own[0]?.end ?? 0;
  for (const window of [...own, ...within].toSorted((a, b) => a.start - b.start)) {
    if (window.start > end) gaps.push({ start: end, end: window.start });
    end = Math.max(end, window.end);
  }
  return gaps;
}

/** The same of a feed. What other names of its app have is asked for only where there is a gap. */
export async function gapsIn(
  feed: Feed,
  entries: readonly LedgerEntry[],
  ports: { readonly ledger: Ledger; readonly others?: (feed: Feed) => Promise<Others | undefined> },
): Promise<readonly Interval[]> {
  const gaps = gapsBetween(entries);
  const [first, last] = [gaps[0], gaps.at(-1)];
  if (first === undefined || last === undefined) return gaps;
  const others = await othersIn(await ports.others?.(feed), { start: first.start, end: last.end }, ports.ledger);
  return gapsBetween(entries, others);
}
