import type { Millis, SweepRequest } from '../../model.ts';

const day: Millis = 24 * 3_600_000;
/** No folder of an export is older: Application Insights began later. */
const FIRST: Millis = Date.UTC(2013, 0);

/**
 * A range to sweep in parts of a day (UTC), so that no invocation is long and each is tried again for itself. Years
 * that no folder can be of, written for "all there is", make none. Always one part or more.
 */
export function daySlices(request: SweepRequest, now: Millis): SweepRequest[] {
  const slices: SweepRequest[] = [];
  const last = Math.min(request.end, now + day);
  for (let start = Math.max(request.start, FIRST); start < last; ) {
    const end = Math.min((Math.floor(start / day) + 1) * day, last);
    slices.push({ ...request, start, end });
    start = end;
  }
  return slices.length > 0 ? slices : [request];
}
