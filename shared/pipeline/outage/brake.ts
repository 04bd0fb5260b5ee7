import type { Clock, Millis } from '../../model.ts';
import type { RunOutcome } from '../run.ts';

/** After so many failures, mostly in a row; the last holds for all that follow. */
const pauses: readonly Millis[] = [0, 0, 5_000, 10_000, 20_000, 30_000];

export interface Brake {
  /** Waits for as long as the failures before ask for, from the end of the last one. */
  wait(): Promise<void>;
  /** How a call went; undefined: nothing was done. */
  told(how: 'well' | 'failed' | undefined): void;
  /** What made them fail is over. */
  ease(): void;
}

/**
 * For calls that follow each other in one process: where lake, ledger or source refuse, every window that waits would
 * ask for the same refusal at once. What failed alone is no reason to wait, so one window in trouble holds up no other.
 * One that goes well halves the count: a window without rows says nothing of a lake that takes no files.
 */
export function createBrake(clock: Pick<Clock, 'now' | 'sleep' | 'random'>): Brake {
  let [failures, ended] = [0, Number.NEGATIVE_INFINITY];
  return {
    wait: async () => {
      const pause = pauses[Math.min(failures, pauses.length - 1)] ?? 0;
      // Several processes do not stay in step.
      const wait = ended + pause * (0.75 + clock.random() / 2) - clock.now();
      if (wait > 0) await clock.sleep(wait);
    },
    told: (how) => {
      if (how === undefined) return;
      failures = how === 'well' ? Math.floor(failures / 2) : failures + 1;
      ended = clock.now();
    },
    ease: () => {
      failures = 0;
    },
  };
}

/** What a run says of the next one: nothing where nothing was done. */
export const brakeFor = ({ state }: Pick<RunOutcome, 'state'>): 'well' | 'failed' | undefined => {
  if (state === 'failed') return 'failed';
  return state === 'done' || state === 'halved' || state === 'unavailable' ? 'well' : undefined;
};
