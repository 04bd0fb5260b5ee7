import type { Interval, Millis } from '../../model.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Rows further away from their window go to the window's own partition: a clock was wrong, and files are not to be strewn over years. */
const FARTHEST = { before: 31 * DAY, after: 2 * DAY };

/** Start of the partition of a row by its time, or of one without a time. */
export function partitions(window: Interval, partition: 'hour' | 'day'): (millis: Millis | undefined) => Millis {
  const size = partition === 'hour' ? HOUR : DAY;
  const own = Math.floor(window.start / size) * size;
  const [from, to] = [window.start - FARTHEST.before, window.end + FARTHEST.after];
  return (millis) => (millis !== undefined && millis >= from && millis < to ? Math.floor(millis / size) * size : own);
}
