import type { Counts, Feed, FileRecord, Interval, LedgerEntry, LedgerRow, Millis, Window } from '../../model.ts';
import { askedAgain, finishedEntry, plannedEntry } from '../entry.ts';
import { overlap, tileRange } from '../grid/tile-range.ts';
import { windowKey } from '../keys.ts';
import { retiredEntry } from '../retention/retired-entry.ts';
import { adoptedFingerprint, isRequeued, requeuedFingerprint } from '../verdict.ts';
import { isLetGo } from './let-go.ts';
import { disjoint, gapsIn, leftOf, partAfter, partBefore } from './uncovered.ts';

/** A window, as the files of a lake tell of it. */
export interface FoundWindow {
  readonly window: Window;
  /** The largest that a file names; 0: none does. */
  readonly revision: number;
  readonly files: readonly FileRecord[];
  /** What the ledger's table says of it, with files as they are; left out: only they tell. */
  readonly told?: LedgerRow;
}

/** A window of the ledger that is to know more files, and to run again if `again`. */
export interface Change {
  readonly window: Window;
  readonly add: readonly FileRecord[];
  /** Files of the entry that are not there, or that readers do not see. */
  readonly gone: readonly string[];
  /** That the files name; 0: none above the ledger's. */
  readonly revision: number;
  readonly again: boolean;
  /** It lies in time that the lake has let go: it never runs again, and its files go. */
  readonly retired?: boolean;
}

/** What is to be done for one feed, and what was found. */
export interface FeedWeight {
  readonly feed: Feed;
  /** New entries, by start; none overlaps another, or what the ledger has. */
  readonly put: readonly LedgerEntry[];
  readonly change: readonly Change[];
  /** Windows that ledger and files agree on. */
  readonly same: number;
  /** Windows of the ledger whose files are gone. */
  readonly lost: number;
  /** Windows that lie over others: two grids over the same time. */
  readonly twice: readonly Window[];
  /** Time between windows that none covers. */
  readonly gaps: readonly Interval[];
}

const day: Millis = 24 * 3_600_000;
const rowsIn = (files: readonly FileRecord[]): number =>
  files.reduce((sum, { signal, rows }) => sum + (signal === 'quarantine' ? 0 : rows), 0);
/** As an attempt that meant to write it: whoever runs the window empties it. */
const meant = ({ path, signal }: FileRecord): FileRecord => ({ path, signal, rows: 0, bytes: 0 });

/**
 * Lays what the files tell beside what the ledger has (nothing, or what was known when it was copied). A window that
 * both have alike stays as it is. Where time is covered twice, the ledger's window stands, else the longest; it learns
 * the files of the others and runs again, which empties them. `planned`: the feed is planned from that time on
 * (undefined: from its first window), so time that no window covers is read; left out: gaps stay as they are.
 * `retired`: exclusive end of what the lake has let go by its rules: all of that is retired, gaps of it, too; not what
 * was brought in since.
 */
