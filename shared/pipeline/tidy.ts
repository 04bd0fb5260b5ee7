import type { Clock, FileRecord, LakeTables, Ledger, LedgerEntry, Millis, ObjectStore, Versioned } from '../model.ts';

/** No run lives that long: the host ends an invocation after 30 minutes, and a stalled machine within hours. */
const oldestRun: Millis = 24 * 3_600_000;

export interface TidyPorts {
  readonly ledger: Ledger;
  readonly lake: ObjectStore;
  readonly tables?: LakeTables;
  readonly clock: Clock;
}

/** Readers of a table may still be at an older version: they are given as long as the protocol's own vacuum gives them. */
const oldestReader: Millis = 7 * oldestRun;

/**
 * Removes the empty files of a done or halved window once no attempt can be that old (a stalled one could create them again).
 * In a table these are the files that no version of the last week shows. The ledger forgets a path only after the file is gone.
 */
export async function removeOldEmpties(
  seen: Versioned<LedgerEntry>,
  { ledger, lake, tables, clock }: TidyPorts,
): Promise<void> {
  const entry = seen.value;
  const empty = entry.files.filter((file) => file.rows === 0);
  const age = tables === undefined ? oldestRun : oldestReader;
  const settled = ['done', 'halved', 'unavailable'].includes(entry.state);
  if (empty.length === 0 || !settled || Math.max(entry.doneAt, entry.startedAt) + age > clock.now()) return;
  const gone: FileRecord[] = [];
  for (const file of empty) {
    if (await tables?.isLive(file)) continue; // not ours to say: the table was changed by other hands
    const etag = await lake.head(file.path);
    if ((await ledger.read(entry.window))?.etag !== seen.etag) return; // a later run may have put rows there
    if (etag === undefined || (await lake.remove(file.path, etag))) gone.push(file);
  }
  await ledger.write({ ...entry, files: entry.files.filter((file) => !gone.includes(file)) }, seen.etag);
}
