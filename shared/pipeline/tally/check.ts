import type { DayTally, Feed, LedgerEntry, Millis } from '../../model.ts';
import { dayOf, tallyOf } from '../../status/day-tally.ts';

/** Tallies of many feeds, as they are kept. */
export type KeptTallies = ReadonlyMap<string, DayTally>;

export const tallyKey = ({ app, signal, source }: Feed, day: Millis): string =>
  JSON.stringify([app, signal, source, day]);

export async function keptTallies(tallies: AsyncIterable<DayTally>): Promise<KeptTallies> {
  const kept = new Map<string, DayTally>();
  for await (const tally of tallies) kept.set(tallyKey(tally.feed, tally.day), tally);
  return kept;
}

/** Days whose tally is not what their entries add up to. `entries`: all of the feed that start on these days. */
export function wrongDays(
  feed: Feed,
  days: readonly Millis[],
  entries: readonly LedgerEntry[],
  kept: KeptTallies,
): readonly Millis[] {
  const byDay = Map.groupBy(entries, ({ window }) => dayOf(window.start));
  return days.filter((day) => {
    const own = byDay.get(day) ?? [];
    const tally = kept.get(tallyKey(feed, day));
    return own.length === 0 ? tally !== undefined : !isSame(tally, tallyOf(feed, day, own));
  });
}

const isSame = (one: DayTally | undefined, other: DayTally): boolean =>
  one !== undefined && canonical(one) === canonical(other);

const canonical = (tally: DayTally): string =>
  JSON.stringify(tally, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
