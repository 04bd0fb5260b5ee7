import type { Clock, Interval, Millis } from '../../model.ts';

/** After so much of its time an invocation ends by itself: the host would end the process, and whatever it does. */
const share = 0.95;

/**
 * Calls, and rejects where that is not done in the invocation's time: whatever is waited for then may go on, but nobody
 * waits for it. `allowed` undefined: it may take as long as it takes.
 */
export async function inTime<T>(
  call: (isOver: () => boolean) => Promise<T>,
  allowed: Interval | undefined,
  clock: Pick<Clock, 'now' | 'sleep'>,
): Promise<T> {
  if (allowed === undefined) return call(() => false);
  const end = allowed.start + (allowed.end - allowed.start) * share;
  const closed = new AbortController();
  const late = async (): Promise<never> => {
    await clock.sleep(Math.max(0, end - clock.now()), closed.signal);
    throw new Error(
      `not done in ${minutes(end - allowed.start)}, and the host ends a run after ` +
        `${minutes(allowed.end - allowed.start)}; it is tried again`,
    );
  };
  try {
    return await Promise.race([call(() => clock.now() >= end), late()]);
  } finally {
    closed.abort();
  }
}

const minutes = (time: Millis): string => `${Math.round(time / 6_000) / 10} min`;
