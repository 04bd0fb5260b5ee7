import type { LedgerMark } from './belonging.ts';
import type { DriftSighting } from './engine.ts';
import type { BlobRecord, FileRecord } from './files.ts';
import type { DayTally, Reached } from './tally.ts';
import type { Feed, Interval, Millis, Opening, Window } from './windows.ts';

/**
 * `failed` shows that the last attempt failed; the window is tried again when `notBefore` has passed. `halved`: it was
 * too heavy for one run and never runs again; its two halves, windows of their own, stand for it. `unavailable`: the
 * source has no rows of it and does not keep them so long: nobody knows whether there were any; what the lake has
 * stays. `retired`: older than the lake keeps its rows (`LAKE_RETENTION`): its files go, and nothing brings it back.
 */
export type WindowState = 'due' | 'running' | 'done' | 'failed' | 'halved' | 'unavailable' | 'retired';

/** Rows read = written + deduplicated + filtered; unreadable lines are counted apart. */
export interface Counts {
  readonly read: number;
  readonly written: number;
  readonly deduplicated: number;
  /** Rows that a condition of the settings (`where`) takes out; left out: none. */
  readonly filtered?: number;
  readonly quarantined: number;
}

/** What all runs of a window add up to. */
export interface Totals {
  /** Requests to the query API, or blobs read. */
  readonly asked: number;
  /**
   * Those of them that led to no row: of runs that failed, of answers that were cut short, of a window that was halved.
   */
  readonly wasted: number;
  /** Rows that came in after the window had been done, and rows that went again. */
  readonly late: number;
  readonly purged: number;
  /** Milliseconds from the end of the window to when it was first done; left out: it never was. */
  readonly delay?: Millis;
}

/** What the ledger knows of one window. */
export interface LedgerEntry {
  readonly window: Window;
  readonly state: WindowState;
  /** Rises by one with every claim; 0 before the first. */
  readonly revision: number;
  /** Claims since the window was last done. */
  readonly attempts: number;
  /**
   * Those of them that overtook an expired lease: runs that ended without a word, for lack of time or memory or in a
   * crash.
   */
  readonly died: number;
  /** A claim is respected until then; 0 when nobody holds one. */
  readonly leaseUntil: Millis;
  /** Not to be run before: back-off after a failure, or the refresh interval of a blob window. */
  readonly notBefore: Millis;
  /** When a hint was last sent for it, noted after it was sent; 0: none is out, the planner sends one. */
  readonly hintedAt: Millis;
  /** Asked for again since the last claim (a blob arrived): due once more after this run. */
  readonly again: boolean;
  /** Every path that any revision intended and that may still exist. */
  readonly files: readonly FileRecord[];
  /** What the source looked like when the window was last done; '' before. */
  readonly fingerprint: string;
  /** Blobs of the run last done, by the command line, which never knows that they are all; left out: not known. */
  readonly blobs?: readonly BlobRecord[];
  readonly counts: Counts;
  /** Requests to the query API or blobs read by the last run. */
  readonly asked: number;
  /** Left out: no run has ended yet, or an older version wrote the entry. */
  readonly totals?: Totals;
  readonly startedAt: Millis;
  readonly doneAt: Millis;
  readonly error: string; // why the last attempt failed, or the window was halved; '' otherwise
  /** The backfill that asked for it, until it is done; left out: none did. */
  readonly backfill?: string;
  /** Put into the ledger by a backfill; left out: by others, or an older version. */
  readonly past?: boolean;
  /** What it is to be read from, or its rows are from, as `OriginOf` tells it; left out: not known, or blobs. */
  readonly origin?: string;
}

/** A value with the tag that guards its next write. */
export interface Versioned<T> {
  readonly value: T;
  readonly etag: string;
}

export interface Progress {
  /** Exclusive end of the last planned window. */
  readonly horizon: Millis;
  /** Exclusive end of the last window of the gap-free run of done windows; never goes back. */
  readonly watermark: Millis;
  /** It was lost, and what the lake tells of the feed's windows is not all in the ledger yet; left out: it is. */
  readonly regaining?: boolean;
  /** What it is held for (names/hold.ts); left out: nothing. `early`: a version wrote it that held nothing. */
  readonly origin?: string;
  readonly early?: boolean;
}

/** A window whose source was found to be as the ledger says. */
export interface Confirmation extends Interval {
  /** Of the ledger's entry: what ran since is another matter. */
  readonly revision: number;
  /** All that the source told then. */
  readonly fingerprint: string;
  /** The first and the last time that it looked like this. */
  readonly first: Millis;
  readonly last: Millis;
}

/** What audits know of the windows of a feed that start on one day (UTC). */
export interface DayAudit {
  readonly day: Millis;
  /** When all of them were last looked at. */
  readonly at: Millis;
  /** Those that were as the ledger says, when they were last; by start. */
  readonly windows: readonly Confirmation[];
}

/** The new tags of a plan: of the feed's progress, and of its entries in order; what is not known is left out. */
export interface PlannedTags {
  readonly progress?: string;
  readonly entries: readonly (string | undefined)[];
}

/** What tells a claim from every other: a ledger that was restored counts to its revision once more. */
export type ClaimedAs = Pick<LedgerEntry, 'revision' | 'startedAt'>;

