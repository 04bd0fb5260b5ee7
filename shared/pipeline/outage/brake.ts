import type { Clock, Millis } from '../../model.ts';
import type { RunOutcome } from '../run.ts';

/** After so many failures in a row; the last holds for all that follow. */
const pauses: readonly Millis[] = [0, 0, 4_000, 8_000, 15_000];

/**
 * Calls, but not before the pause that the failures in a row before it ask for. `told`: what the outcome says of those
 * that follow; undefined: nothing. A call that rejects has failed.
 */
export type Brake = <T>(call: () => Promise<T>, told: (outcome: T) => 'well' | 'failed' | undefined) => Promise<T>;

/**
 * For calls that follow each other in one process: where lake, ledger or source refuse, every window that waits would
 * ask for the same refusal at once. What failed alone is no reason to wait, so one window in trouble holds up no other.
 */
export function createBrake(clock: Pick<Clock, 'now' | 'sleep'>): Brake {
  let [failures, ended] = [0, Number.NEGATIVE_INFINITY];
  return async (call, told) => {
    const pause = pauses[Math.min(failures, pauses.length - 1)] ?? 0;
    const wait = ended + pause - clock.now();
    if (wait > 0) await clock.sleep(wait);
    try {
      const outcome = await call();
      const how = told(outcome);
      if (how !== undefined) failures = how === 'well' ? 0 : failures + 1;
      return outcome;
    } catch (error) {
      failures += 1;
      throw error;
    } finally {
      ended = clock.now();
    }
  };
}

/** What a run says of the next one: nothing where nothing was done. */
export const brakeFor = ({ state }: Pick<RunOutcome, 'state'>): 'well' | 'failed' | undefined => {
  if (state === 'failed') return 'failed';
  return state === 'done' || state === 'halved' || state === 'unavailable' ? 'well' : undefined;
};
