import type { Interval, Millis, Window } from './windows.ts';

/** The queue: a hint that a window may be due. Losing or repeating one does no harm. */
export interface Hints {
  prepare(): Promise<void>;
  /** `backfill`: to the queue of backfills, beside that of live windows. */
  send(window: Window, delay: Millis, backfill?: boolean): Promise<void>;
}

/** What to sweep beside the folders that can still change: an archive, or a part of one. */
export interface SweepRequest extends Interval {
  /** Only windows with a blob whose name (in its container, below its prefix) starts like this; '': all. */
  readonly prefix: string;
  /** '': every app. */
  readonly app: string;
}

/** The queue again: a range to be swept by the deployed app, beside its live windows. */
export interface SweepQueue {
  ask(request: SweepRequest): Promise<void>;
}
