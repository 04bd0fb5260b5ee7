import type { Clock, Feed, Interval, Ledger, LedgerEntry, Millis, Progress, Versioned } from '../../model.ts';
import { overlap } from '../grid/tile-range.ts';
import { windowKey } from '../keys.ts';
import { NotItsLake } from '../lake/meet.ts';
import { leftOf } from './uncovered.ts';
import { type FoundWindow, weigh } from './weigh.ts';

/**
 * The grid of a feed is what the ledger has of it; a ledger that has lost entries would be cut anew over time of which
 * the lake has files, and their rows come twice. So whoever opens windows where entries may be missing takes those in
 * first whose files are there, as adopt does: behind the horizon, and in a feed of which the ledger knows no horizon.
 * Windows at the horizon are nobody's yet, and cost nothing.
 */
export interface LakeLook {
  /** Whether the lake may have files of the feed: one listing for all sources of app and signal. */
  hasFeed(feed: Feed): Promise<boolean>;
  /**
   * Windows of the feed that lie in the range at least in part and have files with rows, of which none of these entries
   * knows.
   */
  windows(feed: Feed, range: Interval, entries: readonly LedgerEntry[]): Promise<readonly FoundWindow[]>;
  /** The time around the range that is looked at with it. */
  around(feed: Feed, range: Interval): Interval;
  /** Whether that was looked at a moment ago, and nothing that the ledger lacks lies over the range. */
  isLooked(feed: Feed, around: Interval, range: Interval): boolean;
  /** `left`: parts of it of which the lake has files, that only `adopt` can take in. */
  noteLooked(feed: Feed, around: Interval, left: readonly Interval[]): void;
  /**
   * From when on a feed is planned (undefined: from its first window), so that time without files is read as well; and
   * what the lake has let go. Left out: nothing is planned here.
   */
  rules?(feed: Feed): Promise<{
    readonly planned: { readonly from: Millis | undefined } | undefined;
    readonly retired: Millis | undefined;
  }>;
}

export interface TakeInPorts {
  readonly ledger: Ledger;
  readonly clock: Pick<Clock, 'now'>;
  /** Left out: nobody looks. */
  readonly lost?: LakeLook;
  /** A lake that is away is taken to have nothing: an event must be held all the same. Left out: it throws. */
  readonly unseen?: boolean;
}

/** What the ledger has lost cannot be taken in without a person. */
export class LostWindows extends Error {
  constructor(feed: Feed, why: string) {
    super(
      `the ledger has lost windows of ${feed.app} ${feed.signal} (${feed.source}): ${why}; nothing was begun there; ` +
        'run insights-lake adopt, which finds them again (it says what it would do first)',
    );
    this.name = 'LostWindows';
  }
}

/** No window is longer. */
const longest: Millis = 24 * 3_600_000;
/** A transaction of the ledger holds that many entries. */
const together = 40;
export const always: Interval = { start: 0, end: Number.POSITIVE_INFINITY };

/**
 * Puts into the ledger what the lake has of the feed in the range, and the ledger does not. True when it has, or
 * somebody else was first: look at the ledger again. Throws, and has put nothing, where a person must decide.
 * `known`: the feed's progress, read before; undefined: the ledger has none, and the range is all time.
 */
export async function takeIn(
  feed: Feed,
  range: Interval,
  known: Versioned<Progress> | undefined,
  ports: TakeInPorts,
): Promise<boolean> {
  if (known !== undefined && !known.value.regaining && range.start >= known.value.horizon) return false;
  try {
    return await lookAndTake(feed, range, known, ports);
  } catch (error) {
    if (ports.unseen && !(error instanceof LostWindows || error instanceof NotItsLake)) return false;
    throw error;
  }
}

async function lookAndTake(
  feed: Feed,
  range: Interval,
  known: Versioned<Progress> | undefined,
  { ledger, clock, lost }: TakeInPorts,
): Promise<boolean> {
  if (lost === undefined) return false;
  // Behind a horizon of which nobody died on the way lies what is near; else all that there is.
  const all = known === undefined || known.value.regaining === true;
  const around = all ? always : lost.around(feed, range);
  const nothingMissing = async (left: readonly Interval[]) => {
    if (known === undefined) return false;
    if (all) return endRegaining(feed, known, ledger);
    lost.noteLooked(feed, around, left);
    return false;
  };
  if (known === undefined ? !(await lost.hasFeed(feed)) : !all && lost.isLooked(feed, around, range)) return false;
  const listed = all ? undefined : { start: around.start - longest, end: around.end };
  const before = await Array.fromAsync(ledger.list(feed, listed));
  const missing = await lost.windows(feed, around, before);
  if (missing.length === 0) return nothingMissing([]);
  // Windows that others have put since have files as well.
  const entries = await Array.fromAsync(ledger.list(feed, listed));
  const there = new Set(entries.map(({ window }) => windowKey(window)));
  const found = missing.filter(({ window }) => !there.has(windowKey(window)));
  const { planned, retired = 0 } = (await lost.rules?.(feed)) ?? {};
  const fill = all ? planned : undefined;
  const weighed = (some: readonly FoundWindow[]) => weigh(feed, entries, some, { now: clock.now(), retired }, fill);
  const twice = new Set(weighed(found).twice);
  // What lies elsewhere is nobody's trouble here: it stays for adopt and audit.
  const inWay = all ? always : range;
  const active = entries.flatMap(({ window, state }) => (state === 'halved' ? [] : [window]));
  const left: Interval[] = [];
  for (const { window, files } of found) {
    const parts = twice.has(window) ? leftOf(window, active) : [];
    if (parts.some((part) => overlap(part, inWay)))
      throw new LostWindows(feed, `files of them lie over time that others stand for (${files[0]?.path})`);
    left.push(...parts);
  }
  const { put } = weighed(found.filter(({ window }) => !twice.has(window)));
  if (put.length === 0) return nothingMissing(left);
  await putAll(feed, entries, put, known, ledger);
  return true;
}

/** Nothing is missing any more. True: the feed's progress is another one now. */
async function endRegaining(feed: Feed, { value, etag }: Versioned<Progress>, ledger: Ledger): Promise<boolean> {
  await ledger.plan(feed, { horizon: value.horizon, watermark: value.watermark }, etag, []);
  return true;
}

/**
 * The first write moves the horizon behind all of them: who dies on the way leaves gaps, and a mark in the progress,
 * by which the next one goes on. What is to be read comes first: what the lake tells is found once more.
 */
async function putAll(
  feed: Feed,
  entries: readonly LedgerEntry[],
  put: readonly LedgerEntry[],
  known: Versioned<Progress> | undefined,
  ledger: Ledger,
): Promise<void> {
  const all = [...entries, ...put].map(({ window }) => window);
  const horizon = all.reduce((latest, { end }) => Math.max(latest, end), known?.value.horizon ?? 0);
  const watermark = known?.value.watermark ?? all.reduce((first, { start }) => Math.min(first, start), horizon);
  await ledger.opening(feed);
  let etag = known?.etag;
  const inOrder = put.toSorted((one, other) => one.doneAt - other.doneAt);
  for (let from = 0; from < put.length; from += together) {
    const some = inOrder.slice(from, from + together);
    const regaining = (known === undefined || known.value.regaining) && from + together < put.length;
    const tags = await ledger.plan(feed, { horizon, watermark, ...(regaining && { regaining }) }, etag, some);
    if (tags === undefined) return;
    etag = tags.progress ?? (await ledger.progress(feed))?.etag;
  }
}
