import type { Interval, Millis } from '../../model.ts';

export interface Tiling {
  /** Length of a window; grid lines are the multiples of it since 1970 (UTC). */
  readonly size: Millis;
  /** How far behind now a window must end before it is due. */
  readonly lag: Millis;
  /** Exclusive end of all windows; undefined: never. */
  readonly until: Millis | undefined;
}

/**
 * The windows from `horizon` on that are due at `now`, in order, at most `limit`.
 * They tile time: each starts where the one before ended. A window ends on a grid line, so a horizon that lies between
 * two lines (a `from` in the middle of a day, a window size that was changed) is met by one shorter window.
 */
export function dueWindows(horizon: Millis, now: Millis, tiling: Tiling, limit: number): Interval[] {
  const windows: Interval[] = [];
  for (let start = horizon; windows.length < limit; ) {
    const end = Math.min(nextGridLine(start, tiling.size), tiling.until ?? Number.POSITIVE_INFINITY);
    if (end <= start || end + tiling.lag > now) break;
    windows.push({ start, end });
    start = end;
  }
  return windows;
}

/** When the first window from `horizon` on becomes due; Infinity: there is none. */
export const nextDue = (horizon: Millis, tiling: Tiling): Millis => {
  const [first] = dueWindows(horizon, Number.POSITIVE_INFINITY, tiling, 1);
  return first === undefined ? Number.POSITIVE_INFINITY : first.end + tiling.lag;
};

/** The last grid line at or before `time`: where a feed starts that was given no `from`. */
export const gridLine = (time: Millis, size: Millis): Millis => Math.floor(time / size) * size;

const nextGridLine = (time: Millis, size: Millis): Millis => gridLine(time, size) + size;
