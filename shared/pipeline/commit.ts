import type {
  Clock,
  Content,
  DraftFile,
  Engine,
  FileRecord,
  LakeTables,
  LedgerEntry,
  ObjectStore,
  TableFile,
  Window,
} from '../model.ts';
import type { Claim } from './claim.ts';
import { intendedEntry } from './entry.ts';
import { afterLoss } from './race.ts';
import { type InLakePorts, LedgerBehind, learnFiles } from './running/in-lake.ts';

export interface CommitPorts extends InLakePorts {
  readonly lake: ObjectStore;
  readonly clock: Pick<Clock, 'sleep' | 'random'>;
  /** Where in the lake a file of this window belongs; the revision tells only where a table holds the files. */
  path(file: DraftFile, window: Window, revision: number): string;
  /** As `FileRecord.hash`; left out: neither hash nor tag is noted. */
  hash?(content: Content): Promise<string>;
  /** Frees the local pieces of a file that has been committed. */
  discard(files: readonly string[]): Promise<void>;
  /** The tables through which readers see the files. Left out: they see whatever file is there. */
  readonly tables?: LakeTables;
}

/**
 * Steps 3 and 4 of the delivery protocol: the ledger learns the paths, then each file is put. Returns what was written.
 */
export async function commitFiles(files: readonly DraftFile[], claim: Claim, ports: CommitPorts): Promise<TableFile[]> {
  if (files.length === 0) return [];
  const records = files.map((file) => recordOf(file, claim.entry, ports));
  // What was known, and intended, before the claim was written needs no other look at the ledger than that.
  const looked = records.every(({ path }) => claim.known.has(path));
  const tags = await tagsBefore(records, claim, ports);
  // Where this writes it is the look at the ledger, too: it does so only while the revision is ours.
  let isNew = looked;
  await claim.update((entry) => {
    const next = intendedEntry(entry, records.map(intended));
    isNew ||= next !== entry;
    return next;
  });
  if (!isNew) await claim.check();
  const written: TableFile[] = [];
  for (const [index, file] of files.entries()) {
    const record = records[index] as TableFile;
    const { path } = record;
    const hash = ports.hash && (file.hash ?? (await ports.hash(file.content)));
    const etag = isInTable(file, ports)
      ? await putNew(path, file.content, ports.lake)
      : await putWhileOurs(path, file.content, tags[index], claim, ports);
    written.push(hash === undefined ? record : { ...record, etag, hash });
    await ports.discard(file.content.files);
  }
  return written;
}

/** Unreadable lines are in no table. */
const isInTable = ({ signal }: Pick<FileRecord, 'signal'>, { tables }: Pick<CommitPorts, 'tables'>): boolean =>
  tables !== undefined && signal !== 'quarantine';

/**
 * Step 5: what earlier revisions (or attempts that failed) wrote goes out of sight. In a table by the same entry of its
 * log that brings what was written into sight. Without one a path that has no rows now gets an empty file, never a
 * delete. Returns these files.
 */
export async function replaceOthers(
  written: readonly TableFile[],
  claim: Claim,
  ports: EmptyPorts & Pick<CommitPorts, 'tables'>,
  emptyFile: Engine['emptyFile'],
): Promise<FileRecord[]> {
  if (claim.looksInLake !== 'no') await learnFiles(claim, ports, claim.looksInLake === 'near');
  const kept = new Set(written.map((file) => file.path));
  const inTables = (file: FileRecord): boolean => isInTable(file, ports);
  const emptied: FileRecord[] = [];
  const others = () => claim.entry.files.filter(({ path }) => !kept.has(path) && !claim.unput.has(path));
  // Emptying them can tell of more.
  for (;;) {
    const plain = others().filter((file) => !inTables(file) && !emptied.some(({ path }) => path === file.path));
    if (plain.length === 0) break;
    emptied.push(...(await emptyFiles(plain, claim, ports, emptyFile)));
  }
  if (ports.tables === undefined) return emptied;
  await publish(written.filter(inTables), claim, ports.tables);
  return [...emptied, ...others().filter(inTables).map(intended)];
}

type EmptyPorts = Pick<CommitPorts, 'lake' | 'clock' | 'hash' | 'inLake'>;

async function publish(written: readonly TableFile[], claim: Claim, tables: LakeTables): Promise<void> {
  const { window, attempts, doneAt, revision, files } = claim.entry;
  const known = files.filter(({ signal }) => signal !== 'quarantine');
  // Attempts are counted from the last done run on.
  const afterDone = attempts === 1 && doneAt > 0;
  const seen = await tables.publish({ window, revision, written, known, afterDone }, claim.check);
  if (seen === 0) return;
  await claim.check(); // by whoever overtook us, most likely
  throw new LedgerBehind(window, revision, seen);
}

