import type { FileRecord, LakeTables, Signal, StoredObject, TableListing } from '../../model.ts';
import { signals } from '../../signals/tables.ts';

/** A file of a window that is done, and what is wrong with it. */
export interface WrongFile {
  readonly path: string;
  /**
   * `missing`: it is not there. `differs`: it has another length. `altered`: other bytes of the same length. Of a table
   * also `hidden`: its log does not name it, so that no reader sees it; `shown`: readers see it, although a later run
   * took its place.
   */
  readonly problem: 'missing' | 'differs' | 'altered' | 'hidden' | 'shown';
  /** Bytes in the ledger, and in the lake; undefined: it is not there. */
  readonly expected: number;
  readonly found: number | undefined;
}

/** A file of the lake, as it is listed. */
export type SeenFile = Pick<StoredObject, 'bytes' | 'etag' | 'archived'>;

/** The lake as it was when an audit began. */
export interface LakeView {
  readonly there: ReadonlyMap<string, SeenFile>;
  /** What readers of its tables see; undefined: it has none. */
  readonly seen: TableListing | undefined;
}

const nothing: TableListing = { live: new Map(), removed: new Set() };

/**
 * All that readers see of the tables of a lake. `unread`: gets the tables whose log cannot be read, and why; left out:
 * the first of them ends it.
 */
export async function listTables(tables: LakeTables, unread?: Map<Signal, string>): Promise<TableListing> {
  const live = new Map<string, number>();
  const removed = new Set<string>();
  for (const signal of signals) {
    const listing = await tables.listing(signal).catch((error: unknown) => {
      if (unread === undefined) throw error;
      unread.set(signal, error instanceof Error ? error.message : String(error));
      return nothing;
    });
    for (const [path, bytes] of listing.live) live.set(path, bytes);
    for (const path of listing.removed) removed.add(path);
  }
  return { live, removed };
}

/**
 * What is wrong with a file of a window that is done; undefined: nothing. `touched`: it has another tag than its put
 * was answered with, and only its bytes tell. A file without rows may have been tidied away. In a table it is dead:
 * whatever lies there is of an earlier run, waits for its removal, and is to be seen by nobody.
 */
export function faultOf(
  { path, signal, rows, bytes, etag, hash }: FileRecord,
  { there, seen }: LakeView,
): WrongFile | 'touched' | undefined {
  const file = there.get(path);
  const found = file?.bytes;
  const wrong = (problem: WrongFile['problem']): WrongFile => ({ path, problem, expected: bytes, found });
  if (seen !== undefined && signal !== 'quarantine') {
    if (rows === 0) return seen.live.has(path) ? wrong('shown') : undefined;
    if (!seen.live.has(path)) return wrong('hidden');
    if (found !== undefined && seen.live.get(path) !== bytes) return wrong('differs');
  }
  if (rows === 0 && found === undefined) return undefined;
  if (file !== undefined && found === bytes)
    return hash !== undefined && etag !== file.etag && !file.archived ? 'touched' : undefined;
  return wrong(found === undefined ? 'missing' : 'differs');
}
