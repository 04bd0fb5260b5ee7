import type { Clock, FileRecord, Hints, LakeTables, Ledger, LedgerEntry, ObjectStore } from '../../model.ts';
import { sendFor } from '../ask/ask.ts';
import { askedAgain, isAtRest } from '../entry.ts';
import { type Reads, staysAsRead } from '../names/bound.ts';
import { requeuedFingerprint } from '../verdict.ts';
import { faultOf, type LakeView, type WrongFile } from './in-tables.ts';

/** One window of the ledger beside its files. */

export interface LakeEntryPorts {
  readonly ledger: Ledger;
  readonly lake: ObjectStore;
  /** The tables through which readers see the files; left out: they see what is there. */
  readonly tables?: LakeTables;
  readonly clock: Pick<Clock, 'now'>;
  /** What windows would be read from now; left out: what they always were. */
  readonly reads?: Reads;
  /** Left out: nobody waits for messages, the windows run when the command that made them runs again. */
  readonly hints?: Hints;
  /** As `FileRecord.hash` is made. Left out: files are not read, lengths alone count. */
  hash?(pieces: AsyncIterable<Uint8Array>): Promise<string>;
}

export interface JudgedEntry {
  readonly wrong: readonly WrongFile[];
  /** Files whose tag is another and whose bytes are the same (another tier, metadata), with the tag that they have. */
  readonly touched: readonly FileRecord[];
  /** Bytes that were read to tell. */
  readonly read: number;
}

/** What is retired has no files that should be there. */
export const isKept = (entry: LedgerEntry): boolean => isAtRest(entry) && entry.state !== 'retired';

/**
 * What is wrong with the files of a window that is done. A file with another tag than the run's put gave it is read, as
 * far as `most` bytes go, and compared by its hash: a tag changes with a tier or metadata, too.
 */
export async function judgeEntry(
  { files }: LedgerEntry,
  view: LakeView,
  most: number,
  ports: Pick<LakeEntryPorts, 'lake' | 'hash'>,
): Promise<JudgedEntry> {
  const wrong: WrongFile[] = [];
  const touched: FileRecord[] = [];
  let read = 0;
  for (const file of files) {
    const fault = faultOf(file, view);
    if (typeof fault === 'object') wrong.push(fault);
    const etag = view.there.get(file.path)?.etag;
    if (fault !== 'touched' || etag === undefined || ports.hash === undefined || read + file.bytes > most) continue;
    read += file.bytes;
    const hash = await ports.hash(ports.lake.read(file.path, { start: 0, end: file.bytes, etag }));
    if (hash === file.hash) touched.push({ ...file, etag });
    else wrong.push({ path: file.path, problem: 'altered', expected: file.bytes, found: file.bytes });
  }
  return { wrong, touched, read };
}

/**
 * Due once more, although its source is as it was. False when it has run or changed meanwhile, and where its app reads
 * something else by now, which has none of its rows.
 */
export async function runAgain(entry: LedgerEntry, { ledger, clock, hints, reads }: LakeEntryPorts): Promise<boolean> {
  if (staysAsRead(entry, reads)) return false;
  const seen = await ledger.read(entry.window);
  if (seen === undefined || seen.value.revision !== entry.revision || !isKept(seen.value)) return false;
  const asked = { ...askedAgain(seen.value, 0), fingerprint: requeuedFingerprint(seen.value.fingerprint) };
  await ledger.opening(entry.window);
  const etag = await ledger.write(asked, seen.etag);
  if (etag !== undefined && hints !== undefined)
    await sendFor({ entry: asked, etag, free: 0 }, { ledger, hints, clock });
  return etag !== undefined;
}

/** The ledger learns the tags that files have now: they need not be read the next time. */
export async function noteTags(
  entry: LedgerEntry,
  touched: readonly FileRecord[],
  { ledger }: LakeEntryPorts,
): Promise<void> {
  const seen = await ledger.read(entry.window);
  if (seen === undefined || seen.value.revision !== entry.revision || !isKept(seen.value)) return;
  const known = new Map(touched.map((file) => [file.path, file]));
  const files = seen.value.files.map((file) => known.get(file.path) ?? file);
  await ledger.write({ ...seen.value, files }, seen.etag);
}
