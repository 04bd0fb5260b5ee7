/** How a day's tally is kept: a small row of its own. Pure. */
import type { DayTally, Feed, Millis, Reached, ShownState, Stretch, Sums } from '../../model.ts';
import { NOTHING } from '../../status/day-tally.ts';
import { COMMON_VERSION, checkStateVersion, readTime, spellTime } from '../entry-record.ts';

type Properties = Readonly<Record<string, unknown>>;

/** Start and end in seconds of the day. */
type Line = readonly [start: number, end: number, state: ShownState];

/** Packed into one text: thousands of rows are read at once. What is nothing is left out. */
export function tallyRecord({ feed, day, stretches, sums, failure, doneAt }: DayTally): Properties {
  const lines = stretches.map(({ start, end, state }): Line => [(start - day) / 1000, (end - day) / 1000, state]);
  const { windows, ...numbers } = sums;
  return {
    stateVersion: COMMON_VERSION,
    ...feed,
    day: spellTime(day),
    sums: JSON.stringify({ ...withoutZeros(numbers), windows: withoutZeros(windows) }),
    stretches: JSON.stringify(lines),
    failure: failure === undefined ? '' : JSON.stringify(failure),
    doneAt: spellTime(doneAt),
  };
}

export function tallyFrom(record: Properties): DayTally {
  checkStateVersion(record);
  const day = readTime(record.day);
  const lines: readonly Line[] = JSON.parse(String(record.stretches ?? '[]'));
  const { windows, ...numbers }: Partial<Sums> = JSON.parse(String(record.sums ?? '{}'));
  return {
    feed: feedIn(record),
    day,
    stretches: lines.map(
      ([start, end, state]): Stretch => ({ start: day + start * 1000, end: day + end * 1000, state }),
    ),
    sums: { ...NOTHING, ...numbers, windows: { ...NOTHING.windows, ...windows } },
    ...(record.failure ? { failure: JSON.parse(String(record.failure)) } : {}),
    doneAt: readTime(record.doneAt),
  };
}

export const reachedFrom = (record: Properties): Reached => ({
  feed: feedIn(record),
  horizon: readTime(record.horizon),
  watermark: readTime(record.watermark),
  settled: readTime(record.settled),
});

export const feedIn = ({ app, signal, source }: Properties): Feed => ({
  app: String(app),
  signal: String(signal) as Feed['signal'],
  source: String(source),
});

const withoutZeros = (numbers: Properties): Properties =>
  Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== 0));

export const dayText = (day: Millis): string => new Date(day).toISOString().slice(0, 10);
