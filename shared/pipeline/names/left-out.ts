import type { Feed, Interval, LedgerEntry, Millis, Window } from '../../model.ts';
import { plannedEntry } from '../entry.ts';
import { activeWindows, type GridPorts, putWindows } from '../grid/grid.ts';
import { tileRange } from '../grid/tile-range.ts';
import { feedKey } from '../keys.ts';
import { type Others, othersIn } from './names.ts';

/** So far back is looked first for the last window of an app; farther where there is none. */
const near: Millis = 31 * 24 * 3_600_000;

/**
 * A name that stood for another app before goes on where it is: what its app has not brought by then under other names
 * is planned here, under one of these names, where that time is free. Once in a process, as names do not change in
 * one. `before`: from then on the feed is planned as ever; `from`: nothing earlier is. At most `limit` windows at once.
 */
export async function fillLeftOut(
  feed: Feed,
  { start: from, end: before }: { readonly start: Millis | undefined; readonly end: Millis },
  size: Millis,
  others: Others | undefined,
  ports: GridPorts & { readonly limit: number },
): Promise<void> {
  if (others === undefined || !others.isMixed || others.whole.has(feedKey(feed))) return;
  const there = await broughtBefore(feed, before, others, ports);
  const [first] = there;
  const range = { start: Math.max(first?.start ?? before, from ?? 0), end: before };
  let left = ports.limit;
  for (const { app, signal, source } of [feed, ...others.feeds]) {
    const entries = await activeWindows({ app, signal, source }, range, ports.ledger);
    // What others have planned meanwhile is there as well.
    there.push(...entries.filter(others.has).map(({ window }) => window));
    const known = new Set<Interval>([...entries.map(({ window }) => window), ...there]);
    const free = tileRange(range, size, [...known])
      .filter((tile) => !known.has(tile))
      .slice(0, left)
      .map(({ start, end }): Window => ({ app, signal, source, start, end }));
    const planned = free.map((window): LedgerEntry => plannedEntry(window, 0, others.origin));
    // Somebody else was first: the next tick looks again.
    if (!(await putWindows(planned, ports))) return;
    there.push(...free);
    left -= free.length;
    if (left === 0) return;
  }
  others.whole.add(feedKey(feed));
}

/** Windows of the app, under whatever name, from the last ones before that time on, by start. */
async function broughtBefore(feed: Feed, end: Millis, others: Others, { ledger }: GridPorts): Promise<Interval[]> {
  for (let back = near; ; back *= 4) {
    const range = { start: Math.max(0, end - back), end };
    const own = (await activeWindows(feed, range, ledger)).filter(others.has).map(({ window }) => window);
    const found = [...own, ...(await othersIn(others, range, ledger))].toSorted((a, b) => a.start - b.start);
    if (found.length > 0 || range.start === 0) return found;
  }
}
