import type { Feed, Interval, LedgerEntry, Millis, Window } from '../../model.ts';
import { plannedEntry } from '../entry.ts';
import { activeWindows, type GridPorts, putWindows } from '../grid/grid.ts';
import { tileRange } from '../grid/tile-range.ts';
import { feedKey } from '../keys.ts';
import { gapsOf, takeAdrift } from './adrift.ts';
import { type HoldPorts, mayPutBeside } from './hold.ts';
import type { Others } from './names.ts';

type FillPorts = GridPorts & HoldPorts & { readonly limit: number };

/** So far back is looked first for the last window of an app; farther where there is none. */
const near: Millis = 31 * 24 * 3_600_000;

/**
 * A name that stood for another app before goes on where it is: what its app has not brought by then under other names
 * is planned here, under one of these names, where that time is free; or else in place of what waits for an app that is
 * gone, or under any other name of the ledger. Once in a process, as names do not change in one. `before`: from then on
 * the feed is planned as ever; `from`: nothing earlier is. At most `limit` windows at once. False: nothing was looked
 * at; else the feed's progress may be another one now.
 */
export async function fillLeftOut(
  feed: Feed,
  { start: from, end: before }: { readonly start: Millis | undefined; readonly end: Millis },
  size: Millis,
  others: Others | undefined,
  ports: FillPorts,
): Promise<boolean> {
  if (others === undefined || !others.isMixed || others.whole.has(feedKey(feed))) return false;
  if (await isFilled(feed, { start: from, end: before }, size, others, ports)) others.whole.add(feedKey(feed));
  return true;
}

async function isFilled(
  feed: Feed,
  { start: from, end: before }: { readonly start: Millis | undefined; readonly end: Millis },
  size: Millis,
  others: Others,
  ports: FillPorts,
): Promise<boolean> {
  const brought = await broughtBefore(feed, before, others, ports);
  const there = brought.map(({ window }): Interval => window);
  // What a backfill has brought begins nothing: what lies behind it was not asked for.
  const first = brought.find(({ past }) => !past)?.window.start ?? before;
  const range = { start: Math.max(first, from ?? 0), end: before };
  const own = [feed, ...others.feeds];
  if (!(await planFree(feed, own, range, size, there, others, ports))) return false;
  if (!(await takeAdrift(range, there, others, ports.ledger))) return false;
  // Names of the settings last: a backfill of what their apps had then needs another name for it.
  const isNamed = ({ app }: Feed) => Number(others.named.some((each) => each.app === app));
  const foreign = others.all.filter((each) => !own.some(({ app }) => app === each.app));
  const rest = foreign.toSorted((one, other) => isNamed(one) - isNamed(other));
  if (!(await planFree(feed, rest, range, size, there, others, ports))) return false;
  const end = gapsOf(range, there).at(-1)?.end;
  // What is free there beyond what is planned is seen when that has gone on.
  return end === undefined || (await horizonOf(others.named, ports)) >= end;
}

/** How far all of them are planned. */
async function horizonOf(feeds: readonly Feed[], { ledger }: GridPorts): Promise<Millis> {
  let least = Number.POSITIVE_INFINITY;
  for (const feed of feeds) least = Math.min(least, (await ledger.progress(feed))?.value.horizon ?? 0);
  return least;
}

/**
 * What the app lacks is planned where these names are free; where the settings name them, not beyond what is planned
 * there, or what comes next would be left out. False: somebody else was first, or more is to be planned than at once.
 * `there`: what the app has; grows.
 */
async function planFree(
  of: Feed,
  feeds: readonly Feed[],
  range: Interval,
  size: Millis,
  there: Interval[],
  others: Others,
  ports: FillPorts,
): Promise<boolean> {
  let left = ports.limit;
  for (const { app, signal, source } of feeds) {
    if (gapsOf(range, there).length === 0) break;
    const entries = await activeWindows({ app, signal, source }, range, ports.ledger);
    // What others have planned meanwhile is there as well.
    there.push(...(await broughtOf(entries, others)).map(({ window }) => window));
    const known = new Set<Interval>([...entries.map(({ window }) => window), ...there]);
    const isNamed = others.named.some((each) => each.app === app);
    const end = isNamed ? Math.min(range.end, await horizonOf([{ app, signal, source }], ports)) : range.end;
    const free = tileRange({ start: range.start, end }, size, [...known])
      .filter((tile) => !known.has(tile))
      .slice(0, left)
      .map(({ start, end }): Window => ({ app, signal, source, start, end }));
    const [first] = free;
    if (first !== undefined) await ports.ledger.opening(first, others.origin);
    const planned = free.map((window): LedgerEntry => plannedEntry(window, 0, others.origin));
    const mayPut = (entries: readonly LedgerEntry[]) => mayPutBeside(of, others.origin, entries, ports);
    // Somebody else was first: the next tick looks again.
    if (!(await putWindows(planned, { ...ports, mayPut }))) return false;
    there.push(...free);
    left -= free.length;
    if (left === 0) return false;
  }
  return true;
}

/** Windows of the app, under whatever name, from the last ones before that time on, by start. */
async function broughtBefore(feed: Feed, end: Millis, others: Others, { ledger }: GridPorts): Promise<LedgerEntry[]> {
  for (let back = near; ; back *= 4) {
    const range = { start: Math.max(0, end - back), end };
    const found: LedgerEntry[] = [];
    for (const { app, signal, source } of [feed, ...others.feeds])
      found.push(...(await broughtOf(await activeWindows({ app, signal, source }, range, ledger), others)));
    if (found.some(({ past }) => !past) || range.start === 0)
      return found.toSorted((a, b) => a.window.start - b.window.start);
  }
}

/** Those of the app's that are done, or will be by themselves. */
async function broughtOf(entries: readonly LedgerEntry[], others: Others): Promise<LedgerEntry[]> {
  const found: LedgerEntry[] = [];
  for (const entry of entries) if (others.has(entry) && !(await others.isAdrift(entry))) found.push(entry);
  return found;
}
