import type { Clock, Interval, Millis } from '../../model.ts';

/** After so much of its time an invocation ends by itself: the host would end the process, and whatever it does. */
const share = 0.95;

/** When an invocation of that time ends by itself. */
export const endOf = ({ start, end }: Interval): Millis => start + (end - start) * share;

interface Turn<T> {
  /** Has its turn come. */
  readonly inTurn: (call: () => Promise<T>) => Promise<T>;
  /** Undefined: it may take as long as it takes. */
  readonly allowed?: Interval | undefined;
  /** What failed last, so far; '': nothing did. */
  readonly heard?: () => string;
}

/**
 * Calls in turn, and rejects where that is not done in the invocation's time: nobody waits any more for what has begun
 * then, which `over` tells it, and what has not begun never does. Calls of ours have ends, so what goes on ends soon.
 * Where one that was given up has the turn for a whole invocation more it hangs, and the process with it: that
 * invocation does not end, and the host ends the process.
 */
export function createInTime(clock: Pick<Clock, 'now' | 'sleep'>) {
  /** When the one that has the turn was given up. */
  let givenUp: Millis | undefined;
  return async <T>(
    call: (over?: AbortSignal) => Promise<T>,
    { inTurn, allowed, heard = () => '' }: Turn<T>,
  ): Promise<T> => {
    if (allowed === undefined) return inTurn(() => call());
    const [over, closed] = [new AbortController(), new AbortController()];
    const spent = minutes(endOf(allowed) - allowed.start);
    let [began, ended] = [false, false];
    const notYet = () =>
      new Error(`its turn did not come in ${spent}: runs before it take the time; it is tried again`);
    const taken = async (): Promise<T> => {
      if (over.signal.aborted) throw notYet();
      began = true;
      return call(over.signal).finally(() => {
        [ended, givenUp] = [true, undefined];
      });
    };
    const late = async (): Promise<never> => {
      await clock.sleep(Math.max(0, endOf(allowed) - clock.now()), closed.signal);
      over.abort();
      if (!began && givenUp !== undefined && givenUp <= allowed.start) await new Promise<never>(() => {});
      if (!began) throw notYet();
      if (!ended) givenUp = clock.now();
      throw new Error(
        `not done in ${spent}, and the host ends a run after ${minutes(allowed.end - allowed.start)}; ` +
          `it is tried again${heard() === '' ? '' : `; what failed last: ${heard()}`}`,
      );
    };
    try {
      return await Promise.race([inTurn(taken), late()]);
    } finally {
      closed.abort();
    }
  };
}

const minutes = (time: Millis): string => `${Math.round(time / 6_000) / 10} min`;
