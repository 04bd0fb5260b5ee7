import type { Feed, Interval, Ledger, LedgerEntry, Millis, OriginOf } from '../../model.ts';
import { areTwo } from '../../pure/origin.ts';
import { activeWindows } from '../grid/grid.ts';
import { tileRange } from '../grid/tile-range.ts';
import type { Reads } from '../names/bound.ts';
import type { Home } from '../names/seen.ts';

/**
 * Hours under the feed's name can be another app's, of a time when names were others. What its own app had then is not
 * there, and has no room there: it is brought under another name.
 */
export interface UnderOthers {
  /** What the feed reads; left out: it is not known, and its windows are its app's. */
  readonly originOf?: OriginOf;
  readonly reads?: Reads;
  /** Names that may have room, the best first; left out: none. */
  readonly homes?: (feed: Feed) => readonly Home[];
}

/** Whether a window under the feed's name is certainly not of the app that the feed reads. */
export function isForeign(entry: LedgerEntry, { originOf, reads }: UnderOthers): boolean {
  const origin = originOf?.(entry.window);
  const from = entry.doneAt > 0 ? entry.origin : reads?.(entry);
  return origin !== undefined && from !== undefined && areTwo(from, origin);
}

/** What of these windows' time no other name has brought, cut on the grid of `size`. */
export function lackingIn(
  foreign: readonly Interval[],
  others: readonly Interval[],
  range: Interval,
  size: Millis,
): Interval[] {
  const known = new Set(others);
  return foreign.flatMap((each) => {
    const part = { start: Math.max(each.start, range.start), end: Math.min(each.end, range.end) };
    return part.start < part.end ? tileRange(part, size, others).filter((tile) => !known.has(tile)) : [];
  });
}

/** So many names are looked at: the app's own former ones, and names that the settings do not have, come first. */
const most = 4;

/** Under which of these names time of the range is free: two calls for each of a few, whatever is asked then. */
export async function roomIn(
  range: Interval,
  homes: readonly Home[],
  ledger: Ledger,
): Promise<(tile: Interval) => Feed | undefined> {
  const rooms: { readonly feed: Feed; readonly end: Millis; readonly windows: readonly Interval[] }[] = [];
  for (const { feed, isNamed } of homes.slice(0, most)) {
    const end = isNamed ? ((await ledger.progress(feed))?.value.horizon ?? 0) : Number.POSITIVE_INFINITY;
    rooms.push({ feed, end, windows: (await activeWindows(feed, range, ledger)).map(({ window }) => window) });
  }
  return (tile) => rooms.find(({ end, windows }) => tile.end <= end && isFree(tile, windows))?.feed;
}

/** `windows`: by start, none over another. */
function isFree({ start, end }: Interval, windows: readonly Interval[]): boolean {
  let [low, high] = [0, windows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((windows[middle]?.start ?? 0) < end) low = middle + 1;
    else high = middle;
  }
  return (windows[low - 1]?.end ?? start) <= start;
}
