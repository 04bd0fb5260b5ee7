import type { Feed, Interval, Ledger, Window } from '../../model.ts';
import { feedKey, windowKey } from '../keys.ts';

/** How many windows of a feed the ledger lacks, from the start of the first to the end of the last one. */
export interface LostOfFeed extends Interval {
  readonly feed: Feed;
  readonly windows: number;
}

/** Which of these windows, whose files nobody knows, are not in the ledger at all: feed by feed. */
export async function lostOf(all: readonly Window[], ledger: Ledger): Promise<readonly LostOfFeed[]> {
  const lost: LostOfFeed[] = [];
  for (const windows of Map.groupBy(all, feedKey).values()) {
    const [first] = windows;
    if (first === undefined) continue;
    const missing = new Map(windows.map((window) => [windowKey(window), window]));
    const start = windows.reduce((least, each) => Math.min(least, each.start), first.start);
    const end = windows.reduce((most, each) => Math.max(most, each.end), first.end);
    for await (const { window } of ledger.list(first, { start, end })) missing.delete(windowKey(window));
    const left = [...missing.values()];
    if (left.length === 0) continue;
    const { app, signal, source } = first;
    lost.push({
      feed: { app, signal, source },
      windows: left.length,
      start: left.reduce((least, each) => Math.min(least, each.start), end),
      end: left.reduce((most, each) => Math.max(most, each.end), start),
    });
  }
  return lost;
}
