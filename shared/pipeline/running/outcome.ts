import type { Clock, Counts, FileRecord, LedgerEntry, Millis, Totals, Window } from '../../model.ts';
import type { Delivered } from '../deliver.ts';
import type { Left } from '../tidy.ts';
import type { Spent } from './spent.ts';

/**
 * - `done`: the window is in the lake. `unchanged`: it was already, and the source is as it was.
 * - `busy`: another run holds it. `early`: its back-off or refresh interval has not passed, or the source says that the
 *   window has not ended yet (see `error`). `unknown`: this lake never planned it.
 * - `overtaken`: a later run has taken over. `failed`: see `error`; the ledger has it tried again.
 * - `held`: the lake is paused or disabled; nothing was tried, and the planner sends for the window when it is resumed.
 * - `unavailable`: the source has no rows of it and does not keep them so long.
 * - `halved`: too heavy for one run (see `error`; '': that was earlier): its halves run in its place.
 */
export type RunState =
  | 'done'
  | 'unavailable'
  | 'unchanged'
  | 'busy'
  | 'early'
  | 'unknown'
  | 'overtaken'
  | 'held'
  | 'failed'
  | 'halved';

/** What a run did. */
export interface RunOutcome extends Omit<Delivered, 'entry'> {
  readonly state: RunState;
  readonly window: Window;
  readonly revision: number;
  readonly attempts: number;
  readonly counts: Counts;
  readonly files: readonly FileRecord[];
  /** Requests to the query API, or blobs read. */
  readonly asked: number;
  readonly duration: Millis;
  readonly error: string;
  /** What the run added to what its window's runs cost in all; left out: nothing ran. */
  readonly spent?: Spent;
  /** Old empty files that the lake did not let go; left out: none. */
  readonly left?: Left;
}

/** An outcome with the totals that the ledger has of its window now. */
export type Ran = RunOutcome & { readonly totals: Totals | undefined };

const nothing: Counts = { read: 0, written: 0, deduplicated: 0, quarantined: 0 };

/**
 * The outcome of a call that ran nothing: what the ledger says of the window. Of a retired one it still knows what
 * there was; in the lake there is nothing of it any more.
 */
export const unrun = (state: RunState, window: Window, entry: LedgerEntry | undefined): RunOutcome => ({
  state,
  window,
  revision: entry?.revision ?? 0,
  attempts: entry?.attempts ?? 0,
  counts: entry === undefined || entry.state === 'retired' ? nothing : entry.counts,
  files: entry === undefined || entry.state === 'retired' ? [] : entry.files,
  asked: 0,
  duration: 0,
  error: entry?.error ?? '',
});

/** The outcome of a run that had claimed the window. */
export const outcomeOf = (
  state: RunState,
  window: Window,
  entry: LedgerEntry,
  { clock }: { readonly clock: Pick<Clock, 'now'> },
): Ran => ({
  ...unrun(state, window, entry),
  asked: entry.asked,
  duration: clock.now() - entry.startedAt,
  totals: entry.totals,
});
