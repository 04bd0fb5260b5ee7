import type { Interval, Millis } from '../../model.ts';
import { tileRange } from './tile-range.ts';

/** Windows of one length side by side: a year of them takes no more room than one. */
export interface Stretch {
  readonly start: Millis;
  readonly size: Millis;
  readonly times: number;
}

/** Adds a window that begins after those that are there. */
export function addWindow(stretches: Stretch[], { start, end }: Interval): void {
  const size = end - start;
  const last = stretches.at(-1);
  if (last?.size === size && endOf(last) === start)
    stretches[stretches.length - 1] = { ...last, times: last.times + 1 };
  else stretches.push({ start, size, times: 1 });
}

/** As `tileRange`, without making the windows. */
export function tileStretches(range: Interval, size: Millis, known: readonly Stretch[]): Stretch[] {
  const there = new Map(known.map((each) => [{ start: each.start, end: endOf(each) }, each]));
  return tileRange(range, Number.POSITIVE_INFINITY, [...there.keys()]).flatMap(
    (part) => there.get(part) ?? cutGap(part, size),
  );
}

/** The windows of stretches, one after the other. */
export function* windowsOf(stretches: Iterable<Stretch>): Generator<Interval> {
  for (const { start, size, times } of stretches)
    for (let n = 0; n < times; n++) yield { start: start + n * size, end: start + (n + 1) * size };
}

const endOf = ({ start, size, times }: Stretch): Millis => start + size * times;

/** What lies before the first line of the grid, between its lines, and after the last. */
function cutGap({ start, end }: Interval, size: Millis): Stretch[] {
  const first = Math.min(Math.ceil(start / size) * size, end);
  const times = Math.floor((end - first) / size);
  const last = first + times * size;
  return [
    { start, size: first - start, times: 1 },
    { start: first, size, times },
    { start: last, size: end - last, times: 1 },
  ].filter((each) => each.size > 0 && each.times > 0);
}
