import type { Interval, Ledger, LedgerEntry, Millis, Window } from '../../model.ts';
import { halvedEntry, isAtRest, plannedEntry } from '../entry.ts';
import { activeWindows } from '../grid/grid.ts';
import { overlap, tileRange } from '../grid/tile-range.ts';
import type { Others } from './names.ts';

/**
 * Windows that were planned for something that no app of the settings reads (an id that was mistyped while names
 * changed places) wait for it. Where an app lacks their time, and none of its names has room for it, they become its
 * own; one that it lacks in part is cut first, and its parts are looked at by the next tick. `there`: what the app has;
 * grows. False where that is not all yet, or somebody else was first.
 */
export async function takeAdrift(range: Interval, there: Interval[], others: Others, ledger: Ledger): Promise<boolean> {
  let isAll = true;
  for (const feed of others.all) {
    for (const entry of gapsOf(range, there).length === 0 ? [] : await activeWindows(feed, range, ledger)) {
      const { window } = entry;
      const gap = gapsOf(range, there).find((each) => overlap(each, window));
      if (gap === undefined || !(others.has(entry) || (await mayTake(entry, others)))) continue;
      const seen = await ledger.read(window);
      // Another process has taken it meanwhile: one that waits under another name for that time is not taken, too.
      if (seen !== undefined && others.has(seen.value) && !(await others.isAdrift(seen.value))) there.push(window);
      else if (seen !== undefined && (await mayTake(seen.value, others))) {
        const at = [gap.start, gap.end].find((line) => window.start < line && line < window.end);
        const isTaken = at === undefined && (await take(seen.value, seen.etag, others, ledger));
        if (at !== undefined) await cutAt(at, seen.value, seen.etag, ledger);
        isAll &&= isTaken;
        // Its parts may be read by themselves from now on: nothing else is taken for their time.
        there.push(window);
      }
    }
  }
  return isAll;
}

const mayTake = async (entry: LedgerEntry, { isAdrift }: Others): Promise<boolean> =>
  isIdle(entry) && (await isAdrift(entry));

/** What lies between them, each gap as a whole. */
export function gapsOf(range: Interval, there: readonly Interval[]): Interval[] {
  const known = new Set(there);
  return tileRange(range, Number.POSITIVE_INFINITY, there).filter((each) => !known.has(each));
}

/** No attempt is under way, nor has one meant to write anything. */
const isIdle = (entry: LedgerEntry): boolean =>
  entry.state !== 'running' && entry.state !== 'halved' && !isAtRest(entry) && entry.files.length === 0;

/** A new revision: an attempt that stalled before loses. */
async function take(entry: LedgerEntry, etag: string, { origin }: Others, ledger: Ledger): Promise<boolean> {
  await ledger.opening(entry.window, origin);
  const taken = { ...plannedEntry(entry.window, 0, origin), revision: entry.revision + 1 };
  return (await ledger.write(taken, etag)) !== undefined;
}

async function cutAt(at: Millis, entry: LedgerEntry, etag: string, ledger: Ledger): Promise<void> {
  const { window, origin } = entry;
  const parts = [
    { ...window, end: at },
    { ...window, start: at },
  ].map((part: Window) => plannedEntry(part, 0, origin));
  const why = `cut at ${new Date(at).toISOString()}: an app that goes by another name lacks a part of it`;
  await ledger.halve(halvedEntry(entry, [], why), etag, parts);
}
