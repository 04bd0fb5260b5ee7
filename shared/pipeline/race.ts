import type { Clock, Millis } from '../model.ts';

/** So often a lost race is tried again before it counts as a failure: three quarters of a minute in all. */
export const MOST_TRIES = 10;
const first: Millis = 50;
const longest: Millis = 10_000;

/**
 * The pause after the n-th lost race (from 1). None after the first, which was lost to somebody who has gone on by
 * then; after that growing, and partly by chance, so that two who lost against each other do not meet again.
 */
export const pauseAfterLoss = (losses: number, chance: number): Millis =>
  losses < 2 ? 0 : Math.round(Math.min(longest, first * 3 ** (losses - 2)) * (0.5 + chance));

/** Waits before a lost race is tried again. Throws, with `what` that was seen, when it was lost too often. */
export async function afterLoss(
  losses: number,
  what: () => string,
  clock: Pick<Clock, 'sleep' | 'random'>,
  abort?: AbortSignal,
): Promise<void> {
  if (losses >= MOST_TRIES) throw new Error(`${what()} (${losses} tries)`);
  const pause = pauseAfterLoss(losses, clock.random());
  if (pause > 0) await clock.sleep(pause, abort);
}