/** One entity per window, guarded by ETags. A lake has one ledger. */
export interface Ledger {
  /** Creates what the ledger needs (a table, a folder) where it is missing. */
  prepare(): Promise<void>;
  /** How it knows its lake; undefined when it never met one. */
  mark(): Promise<Versioned<LedgerMark> | undefined>;
  /** Puts the mark if it is unchanged since `etag` (undefined: if there is none); false when the race was lost. */
  putMark(mark: LedgerMark, etag: string | undefined): Promise<boolean>;
  read(window: Window): Promise<Versioned<LedgerEntry> | undefined>;
  /**
   * Writes the entry if it is unchanged since `etag` (undefined: if there is none yet).
   * Returns the new tag, or undefined when the race was lost; `lost` is told of the entry as it stands then, where that
   * was seen.
   */
  write(
    entry: LedgerEntry,
    etag: string | undefined,
    lost?: (stands: Versioned<LedgerEntry>) => void,
  ): Promise<string | undefined>;
  /**
   * Puts the entry of a window that was halved, and those of its halves, which are new, in one step: all or nothing. As
   * `write` does, returns the new tag of the former, or undefined when it has changed since `etag`, or a half is there
   * already.
   */
  halve(entry: LedgerEntry, etag: string, halves: readonly LedgerEntry[]): Promise<string | undefined>;
  /** Entries of a feed with `from <= start < to`, by start; where several have one, the shortest first. */
  list(feed: Feed, range?: Partial<Interval>): AsyncIterable<LedgerEntry>;
  /**
   * The last claim of the window and nothing else: an entry can name hundreds of files. Undefined when there is no
   * entry.
   */
  claimed(window: Window): Promise<ClaimedAs | undefined>;
  /**
   * Entries of a feed that are not settled: neither done nor halved, or asked for again; and those that have empty
   * files (no rows), which are to be removed one day. Costs what is open, not what was ever planned. Returns the feed's
   * progress, as it stood then.
   */
  open(feed: Feed): AsyncGenerator<LedgerEntry, Versioned<Progress> | undefined>;
  /**
   * Messages were sent: notes the time in the entries of these windows that are open and have none. The others stay as
   * they are.
   */
  hinted(feed: Feed, windows: readonly Interval[], at: Millis): Promise<void>;
  progress(feed: Feed): Promise<Versioned<Progress> | undefined>;
  /**
   * Puts new entries (at most 40, all of this feed) into the ledger and moves horizon and watermark, in one step: all
   * or nothing.
   * `etag` undefined: the feed has no progress yet. Undefined when somebody else was first; nothing has changed then,
   * and `lost` is told of the progress as it stands, where that was seen.
   */
  plan(
    feed: Feed,
    progress: Progress,
    etag: string | undefined,
    entries: readonly LedgerEntry[],
    lost?: (stands: Versioned<Progress>) => void,
  ): Promise<PlannedTags | undefined>;
  /** Every feed that ever had an entry or progress in this lake. */
  feeds(): AsyncIterable<Feed>;
  /**
   * Said before a window of the feed is opened by anyone but its planner, so that the planner looks at the feed with
   * its next ticks, whatever becomes of the window's message. Within five minutes a process says it once. `origin`:
   * what the window is to be read from, where its name never stood for that.
   */
  opening(feed: Feed, origin?: string): Promise<void>;
  /** Every feed, as `feeds`, each with what is known of it as a whole. */
  openings(): AsyncIterable<Opening>;
  /** What audits know of the days in the range, by day. */
  audits(feed: Feed, range: Interval): AsyncIterable<DayAudit>;
  /**
   * Puts what an audit has found in place of what was known of these days, at most 100. Of two at once either may be
   * the last.
   */
  recordAudits(feed: Feed, days: readonly DayAudit[]): Promise<void>;
  /**
   * The name that an export folder (`component`) goes by in this lake: `app` where it has none yet, and then for ever.
   */
  appNamed(component: string, app: string): Promise<string>;
  appKnown(component: string): Promise<string | undefined>; // gives none
  /** Remembers what was not known of yet, and returns that. */
  recordDrift(seen: readonly DriftSighting[]): Promise<readonly DriftSighting[]>;
  /** Every first sighting of a field that nobody knows. */
  drift(): AsyncIterable<DriftSighting>;
  /**
   * Brings the tallies of the feed's days up to date. `days`: of these days, whatever is known of them; left out: of
   * those whose entries have changed since, as far as the last `open` of the feed by this process has seen; where
   * nothing has changed that costs nothing.
   */
  tally(feed: Feed, days?: readonly Millis[]): Promise<void>;
  /**
   * Tallies of the days in the range, of all feeds, by day: a few pages. Up to date as of the last `tally` of a feed.
   */
  tallies(range: Interval): AsyncIterable<DayTally>;
  /** How far every feed has come, as of its last `tally`. */
  reached(): AsyncIterable<Reached>;
  /** How far nothing of the feed will change any more. */
  recordSettled(feed: Feed, through: Millis): Promise<void>;
  /** When the last sweep began that came to its end; undefined before the first. */
  swept(): Promise<Millis | undefined>;
  /** Puts the start of a sweep that has come to its end; an earlier one than is known already changes nothing. */
  recordSweep(at: Millis): Promise<void>;
}
