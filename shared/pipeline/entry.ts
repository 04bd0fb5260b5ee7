import type { BlobRecord, Counts, FileRecord, LedgerEntry, Millis, Totals, Window } from '../model.ts';
import { isRequeued, requeuedFingerprint, unrequeued } from './verdict.ts';

/**
 * The life of a ledger entry: due → running → done, or failed and then running again; or halved, which is its end.
 * Pure; every change that the pipeline makes.
 */

const nothing: Counts = { read: 0, written: 0, deduplicated: 0, quarantined: 0 };
const noTotals: Totals = { asked: 0, wasted: 0, late: 0, purged: 0 };

/**
 * Its message is sent when this stands in the ledger, and noted there afterwards: `hintedAt` 0 until then. `origin`:
 * what it is to be read from, whatever its name means when it runs.
 */
export function plannedEntry(window: Window, hintedAt: Millis = 0, origin?: string): LedgerEntry {
  return {
    window,
    ...(origin !== undefined && { origin }),
    state: 'due',
    revision: 0,
    attempts: 0,
    died: 0,
    leaseUntil: 0,
    notBefore: 0,
    hintedAt,
    again: false,
    files: [],
    fingerprint: '',
    counts: nothing,
    asked: 0,
    startedAt: 0,
    doneAt: 0,
    error: '',
  };
}

/**
 * What a runner may do with the window: run it, or leave it because it is held, asked for too early, done, or halved.
 */
export function mayRun(entry: LedgerEntry, now: Millis): 'run' | 'busy' | 'early' | 'done' | 'halved' {
  if (entry.state === 'halved') return 'halved';
  if (entry.state === 'running' && entry.leaseUntil > now) return 'busy';
  if (isAtRest(entry)) return 'done';
  return entry.notBefore > now ? 'early' : 'run';
}

/**
 * Revision and attempts rise, and what was asked for until now is what this run answers. A claim of a window that is
 * running finds the lease expired (`mayRun`): the run before has died.
 */
export const claimedEntry = (entry: LedgerEntry, now: Millis, lease: Millis): LedgerEntry => ({
  ...entry,
  state: 'running',
  revision: entry.revision + 1,
  attempts: entry.attempts + 1,
  died: entry.died + (entry.state === 'running' ? 1 : 0),
  leaseUntil: now + lease,
  notBefore: 0,
  // A run is under way, so there was a message, or an event; what is asked for from now on needs one of its own.
  hintedAt: entry.hintedAt === 0 ? now : entry.hintedAt,
  again: false,
  fingerprint: unrequeued(entry.fingerprint),
  startedAt: now,
  error: '',
});

/** The paths about to be written join those that earlier revisions may have written. */
export function intendedEntry(entry: LedgerEntry, files: readonly FileRecord[]): LedgerEntry {
  const known = new Set(entry.files.map((file) => file.path));
  if (files.every((file) => known.has(file.path))) return entry;
  return { ...entry, files: [...entry.files, ...files.filter((file) => !known.has(file.path))] };
}

/** What was intended, and never put by the only attempt that there was. */
export const withoutFiles = (entry: LedgerEntry, unput: ReadonlySet<string>): LedgerEntry =>
  unput.size === 0 ? entry : { ...entry, files: entry.files.filter(({ path }) => !unput.has(path)) };

export interface Finish {
  readonly fingerprint: string;
  readonly counts: Counts;
  readonly asked: number;
  /** Requests of them whose answers were of no use; left out: none. */
  readonly wasted?: number;
  readonly files: readonly FileRecord[];
  readonly blobs?: readonly BlobRecord[];
  readonly origin?: string;
}

/**
 * Asked for again while it ran, it stays open: due once more from `notBefore` on. When that has passed, its message has
 * met this run and gone: the planner sends another.
 */
export const finishedEntry = (entry: LedgerEntry, now: Millis, { wasted = 0, ...finish }: Finish): LedgerEntry => ({
  ...withoutBackfill(entry),
  ...finish,
  totals: totalsWith(entry, now, { ...finish, wasted }),
  // Requeued while it ran: the mark outlives the run, or the next one would find the source as it was and do nothing.
  fingerprint: isRequeued(entry.fingerprint) ? requeuedFingerprint(finish.fingerprint) : finish.fingerprint,
  state: 'done',
  attempts: 0,
  died: 0,
  leaseUntil: 0,
  doneAt: now,
  hintedAt: entry.again && entry.notBefore <= now ? 0 : entry.hintedAt,
});

/** Done, a window is as any other: what changes it later is none of the backfill's business. */
function withoutBackfill({ backfill: _, ...entry }: LedgerEntry): LedgerEntry {
  return entry;
}

/**
 * Rows are late, or purged, that a run finds more or fewer than one before it that was done when the window's time was
 * over. Folders of export blobs fill for a while after their hour.
 */
function totalsWith(entry: LedgerEntry, now: Millis, { counts, asked, wasted = 0 }: Finish): Totals {
  const { window, doneAt, totals = noTotals } = entry;
  const over = window.end + (window.source === 'query' ? 0 : 3_600_000);
  const more = doneAt > over ? counts.read - entry.counts.read : 0;
  return {
    asked: totals.asked + asked,
    wasted: totals.wasted + wasted,
    late: totals.late + Math.max(0, more),
    purged: totals.purged + Math.max(0, -more),
    delay: totals.delay ?? Math.max(0, (doneAt > 0 ? doneAt : now) - window.end),
  };
}

