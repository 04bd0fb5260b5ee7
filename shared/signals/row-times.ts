import type { Interval, Window } from '../model.ts';

const DAY = 24 * 3_600_000;
/** A clock was wrong, and files are not to be strewn over years. */
const FARTHEST = { before: 31 * DAY, after: 2 * DAY };

/**
 * Times of rows that are laid into the partition of their own time; others go to that of their window. A window of
 * loose files is what its rows make it, so that there each row goes below its own time, as long as it is one.
 */
export function rowTimes({ source, start, end }: Pick<Window, 'source' | 'start' | 'end'>): Interval {
  if (source.startsWith('file-')) return { start: 0, end: Date.UTC(2100, 0) };
  return { start: start - FARTHEST.before, end: end + FARTHEST.after };
}
