/** Notes in a table that messages were sent. */
import type { Interval, Millis } from '../model.ts';
import { isOpen } from './entry-record.ts';
import type { tableCalls } from './table-calls.ts';
import { hintChanges } from './table-changes.ts';
import * as rows from './table-entities.ts';

/** A transaction holds 100 changes, and a note is two. */
const TOGETHER = 40;
/** One window that goes on meanwhile refuses its transaction; all that was refused is listed at once. */
const MAX_LOOKS = 3;

/**
 * Notes that messages were sent for windows of a feed. `tags`: of the copies of their entries without a note, by row,
 * as far as they are known. What was refused again and again stays without a note: it gets a second message.
 */
export async function noteHinted(
  table: Pick<ReturnType<typeof tableCalls>, 'commit' | 'list'>,
  partition: string,
  windows: readonly Interval[],
  at: Millis,
  tags: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  let left = await noteKnown(table, partition, windows, at, tags);
  for (let looks = 0; left.length > 0 && looks < MAX_LOOKS; looks++) {
    const now = await tagsNow(table, partition, left);
    const open = left.filter((window) => now.has(rows.openRow(window)));
    left = await noteKnown(table, partition, open, at, now);
  }
}

/** Returns those without a known tag, and those that were refused because of one that has changed. */
async function noteKnown(
  { commit }: Parameters<typeof noteHinted>[0],
  partition: string,
  windows: readonly Interval[],
  at: Millis,
  tags: ReadonlyMap<string, string>,
): Promise<Interval[]> {
  const tagOf = (window: Interval) => tags.get(rows.openRow(window)) ?? '';
  const left = windows.filter((window) => tagOf(window) === '');
  const known = windows.filter((window) => tagOf(window) !== '');
  for (let from = 0; from < known.length; from += TOGETHER) {
    const some = known.slice(from, from + TOGETHER);
    const changes = some.flatMap((window) => hintChanges(partition, window, at, tagOf(window)));
    if (!Array.isArray(await commit(changes))) left.push(...some);
  }
  return left;
}

/** Tags of what is open and has no note, in the time of these windows. Whoever claims a window notes it himself. */
async function tagsNow(
  { list }: Parameters<typeof noteHinted>[0],
  partition: string,
  windows: readonly Interval[],
): Promise<Map<string, string>> {
  const starts = windows.map(({ start }) => start);
  const range = { start: Math.min(...starts), end: Math.max(...starts) + 1 };
  const found = new Map<string, string>();
  for await (const entity of list(partition, rows.rowRange('o', range))) {
    const entry = rows.entityEntry(entity);
    if (isOpen(entry) && entry.hintedAt === 0) found.set(rows.openRow(entry.window), entity.etag);
  }
  return found;
}
