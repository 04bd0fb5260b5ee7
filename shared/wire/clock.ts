import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../model.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, abort) => delay(ms, undefined, abort === undefined ? {} : { signal: abort }),
};

/** As its `sleep`, for what a process that has nothing else to do need not stay for. */
export const idle = (ms: number): Promise<void> => delay(ms, undefined, { ref: false });
