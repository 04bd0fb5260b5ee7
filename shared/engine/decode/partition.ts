import type { Millis, Window } from '../../model.ts';
import { rowTimes } from '../../signals/row-times.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Start of the partition of a row by its time, or of one without a time. */
export function partitions(window: Window, partition: 'hour' | 'day'): (millis: Millis | undefined) => Millis {
  const size = partition === 'hour' ? HOUR : DAY;
  const own = Math.floor(window.start / size) * size;
  const { start: from, end: to } = rowTimes(window);
  return (millis) => (millis !== undefined && millis >= from && millis < to ? Math.floor(millis / size) * size : own);
}
