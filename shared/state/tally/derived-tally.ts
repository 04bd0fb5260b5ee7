/**
 * Tallies of a ledger that keeps none: added up from its entries whenever they are asked for, so never behind. Nor does
 * it keep what a planner would have to look at, as none passes over any of its feeds.
 */
import type { DayTally, Feed, Ledger, LedgerEntry, Millis, Reached } from '../../model.ts';
import { dayOf, tallyOf } from '../../status/day-tally.ts';

export function derivedTally(
  ledger: () => Pick<Ledger, 'feeds' | 'list' | 'progress'>,
): Pick<Ledger, 'tally' | 'tallies' | 'reached' | 'recordSettled' | 'opening' | 'openings'> {
  const settled = new Map<string, Millis>();
  const keyOf = ({ app, signal, source }: Feed) => JSON.stringify([app, signal, source]);
  return {
    tally: async () => {},
    opening: async () => {},
    async *openings() {
      for await (const feed of ledger().feeds()) yield { feed, word: '', origins: [] };
    },
    async *tallies({ start, end }) {
      const found: DayTally[] = [];
      const range = { start: dayOf(start), end: dayOf(end - 1) + 24 * 3_600_000 };
      for await (const feed of ledger().feeds()) {
        const days = new Map<Millis, LedgerEntry[]>();
        for await (const entry of ledger().list(feed, range)) {
          const day = dayOf(entry.window.start);
          days.set(day, [...(days.get(day) ?? []), entry]);
        }
        for (const [day, entries] of days) found.push(tallyOf(feed, day, entries));
      }
      yield* found.toSorted((a, b) => a.day - b.day);
    },
    async *reached() {
      for await (const feed of ledger().feeds()) {
        const progress = (await ledger().progress(feed))?.value;
        const { app, signal, source } = feed;
        const found: Reached = {
          feed: { app, signal, source },
          horizon: progress?.horizon ?? 0,
          watermark: progress?.watermark ?? 0,
          settled: settled.get(keyOf(feed)) ?? 0,
        };
        yield found;
      }
    },
    recordSettled: async (feed, through) => {
      settled.set(keyOf(feed), through);
    },
  };
}