export function weigh(
  feed: Feed,
  entries: readonly LedgerEntry[],
  found: readonly FoundWindow[],
  { now, retired = 0 }: { readonly now: Millis; readonly retired?: Millis },
  planned?: { readonly from: Millis | undefined },
): FeedWeight {
  const active = entries.filter(({ state }) => state !== 'halved');
  const halved = new Map(
    entries.flatMap((entry) => (entry.state === 'halved' ? [[windowKey(entry.window), entry]] : [])),
  );
  const seen = new Map(found.map((each) => [windowKey(each.window), each]));
  const changes = new Map<string, Change>();
  const counts = { same: 0, lost: 0 };
  for (const entry of active) {
    const found = seen.get(windowKey(entry.window));
    const isGone = isLetGo(entry, found, retired);
    const change = isGone ? retiring(entry, found) : changeOf(entry, found);
    if (change === undefined) counts.same += 1;
    else changes.set(windowKey(entry.window), change);
    if (change !== undefined && !isGone && found === undefined) counts.lost += 1;
  }
  const taken = new Set(active.map(({ window }) => windowKey(window)));
  const others = found.filter(({ window }) => !taken.has(windowKey(window))).toSorted(byWeight);
  const chosen: Chosen[] = [];
  const standing = byTime<LedgerEntry | Chosen>(active);
  const twice: Window[] = [];
  for (const each of others) {
    const strays = each.files.filter((file) => !isOwn(file, halved.get(windowKey(each.window))));
    const over = standing.find(each.window);
    if (over === undefined) {
      const stands = { ...each, strays: [], again: false };
      chosen.push(stands);
      standing.add(stands);
      continue;
    }
    const hasRows = rowsIn(strays) > 0;
    if (hasRows) twice.push(each.window);
    if ('strays' in over) {
      over.strays.push(...strays.map(meant));
      over.again ||= hasRows;
    } else if (strays.length > 0)
      changes.set(windowKey(over.window), strayed(over, changes.get(windowKey(over.window)), strays, hasRows));
  }
  const windows = [...active.map(({ window }) => window), ...chosen.map(({ window }) => window)];
  const all = gapsIn(windows, planned?.from, retired);
  const gaps = all.flatMap(partAfter(retired));
  // What a window of two grids sticks out by belongs to none of those that stand.
  const left =
    planned === undefined ? disjoint(twice.flatMap((window) => leftOf(window, standing.near(window)))) : gaps;
  const { app, signal, source } = feed;
  const windowsIn = (parts: readonly Interval[]) =>
    parts.flatMap((part) => tileRange(part, day, [])).map((tile): Window => ({ app, signal, source, ...tile }));
  const put = [
    ...chosen.map((each) => adopted(each, now, each.window.end <= retired)),
    ...windowsIn(left.flatMap(partAfter(retired))).map((window) => plannedEntry(window)),
    // As if they had been retired in their time: nobody plans them again.
    ...windowsIn(planned === undefined ? [] : all.flatMap(partBefore(retired))).map((window) =>
      retiredEntry(plannedEntry(window), now, 1),
    ),
  ];
  return {
    feed,
    put: put.toSorted((one, other) => one.window.start - other.window.start),
    change: [...changes.values()],
    ...counts,
    twice,
    gaps,
  };
}

interface Chosen extends FoundWindow {
  /** Files of windows that lie over it. */
  readonly strays: FileRecord[];
  again: boolean;
}

/** Windows that do not overlap, found by their time. */
function byTime<T extends { readonly window: Window }>(all: readonly T[]) {
  const days = new Map<number, T[]>();
  const daysIn = ({ start, end }: Interval) =>
    Array.from({ length: Math.ceil(end / day) - Math.floor(start / day) }, (_, n) => Math.floor(start / day) + n);
  const near = (window: Interval) => daysIn(window).flatMap((at) => days.get(at) ?? []);
  const add = (one: T) => {
    for (const at of daysIn(one.window)) days.set(at, [...(days.get(at) ?? []), one]);
  };
  for (const one of all) add(one);
  return {
    add,
    find: (window: Interval) => near(window).find((one) => overlap(one.window, window)),
    near: (window: Interval) => near(window).map((one) => one.window),
  };
}

/** Those with rows first, then the longest, then those with the most rows. */
const byWeight = (one: FoundWindow, other: FoundWindow): number =>
  Number(rowsIn(other.files) > 0) - Number(rowsIn(one.files) > 0) ||
  lengthOf(other.window) - lengthOf(one.window) ||
  rowsIn(other.files) - rowsIn(one.files) ||
  one.window.start - other.window.start;

const lengthOf = ({ start, end }: Interval): Millis => end - start;

/** A halved window has emptied its files; with rows in it a file is not what it left. */
const isOwn = (file: FileRecord, halved: LedgerEntry | undefined): boolean =>
  halved?.files.some(({ path }) => path === file.path && file.rows === 0) ?? false;