async function emptyFiles(
  files: readonly FileRecord[],
  claim: Claim,
  ports: EmptyPorts,
  emptyFile: Engine['emptyFile'],
): Promise<FileRecord[]> {
  const tags: (string | undefined)[] = [];
  const isLooked = files.every(({ path }) => claim.known.has(path));
  for (const { path } of files) tags.push(await tagOf(path, claim, ports));
  if (!isLooked) await claim.check();
  const emptied: FileRecord[] = [];
  for (const [index, { path, signal }] of files.entries()) {
    const content = await emptyFile(signal, path);
    const hash = await ports.hash?.(content);
    const etag = await putWhileOurs(path, content, tags[index], claim, ports);
    emptied.push({ path, signal, rows: 0, bytes: content.length, ...(hash !== undefined && { etag, hash }) });
  }
  return emptied;
}

/**
 * What the puts of a stretch of files go by, read before the ledger is. The first revision expects nothing at its
 * paths: should there be something, its put is a lost race. (A later part of a run may meet its own paths: then it
 * looks.) Nor is there anything where a name tells its revision.
 */
async function tagsBefore(
  records: readonly FileRecord[],
  claim: Claim,
  ports: Pick<CommitPorts, 'lake' | 'tables' | 'inLake'>,
): Promise<(string | undefined)[]> {
  const tags: (string | undefined)[] = [];
  const known = new Set(claim.entry.files.map(({ path }) => path));
  const isFirst = claim.entry.revision === 1;
  for (const record of records) {
    const isNew = isInTable(record, ports) || (isFirst && !known.has(record.path));
    tags.push(isNew ? claim.known.get(record.path) : await tagOf(record.path, claim, ports));
  }
  return tags;
}

/** What lies at a path that any run may have written to. */
async function tagOf(path: string, claim: Claim, ports: Pick<CommitPorts, 'lake' | 'inLake'>) {
  if (claim.known.has(path)) return claim.known.get(path);
  const etag = await ports.lake.head(path);
  const known = claim.entry.files.find((file) => file.path === path);
  // What an attempt has only meant to put may be there or not.
  const isOther = known === undefined ? etag !== undefined : known.etag !== undefined && known.etag !== etag;
  if (isOther && !claim.put.has(path)) await learnFiles(claim, ports);
  return etag;
}

/**
 * The order makes it safe: first the file's tag, *then* the ledger, *then* the put under that tag. Whoever overtook us
 * after the look at the ledger has read a tag at least as new, and one of the two puts fails: so one look serves all
 * files whose tags were read before it, however long their puts take. A lost race is tried again from the tag. Where
 * nobody has overtaken us it says that the ledger does not know what lies there: then the lake is asked.
 */
async function putWhileOurs(
  path: string,
  content: Content,
  seen: string | undefined,
  claim: Claim,
  ports: Pick<CommitPorts, 'lake' | 'clock' | 'inLake'>,
): Promise<string> {
  const { lake, clock } = ports;
  let etag = seen;
  // From now on it may be there, and what was known of it is over.
  claim.unput.delete(path);
  claim.known.delete(path);
  for (let [losses, unmoved] = [1, 0]; ; losses++) {
    if (claim.abort.aborted) await claim.check();
    const put = await putOrDoubt(path, content, etag, claim, lake);
    if (put !== undefined) {
      claim.put.add(path);
      return put;
    }
    const found = await lake.head(path);
    unmoved = found === etag ? unmoved + 1 : 0;
    if (unmoved >= mostUnmoved) throw new Error(`put ${path}: ${refused}`);
    if (unmoved === 0) await learnFiles(claim, ports);
    await afterLoss(losses, () => `put ${path}: ${replaced}`, clock, claim.abort);
    etag = found;
    await claim.check();
  }
}

/**
 * Where a put may have gone over what a later run put (the lock of a folder was lost in its moment), that run is done
 * once more.
 */
async function putOrDoubt(path: string, content: Content, etag: string | undefined, claim: Claim, lake: ObjectStore) {
  try {
    return await lake.put(path, content, etag);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'LockLost') await claim.doubt();
    throw error;
  }
}

/** Once it may be: gone when it was looked for, and there when it was put. */
const mostUnmoved = 2;
const refused = 'refused as if somebody else had changed it, which nobody has; it is tried again';
const replaced = 'another writer replaces it all the time; two deployments with different state must not share a lake';

/** A name that no other revision has: nothing may be there, and nobody sees it before the table tells of it. */
async function putNew(path: string, content: Content, lake: ObjectStore): Promise<string> {
  const etag = await lake.put(path, content, undefined);
  if (etag !== undefined) return etag;
  throw new Error(
    `put ${path}: it is there already, and the ledger knows of no other; the next try takes another name`,
  );
}

const recordOf = (file: DraftFile, { window, revision }: LedgerEntry, ports: CommitPorts): TableFile => ({
  path: ports.path(file, window, revision),
  signal: file.signal,
  rows: file.rows,
  bytes: file.content.bytes,
  ...(file.statistics !== undefined && { statistics: file.statistics }),
});

const intended = ({ path, signal }: FileRecord): FileRecord => ({ path, signal, rows: 0, bytes: 0 });
