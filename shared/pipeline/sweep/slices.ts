import type { Millis, SweepRequest } from '../../model.ts';

const day: Millis = 24 * 3_600_000;

/** A range to sweep in parts of a day (UTC), so that no invocation is long and each is tried again for itself. */
export function daySlices(request: SweepRequest): SweepRequest[] {
  const slices: SweepRequest[] = [];
  for (let start = request.start; start < request.end; ) {
    const end = Math.min((Math.floor(start / day) + 1) * day, request.end);
    slices.push({ ...request, start, end });
    start = end;
  }
  return slices;
}
