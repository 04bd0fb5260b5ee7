import type { Feed, Interval, Millis } from './windows.ts';

/** A window as people are shown it. `again`: done, and asked for once more. */
export type ShownState = 'due' | 'running' | 'done' | 'again' | 'failed' | 'unavailable' | 'retired';

/** Time that windows of one state cover without a gap. */
export interface Stretch extends Interval {
  readonly state: ShownState;
}

/** What can be added up over windows, days and feeds. */
export interface Sums {
  /** Windows by state; those that were halved are none. */
  readonly windows: Readonly<Record<ShownState, number>>;
  readonly read: number;
  readonly written: number;
  readonly deduplicated: number;
  readonly filtered: number;
  readonly quarantined: number;
  readonly files: number;
  readonly bytes: number;
  /** Rows that came in after their window had been done, and rows that went again. */
  readonly late: number;
  readonly purged: number;
  /** Claims, those of halved windows among them. */
  readonly runs: number;
  /** Requests or blobs of all runs, and those of them that led to no row in the lake. */
  readonly asked: number;
  readonly wasted: number;
  /** Milliseconds that the last runs took. */
  readonly duration: Millis;
  /** Milliseconds from the ends of windows to when they were first done; and how many windows that is of. */
  readonly delay: Millis;
  readonly delayed: number;
}

/** What the windows of a feed add up to that start on one day (UTC). */
export interface DayTally {
  readonly feed: Feed;
  readonly day: Millis;
  readonly stretches: readonly Stretch[];
  readonly sums: Sums;
  /** The first window whose last run failed; left out: none. */
  readonly failure?: Failing;
  /** When a window was last done; 0: never. */
  readonly doneAt: Millis;
}

/** A window that fails, and why. */
export interface Failing extends Interval {
  readonly attempts: number;
  readonly error: string;
}

/** How far a feed has come. */
export interface Reached {
  readonly feed: Feed;
  readonly horizon: Millis;
  readonly watermark: Millis;
  /** Exclusive end of what will not change any more; 0: nothing yet, or not known. */
  readonly settled: Millis;
}
