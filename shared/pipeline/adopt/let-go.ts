import type { FileRecord, LedgerEntry, LedgerRow, Millis } from '../../model.ts';

/** What is found of a window: its files as they are, and what the ledger's table says of it. */
interface Found {
  readonly files: readonly FileRecord[];
  readonly told?: LedgerRow;
}

/**
 * Whether the lake has let a window go. `retired`: exclusive end of what its rules have taken out. What lies before it
 * and was done after it has come in since, by a backfill without the rule, if its files are there: a rule of now takes
 * it out, if there is one. Where none is there, it is a copy from before that has the window back.
 */
export function isLetGo(entry: LedgerEntry, found: Found | undefined, retired: Millis): boolean {
  if (found?.told?.state === 'retired') return true;
  if (entry.window.end > retired) return false;
  const isDone = entry.state === 'done' || entry.state === 'unavailable';
  if (!isDone || entry.doneAt <= retired) return true;
  const there = new Set(found?.files.flatMap(({ path, bytes }) => (bytes > 0 ? [path] : [])));
  const full = entry.files.filter(({ rows }) => rows > 0);
  return full.length > 0 && !full.some(({ path }) => there.has(path));
}
