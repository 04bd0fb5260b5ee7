import type { Clock, Millis } from '../../model.ts';
import { inTurn } from '../../pure/in-turn.ts';

/** Runs of one process, one at a time: memory and temporary disk are bounded for one. */
export interface Turns {
  /** In the order in which they come. */
  live<T>(call: () => Promise<T>): Promise<T>;
  /** Of a backfill. */
  past<T>(call: () => Promise<T>): Promise<T>;
  /**
   * Whether a run of a backfill may begin: no live run is under way or waits, and none has ended a moment ago. It is
   * waited for, for a while. Where live windows follow each other all the time one of the past comes in between, now
   * and then.
   */
  isFree(): Promise<boolean>;
}

/** The host brings the next message of a queue within so long after a run. */
const moment: Millis = 2_000;
const step: Millis = 500;
/** A call of the host is not kept longer. */
const patience: Millis = 60_000;
/** One of the past comes in between after so long. */
export const longestPast: Millis = 20 * 60_000;

/** So a live window waits for one window of the past at most, which runs already when it becomes due. */
export function createTurns(clock: Clock): Turns {
  const inOrder = inTurn();
  let [live, liveEnded, pastEnded] = [0, Number.NEGATIVE_INFINITY, clock.now()];
  const isBusy = (): boolean => live > 0 || liveEnded + moment > clock.now();
  return {
    live: (call) => {
      live += 1;
      return inOrder(call).finally(() => {
        live -= 1;
        liveEnded = clock.now();
      });
    },
    past: (call) =>
      inOrder(call).finally(() => {
        pastEnded = clock.now();
      }),
    isFree: async () => {
      const until = clock.now() + patience;
      while (isBusy() && clock.now() < until) await clock.sleep(step);
      return !isBusy() || pastEnded + longestPast <= clock.now();
    },
  };
}