/** What the entry does not know of its files; undefined where it knows all. */
function changeOf(entry: LedgerEntry, found: FoundWindow | undefined): Change | undefined {
  const { window, files, revision } = entry;
  const bytes = new Map(found?.files.map((file) => [file.path, file.bytes]));
  const known = new Set(files.map(({ path }) => path));
  const add = (found?.files ?? []).filter(({ path }) => !known.has(path));
  const isThere = files.every(
    (file) =>
      (file.rows === 0 && file.bytes === 0) ||
      bytes.get(file.path) === file.bytes ||
      (file.rows === 0 && !bytes.has(file.path)),
  );
  // A later run can have written as many bytes: what the ledger says of the source is not what the files are of.
  const isRight = isThere && rowsIn(add) === 0 && (found?.revision ?? 0) <= revision;
  const isAtRest = (entry.state === 'done' || entry.state === 'unavailable') && !entry.again;
  const newer = Math.max(revision, found?.revision ?? 0);
  if (add.length === 0 && newer === revision && (isRight || !isAtRest)) return undefined;
  const gone = files.filter(({ path, rows }) => rows > 0 && (bytes.get(path) ?? 0) === 0).map(({ path }) => path);
  return { window, add, gone, revision: newer > revision ? newer : 0, again: !isRight && isAtRest };
}

/** Undefined where it is retired as it should be. */
function retiring(entry: LedgerEntry, found: FoundWindow | undefined): Change | undefined {
  const known = new Set(entry.files.map(({ path }) => path));
  const add = (found?.files ?? []).filter(({ path }) => !known.has(path));
  if (entry.state === 'retired' && add.length === 0) return undefined;
  const newer = Math.max(entry.revision, found?.revision ?? 0);
  return { window: entry.window, add, gone: [], revision: newer, again: false, retired: true };
}

const strayed = (
  { window, files }: LedgerEntry,
  known: Change | undefined,
  strays: readonly FileRecord[],
  again: boolean,
): Change => {
  const paths = new Set(files.map(({ path }) => path));
  return {
    ...{ window, gone: known?.gone ?? [] },
    add: [...(known?.add ?? []), ...strays.filter(({ path }) => !paths.has(path)).map(meant)],
    revision: known?.revision ?? 0,
    again: (known?.again ?? false) || again,
  };
};

/**
 * Done as far as the files tell; what its source looked like nobody knows, so whoever looks next confirms it or runs
 * it. Of a query window the ledger's table knows what an audit compares.
 */
function adopted({ window, revision, files, strays, again, told }: Chosen, now: Millis, isGone: boolean): LedgerEntry {
  const rows = rowsIn(files);
  const known = told !== undefined && window.source === 'query' && !isRequeued(told.fingerprint);
  const fingerprint = known ? told.fingerprint : adoptedFingerprint(window, rows);
  const counts = told === undefined ? countsIn(files) : toldCounts(told);
  const finish = { fingerprint, counts, asked: 0, files: [...files, ...strays] };
  const done = finishedEntry(plannedEntry(window), now, finish);
  const entry = { ...done, ...(told && toldTotals(told, done)), revision: Math.max(1, revision) };
  const goneAt = told?.state === 'retired' ? told.lastDone : isGone ? now : undefined;
  if (goneAt !== undefined) return retiredEntry(entry, goneAt, entry.revision);
  // A first run that died may have set lines aside, and put no rows: its source is looked at once more.
  if (told === undefined && rows === 0 && counts.quarantined > 0) return askedAgain(entry, 0);
  return again ? { ...askedAgain(entry, 0), fingerprint: requeuedFingerprint(entry.fingerprint) } : entry;
}

function countsIn(files: readonly FileRecord[]): Counts {
  const rows = rowsIn(files);
  const quarantined = files.reduce((sum, file) => sum + (file.signal === 'quarantine' ? file.rows : 0), 0);
  return { read: rows, written: rows, deduplicated: 0, quarantined };
}

const toldCounts = ({ read, written, twice, filtered, quarantined }: LedgerRow): Counts => ({
  ...{ read, written, deduplicated: twice, quarantined },
  ...(filtered > 0 && { filtered }),
});

const toldTotals = ({ late, purged, firstDone, window }: LedgerRow, { totals }: LedgerEntry) => ({
  totals: {
    ...{ asked: 0, wasted: 0, late, purged },
    delay: firstDone > 0 ? Math.max(0, firstDone - window.end) : (totals?.delay ?? 0),
  },
});
