import type { BackfillRequest, Feed, Interval, Ledger, Millis } from '../../model.ts';
import { tileRange } from '../grid/tile-range.ts';
import { type Others, othersIn } from '../names/names.ts';
import { backfillChoice } from './choice.ts';
import { isForeign, lackingIn, roomIn, type UnderOthers } from './under-others.ts';

/** Windows of a range. */
export interface Counted {
  /** Those that would run. */
  readonly windows: number;
  /** Those that are done, or on their way. */
  readonly skipped: number;
  /** Those that would run, and no name has room for. */
  readonly roomless: number;
  readonly retired: number;
  /** Time that those cover that would run. */
  readonly time: Millis;
}

const day: Millis = 24 * 3_600_000;

/** Streams over what the ledger has; what it has not is counted, not listed. */
export async function countWindows(
  feed: Feed,
  range: Interval,
  choice: BackfillRequest['choice'],
  size: Millis,
  others: Others | undefined,
  { ledger, ...ports }: UnderOthers & { readonly ledger: Ledger },
): Promise<Counted> {
  let [windows, skipped, roomless, retired, time, reached] = [0, 0, 0, 0, 0, range.start];
  let room: Awaited<ReturnType<typeof roomIn>> | undefined;
  const theirs = await othersIn(others, range, ledger);
  const areTheirs = new Set(theirs);
  const gap = (to: Millis): void => {
    if (to <= reached || choice === 'failed') return;
    for (const each of tileRange({ start: reached, end: to }, Number.POSITIVE_INFINITY, theirs)) {
      if (areTheirs.has(each)) continue;
      windows += cells(each, size);
      time += each.end - each.start;
    }
  };
  for await (const entry of ledger.list(feed, { start: range.start - day, end: range.end })) {
    const { start, end } = entry.window;
    if (entry.state === 'halved' || end <= range.start) continue;
    gap(Math.min(start, range.end));
    reached = Math.max(reached, end);
    if (isForeign(entry, ports)) {
      room ??= await roomIn(range, choice === 'failed' ? [] : (ports.homes?.(feed) ?? []), ledger);
      for (const each of lackingIn([entry.window], theirs, range, size))
        if (choice === 'failed') skipped += 1;
        else if (room(each) === undefined) roomless += 1;
        else [windows, time] = [windows + 1, time + each.end - each.start];
    } else if (entry.state === 'retired') retired += 1;
    else if (backfillChoice(entry, '', choice) !== 'run') skipped += 1;
    else [windows, time] = [windows + 1, time + end - start];
  }
  gap(range.end);
  return { windows, skipped, roomless, retired, time };
}

/** Windows on the grid of `size` that a stretch is cut into. */
export const cells = ({ start, end }: Interval, size: Millis): number =>
  Math.floor((end - 1) / size) - Math.floor(start / size) + 1;
