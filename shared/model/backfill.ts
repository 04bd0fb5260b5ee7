import type { Versioned } from './ledger.ts';
import type { Interval, Millis, Signal } from './windows.ts';

/**
 * `running`: its windows are handed out one after the other. `paused`: none is, until it is resumed. `cancelled`,
 * `done`: none is any more.
 */
export type BackfillState = 'running' | 'paused' | 'cancelled' | 'done';

/** Which windows of a range: those that are not done, those that failed, or all of them once more. */
export type BackfillChoice = 'missing' | 'failed' | 'all';

/** What is asked of a backfill. */
export interface BackfillRequest extends Interval {
  readonly app: string;
  /** None: those of the app's settings. */
  readonly signals: readonly Signal[];
  readonly choice: BackfillChoice;
  /** Windows that run at a time. */
  readonly concurrency: number;
}

/** A message goes round for each window that may run at a time: whose turn it is, and since when. */
export interface BackfillSlot {
  readonly turn: number;
  readonly at: Millis;
}

/** A range of past windows of one app, brought in beside the live ones. */
export interface Backfill extends BackfillRequest {
  readonly id: string;
  readonly state: BackfillState;
  readonly begunAt: Millis;
  /** Length of the windows that are cut anew. */
  readonly window: Millis;
  /** The next window begins there, or later: day by day, within it signal by signal. */
  readonly day: Millis;
  readonly signal: number;
  readonly next: Millis;
  readonly slots: readonly BackfillSlot[];
  /** Windows handed out so far. */
  readonly taken: number;
  /** Windows left out so far: other apps have their time under each name that they could have; left out: none. */
  readonly roomless?: number;
}

export interface BackfillStore {
  read(id: string): Promise<Versioned<Backfill> | undefined>;
  /** Puts it as it was not changed since `etag` (undefined: is not there); undefined when the race was lost. */
  write(backfill: Backfill, etag: string | undefined): Promise<string | undefined>;
  /** All that there ever were, oldest first. */
  list(): AsyncIterable<Backfill>;
}

/** The message that goes round. */
export interface BackfillTurn {
  readonly id: string;
  readonly slot: number;
  readonly turn: number;
}

/** The queue of backfills, beside that of live windows. */
export interface BackfillQueue {
  prepare(): Promise<void>;
  /** `delay`: how long nobody gets it; left out: not at all. */
  pass(turn: BackfillTurn, delay?: Millis): Promise<void>;
}

/** What a backfill would be. */
export interface BackfillPlan extends BackfillRequest {
  /** Windows that would run, and those of the range that would not: done, or on their way. */
  readonly windows: number;
  readonly skipped: number;
  /** Windows that are older than the lake keeps its rows. */
  readonly retired: number;
  /** Windows whose time other apps have, under each name that they could have; left out: none. */
  readonly roomless?: number;
  /** Windows of which the source does not have the rows any more. */
  readonly unavailable: number;
  /** Windows, of those that would run, that are older than tables keep their rows where nobody has changed it. */
  readonly doubtful: number;
  /** Guessed from windows that were counted at the source, and from what the last done windows weighed and took. */
  readonly rows: number;
  readonly bytes: number;
  readonly requests: number;
  readonly time: Millis;
  /** Windows whose rows were counted for it. */
  readonly sampled: number;
}

/** How far a backfill is. */
export interface BackfillReport extends Backfill {
  /** Of its time range, from 0 to 1. */
  readonly share: number;
  /** When it is likely to be done; 0: not known. */
  readonly eta: Millis;
  /** What of the range that was asked for it leaves out, and why; left out: nothing, or that was said before. */
  readonly remark?: string;
  /** Its windows that are under way, and those that failed and are tried again. */
  readonly open: number;
  readonly failed: number;
}

/** As people ask for one: `concurrency` undefined, and no signals: as the settings say. `app` '': the only one. */
export type BackfillWish = Omit<BackfillRequest, 'concurrency'> & { readonly concurrency: number | undefined };

/** What people ask of backfills, at a terminal or by a message. */
export type BackfillAsked =
  | { readonly do: 'plan' | 'start'; readonly wish: BackfillWish }
  | { readonly do: 'pause' | 'resume' | 'cancel'; readonly id: string }
  | { readonly do: 'status' };

/** The same, answered. */
export interface Backfills {
  plan(wish: BackfillWish): Promise<BackfillPlan>;
  start(wish: BackfillWish): Promise<BackfillReport>;
  order(id: string, order: 'pause' | 'resume' | 'cancel'): Promise<BackfillReport>;
  status(): Promise<readonly BackfillReport[]>;
}
