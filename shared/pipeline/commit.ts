import type { Content, DraftFile, FileRecord, ObjectStore, Window } from '../model.ts';
import type { Claim } from './claim.ts';
import { intendedEntry } from './entry.ts';

export interface CommitPorts {
  readonly lake: ObjectStore;
  /** Where in the lake a file of this window belongs. */
  path(file: DraftFile, window: Window): string;
  /** Frees the local pieces of a file that has been committed. */
  discard(files: readonly string[]): Promise<void>;
}

/** Steps 3 and 4 of the delivery protocol: the ledger learns the paths, then each file is put. Returns what was written. */
export async function commitFiles(
  files: readonly DraftFile[],
  claim: Claim,
  ports: CommitPorts,
): Promise<FileRecord[]> {
  if (files.length === 0) return [];
  const records = files.map((file) => recordOf(file, claim.entry.window, ports));
  await claim.update((entry) => intendedEntry(entry, records.map(intended)));
  for (const [index, file] of files.entries()) {
    await putWhileOurs(records[index]?.path ?? '', file.content, claim, ports.lake);
    await ports.discard(file.content.files);
  }
  return records;
}

/** Step 5: a path of an earlier revision (or of an attempt that failed) that has no rows now gets an empty file, never a delete. */
export async function emptyOthers(
  written: readonly FileRecord[],
  claim: Claim,
  lake: ObjectStore,
  emptyFile: (signal: FileRecord['signal']) => Promise<Uint8Array>,
): Promise<FileRecord[]> {
  const kept = new Set(written.map((file) => file.path));
  const emptied: FileRecord[] = [];
  for (const file of claim.entry.files.filter((earlier) => !kept.has(earlier.path))) {
    const content = await emptyFile(file.signal);
    await putWhileOurs(file.path, content, claim, lake);
    emptied.push({ ...file, rows: 0, bytes: content.length });
  }
  return emptied;
}

/**
 * The order makes it safe: first the file's tag, *then* the ledger, *then* the put under that tag. Whoever overtook us after the
 * check has read a tag at least as new, and one of the two puts fails. A lost race is tried again from the tag.
 */
async function putWhileOurs(path: string, content: Content, claim: Claim, lake: ObjectStore): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const etag = await lake.head(path);
    await claim.check();
    if ((await lake.put(path, content, etag)) !== undefined) return;
  }
  throw new Error(
    `put ${path}: another writer replaces it all the time; two deployments with different state must not share a lake`,
  );
}

const recordOf = (file: DraftFile, window: Window, ports: CommitPorts): FileRecord => ({
  path: ports.path(file, window),
  signal: file.signal,
  rows: file.rows,
  bytes: file.content.bytes,
});

const intended = (file: FileRecord): FileRecord => ({ ...file, rows: 0, bytes: 0 });
