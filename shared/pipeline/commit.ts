import type { Clock, Content, DraftFile, FileRecord, ObjectStore, Window } from '../model.ts';
import type { Claim } from './claim.ts';
import { intendedEntry } from './entry.ts';
import { afterLoss } from './race.ts';

export interface CommitPorts {
  readonly lake: ObjectStore;
  readonly clock: Pick<Clock, 'sleep' | 'random'>;
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
  const tags = await tagsBefore(records, claim, ports.lake);
  // Where this writes it is the look at the ledger, too: it does so only while the revision is ours.
  let isNew = false;
  await claim.update((entry) => {
    const next = intendedEntry(entry, records.map(intended));
    isNew = next !== entry;
    return next;
  });
  if (!isNew) await claim.check();
  for (const [index, file] of files.entries()) {
    await putWhileOurs(records[index]?.path ?? '', file.content, tags[index], claim, ports);
    await ports.discard(file.content.files);
  }
  return records;
}

/** Step 5: a path of an earlier revision (or of an attempt that failed) that has no rows now gets an empty file, never a delete. */
export async function emptyOthers(
  written: readonly FileRecord[],
  claim: Claim,
  { lake, clock }: Pick<CommitPorts, 'lake' | 'clock'>,
  emptyFile: (signal: FileRecord['signal']) => Promise<Uint8Array>,
): Promise<FileRecord[]> {
  const kept = new Set(written.map((file) => file.path));
  const others = claim.entry.files.filter((earlier) => !kept.has(earlier.path));
  if (others.length === 0) return [];
  const tags: (string | undefined)[] = [];
  for (const { path } of others) tags.push(await lake.head(path));
  await claim.check();
  const emptied: FileRecord[] = [];
  for (const [index, file] of others.entries()) {
    const content = await emptyFile(file.signal);
    await putWhileOurs(file.path, content, tags[index], claim, { lake, clock });
    emptied.push({ ...file, rows: 0, bytes: content.length });
  }
  return emptied;
}

/**
 * What the puts of a stretch of files go by, read before the ledger is. The first revision expects nothing at its paths: should there be
 * something, its put is a lost race. (A later part of a run may meet its own paths: then it looks.)
 */
async function tagsBefore(
  records: readonly FileRecord[],
  { entry }: Claim,
  lake: ObjectStore,
): Promise<(string | undefined)[]> {
  const tags: (string | undefined)[] = [];
  const known = new Set(entry.files.map(({ path }) => path));
  const isFirst = entry.revision === 1;
  for (const { path } of records) tags.push(isFirst && !known.has(path) ? undefined : await lake.head(path));
  return tags;
}

/**
 * The order makes it safe: first the file's tag, *then* the ledger, *then* the put under that tag. Whoever overtook us after the look at
 * the ledger has read a tag at least as new, and one of the two puts fails: so one look serves all files whose tags were read before it,
 * however long their puts take. A lost race is tried again from the tag.
 */
async function putWhileOurs(
  path: string,
  content: Content,
  seen: string | undefined,
  claim: Claim,
  { lake, clock }: Pick<CommitPorts, 'lake' | 'clock'>,
): Promise<void> {
  let etag = seen;
  for (let losses = 1; ; losses++) {
    if (claim.abort.aborted) await claim.check();
    if ((await lake.put(path, content, etag)) !== undefined) return;
    await afterLoss(losses, () => `put ${path}: ${replaced}`, clock, claim.abort);
    etag = await lake.head(path);
    await claim.check();
  }
}

const replaced = 'another writer replaces it all the time; two deployments with different state must not share a lake';

const recordOf = (file: DraftFile, window: Window, ports: CommitPorts): FileRecord => ({
  path: ports.path(file, window),
  signal: file.signal,
  rows: file.rows,
  bytes: file.content.bytes,
});

const intended = (file: FileRecord): FileRecord => ({ ...file, rows: 0, bytes: 0 });