/** What a run asked that came to nothing. */
const totalsInVain = ({ totals = noTotals }: LedgerEntry, asked: number): Totals => ({
  ...totals,
  asked: totals.asked + asked,
  wasted: totals.wasted + asked,
});

const inVain = (totals: Totals): Totals => ({ ...totals, wasted: totals.asked });

/** The source does not keep rows so long: nothing that the lake has changes, and the watermark goes on. */
export const unavailableEntry = (entry: LedgerEntry, now: Millis, asked: number, why: string): LedgerEntry => ({
  ...finishedEntry(entry, now, { fingerprint: entry.fingerprint, counts: entry.counts, asked, files: entry.files }),
  state: 'unavailable',
  error: why,
});

/**
 * Back-off doubles from a minute to an hour, without end, less a tenth and some chance (`chance` in [0, 1)): after an
 * outage of some minutes a window waits two minutes at most. What died before stays counted: a source that refuses now
 * and then must not keep a window from being halved that is too heavy whenever it answers.
 */
export function failedEntry(entry: LedgerEntry, now: Millis, chance: number, error: string, asked = 0): LedgerEntry {
  const wait = Math.min(60_000 * 2 ** (entry.attempts - 1), 3_600_000);
  const notBefore = now + Math.round(wait * (0.85 + 0.1 * chance));
  return { ...entry, state: 'failed', leaseUntil: 0, notBefore, error, totals: totalsInVain(entry, asked) };
}

/**
 * Too early by the source's clock: due from `notBefore` on as if it had not been claimed. What was done before is due
 * once more: it was asked for again.
 */
export const postponedEntry = (entry: LedgerEntry, notBefore: Millis, why: string): LedgerEntry => ({
  ...entry,
  state: 'due',
  attempts: Math.max(0, entry.attempts - 1),
  leaseUntil: 0,
  notBefore,
  hintedAt: 0,
  error: why,
});

/**
 * Its halves stand for it. Their files hold the rows; `emptied` are its own, and nothing of what it was counts any
 * more.
 */
export const halvedEntry = (
  entry: LedgerEntry,
  emptied: readonly FileRecord[],
  why: string,
  asked = 0,
): LedgerEntry => ({
  ...entry,
  state: 'halved',
  totals: inVain(totalsInVain(entry, asked)),
  leaseUntil: 0,
  notBefore: 0,
  again: false,
  files: emptied,
  fingerprint: '',
  counts: nothing,
  doneAt: 0,
  error: why,
});

/**
 * The source may have changed: due once more from `notBefore` on. Written even when the window was asked for already:
 * the new tag makes a runner that listed the source before this moment look again. No message is out for it yet.
 */
export const askedAgain = (entry: LedgerEntry, notBefore: Millis): LedgerEntry =>
  entry.state === 'retired' ? entry : { ...entry, again: true, notBefore, hintedAt: 0 };

/** Its message was sent: one that a delay hides comes when the window may run. */
export const hintedEntry = (entry: LedgerEntry, now: Millis): LedgerEntry => ({
  ...entry,
  hintedAt: Math.max(now, entry.notBefore),
});

/**
 * Due, and no message is out for it: it could not be sent, or the window is one of an archive's many, which the planner
 * sends a few at a time, so that live windows find the queue short.
 */
export const isUnhinted = (entry: LedgerEntry, now: Millis): boolean => entry.hintedAt === 0 && entry.notBefore <= now;

/** Asked for again, but the source is as it was: done as before. */
export const unchangedEntry = (entry: LedgerEntry): LedgerEntry => ({ ...entry, again: false, notBefore: 0 });

/** Done, or as good as that can be, and not asked for again; or retired. */
export const isAtRest = (entry: LedgerEntry): boolean =>
  entry.state === 'retired' || ((entry.state === 'done' || entry.state === 'unavailable') && !entry.again);

/** Not settled: neither done nor halved nor unavailable, or asked for once more. */
export const isOpen = (entry: LedgerEntry): boolean => entry.state !== 'halved' && !isAtRest(entry);

/**
 * Whether an open entry needs another hint: when its lease, back-off or refresh interval has run out since the last
 * hint, or when that hint has led to nothing for `patience`.
 */
export function hintDue(entry: LedgerEntry, now: Millis, patience: Millis): boolean {
  const runnable = Math.max(entry.notBefore, entry.state === 'running' ? entry.leaseUntil : 0);
  if (runnable > now) return false;
  return entry.hintedAt < runnable || entry.hintedAt + patience <= now;
}

/**
 * Whether the message of an open entry was sent before this process `began`: it may have gone to one whose settings
 * were wrong, which could do no more than give it up.
 */
export const isFromBefore = ({ state, hintedAt, notBefore }: LedgerEntry, now: Millis, began: Millis): boolean =>
  state !== 'running' && hintedAt > 0 && hintedAt < began && notBefore <= now;

/**
 * Whether the message of an open entry came while the lake was paused, and led to nothing, or the entry waits for the
 * end of a back-off from before it was resumed.
 */
export const wasHeld = (
  { state, hintedAt, startedAt, notBefore }: LedgerEntry,
  now: Millis,
  resumedAt: Millis,
): boolean =>
  state !== 'running' &&
  ((hintedAt > 0 && hintedAt < resumedAt) || (state === 'failed' && startedAt < resumedAt && notBefore > now));
