import type { Millis } from './windows.ts';

/** Time and chance, from outside. */
export interface Clock {
  now(): Millis;
  sleep(ms: Millis, abort?: AbortSignal): Promise<void>;
  /** In [0, 1). */
  random(): number;
}
