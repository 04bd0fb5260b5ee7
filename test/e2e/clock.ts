/**
 * Preloaded by processes whose clock is to be wrong by CLOCK_SHIFT_MS: one that is killed lives in the past, so that
 * whoever follows it need not wait until its claim has run out. With CLOCK_HASTE pauses that the program makes pass so
 * many times faster (back-off after a fault; not those below 100 ms, in which it waits for another process). Other
 * timers and the dates of HTTP requests stay as they are.
 */
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

const shift = Number(process.env.CLOCK_SHIFT_MS ?? 0);
const now = Date.now.bind(Date);
Date.now = () => now() + shift;

const haste = Number(process.env.CLOCK_HASTE ?? 1);
if (haste > 1) {
  const pause = timers.setTimeout;
  timers.setTimeout = <T>(ms = 0, value?: T, options = {}) => pause<T>(ms < 100 ? ms : ms / haste, value, options);
  syncBuiltinESMExports();
}
