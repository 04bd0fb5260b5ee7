import type { Interval, Millis } from '../model.ts';

/**
 * `20261121T0300Z_20261121T0400Z`: a window's name in file names and in the column exportWindow. Seconds and
 * milliseconds are spelled only where they are not 0; different windows have different names.
 */
export function windowName({ start, end }: Interval): string {
  return `${compact(start)}_${compact(end)}`;
}

function compact(time: Millis): string {
  const digits = new Date(time).toISOString().replace(/[-:.Z]/g, '');
  return `${digits.replace(/(0{5}|0{3})$/, '')}Z`;
}
