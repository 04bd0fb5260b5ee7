import type { Clock, Feed, Interval, Ledger, LedgerEntry, Millis, Progress, Window } from '../../model.ts';
import { type TakeInPorts, takeIn } from '../adopt/take-in.ts';
import { plannedEntry } from '../entry.ts';
import { type Others, othersIn } from '../names/names.ts';
import { afterLoss } from '../race.ts';
import { overlap, tileRange } from './tile-range.ts';

/**
 * The grid of a feed is what the ledger has of it: a window that is there keeps its time, and only the gaps between
 * them are cut anew, whatever length is asked for now. So a row has one home, whoever asks (an event, a sweep, a
 * command), in whatever order and length.
 */

export interface GridPorts extends Pick<TakeInPorts, 'lost' | 'unseen'> {
  readonly ledger: Ledger;
  readonly clock: Pick<Clock, 'now' | 'sleep' | 'random'>;
  /**
   * Asked after the progress was read under which the entries are to be put: whether they may still be. Left out: they
   * may.
   */
  readonly mayPut?: (entries: readonly LedgerEntry[], known: Progress | undefined) => Promise<boolean>;
}

/** No window of a grid is longer. */
const longest: Millis = 24 * 3_600_000;
/** A transaction of the ledger holds that many entries. */
const together = 40;

/**
 * The windows of the feed that lie in the range (left undefined: in all time) at least in part, by start. Those that
 * were halved are not: their halves are.
 */
export const activeWindows = (feed: Feed, range: Interval | undefined, ledger: Ledger): Promise<LedgerEntry[]> =>
  Array.fromAsync(eachActive(feed, range, ledger));

/** The same, one after the other: of a long range they are many. */
export async function* eachActive(
  feed: Feed,
  range: Interval | undefined,
  ledger: Ledger,
): AsyncGenerator<LedgerEntry> {
  for await (const entry of ledger.list(feed, range && { start: range.start - longest, end: range.end }))
    if (entry.state !== 'halved' && (range === undefined || entry.window.end > range.start)) yield entry;
}

/**
 * The windows that stand for the range: those that the ledger has, and what lies between them, cut on the grid of
 * `size`.
 */
export async function tilesOf(feed: Feed, range: Interval, size: Millis, ledger: Ledger): Promise<Interval[]> {
  const known = await activeWindows(feed, range, ledger);
  return tileRange(
    range,
    size,
    known.map(({ window }) => window),
  );
}

/**
 * The window that stands for the moment `at`, which lies in `cell`: the one that the ledger has, else what it leaves of
 * the cell.
 */
export async function windowAt(feed: Feed, at: Millis, cell: Interval, ledger: Ledger): Promise<Window> {
  const { app, signal, source } = feed;
  const tiles = await tilesOf(feed, cell, cell.end - cell.start, ledger);
  const { start, end } = tiles.find((tile) => tile.start <= at && at < tile.end) ?? cell;
  return { app, signal, source, start, end };
}

/**
 * Puts entries of new windows of one feed into the ledger, in order, as long as neither it nor the lake has a window of
 * a part of their time; false when one has: it is in the ledger by now. Decided by one conditional write: what the feed
 * has is read after the tag of its progress, under which the entries are put, and every window enters the ledger in
 * this way. So of two that put overlapping windows at once, one is refused.
 */
export async function putWindows(entries: readonly LedgerEntry[], ports: GridPorts): Promise<boolean> {
  for (let from = 0; from < entries.length; from += together) {
    const some = entries.slice(from, from + together);
    if (!(await putTogether(some, ports))) return false;
  }
  return true;
}

async function putTogether(entries: readonly LedgerEntry[], ports: GridPorts): Promise<boolean> {
  const { ledger, clock } = ports;
  const [first, last] = [entries[0]?.window, entries.at(-1)?.window];
  if (first === undefined || last === undefined) return true;
  const range = { start: first.start, end: last.end };
  for (let losses = 1; ; losses++) {
    const known = await ledger.progress(first);
    if (await takeIn(first, range, known, ports)) return false;
    // Without its progress a feed may have lost more than that.
    const there = await activeWindows(first, known === undefined ? undefined : range, ledger);
    if (entries.some(({ window }) => there.some((other) => overlap(window, other.window)))) return false;
    if (ports.mayPut !== undefined && !(await ports.mayPut(entries, known?.value))) return false;
    const stands = known?.value ?? foundIn(there, first.start);
    const progress = { ...stands, horizon: Math.max(stands.horizon, last.end) };
    await ledger.opening(first);
    if ((await ledger.plan(first, progress, known?.etag, entries)) !== undefined) return true;
    await afterLoss(losses, () => crowdText(first), clock);
  }
}

/** How far a feed is of which only the entries tell. */
const foundIn = (entries: readonly LedgerEntry[], start: Millis): Progress => ({
  horizon: entries.reduce((latest, { window }) => Math.max(latest, window.end), start),
  watermark: entries.reduce((first, { window }) => Math.min(first, window.start), start),
});

const crowdText = ({ app, signal }: Feed): string =>
  `write the ledger of ${app} ${signal}: others put windows into it all the time`;

/** Time of the range, cut on the grid of `size`, that neither the feed nor another name of its app has brought. */
export async function lackingTiles(
  feed: Feed,
  range: Interval,
  size: Millis,
  others: Others | undefined,
  ledger: Ledger,
): Promise<Window[]> {
  const { app, signal, source } = feed;
  const there: Interval[] = [];
  for await (const { window } of eachActive(feed, range, ledger)) there.push(window);
  there.push(...(await othersIn(others, range, ledger)));
  const known = new Set(there);
  const fresh = tileRange(range, size, there).filter((tile) => !known.has(tile));
  return fresh.map(({ start, end }) => ({ app, signal, source, start, end }));
}

/** The windows that stand for the range, all of them in the ledger. */
export async function coverRange(feed: Feed, range: Interval, size: Millis, ports: GridPorts): Promise<Window[]> {
  const { app, signal, source } = feed;
  for (let losses = 1; ; losses++) {
    const known = await activeWindows(feed, range, ports.ledger);
    const there = new Set(known.map(({ window }) => window.start));
    const tiles = tileRange(
      range,
      size,
      known.map(({ window }) => window),
    ).map(({ start, end }): Window => ({ app, signal, source, start, end }));
    const fresh = tiles.filter(({ start }) => !there.has(start)).map((window) => plannedEntry(window));
    if (await putWindows(fresh, ports)) return tiles;
    await afterLoss(losses, () => crowdText(feed), ports.clock);
  }
}
