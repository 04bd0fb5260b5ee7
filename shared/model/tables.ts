import type { FileRecord } from './files.ts';
import type { Signal, Window } from './windows.ts';

/** A file to come into sight. */
export interface TableFile extends FileRecord {
  /** What the log tells of its columns: JSON, as Delta's `stats`; left out: the number of rows alone. */
  readonly statistics?: string;
}

/** What a revision of a window wants readers to see in place of what they see of it. */
export interface TableRevision {
  readonly window: Window;
  readonly revision: number;
  readonly written: readonly TableFile[];
  /**
   * Every file that the ledger knows of the window: with rows those of its last done run, without rows those meant by
   * any run.
   */
  readonly known: readonly FileRecord[];
  /** The revision before this one was done: `known` with rows is all that it wrote. */
  readonly afterDone: boolean;
}

export type IsDone = (signal: Signal, files: ReadonlySet<string>) => Promise<boolean>;

/**
 * A lake whose files readers see through tables, one a signal. The files of a run are new names; they come into sight
 * together, by one entry of the table's log, and those of earlier revisions go out of it by the same.
 */
export interface LakeTables {
  /**
   * Fails with what to do where the lake holds files that are in no table. `isDone`: whether the ledger has rows of the
   * signal in one of these files; asked only where a table without a log has a few files of ours. Left out: it has not.
   */
  prepare(isDone?: IsDone): Promise<void>;
  /** The largest revision of the window that its table, or those of the other signals, have seen; 0: none. */
  seen(window: Window, others: readonly Signal[]): Promise<number>;
  /**
   * One table after the other. `check` throws when the run was overtaken, and is asked right before each entry is put.
   * Returns 0, or a revision not below ours that a table has seen of the window: then nothing is in sight there that
   * was not before.
   */
  publish(revision: TableRevision, check: () => Promise<void>): Promise<number>;
  /**
   * Readers see nothing of these windows any more: one entry of the log for each table that has files of them. Where
   * one has seen a later revision of a window, that window stays as it is there.
   */
  retire(windows: readonly RetiredFiles[]): Promise<void>;
  /** Whether readers see the file now. */
  isLive(file: FileRecord): Promise<boolean>;
  /** What readers see of the signal's table; empty where there is none. */
  listing(signal: Signal): Promise<TableListing>;
}

/** A window that goes, at the revision under which it does, with every file that the ledger knows of it. */
export type RetiredFiles = Pick<TableRevision, 'window' | 'revision'> & {
  readonly files: readonly FileRecord[];
  /** A run began so lately that it may not have ended: the log is told the revision, whatever it shows. */
  readonly fresh: boolean;
};

/** Files of a table, by their paths in the store. */
export interface TableListing {
  /** Those that readers see, with their bytes. */
  readonly live: ReadonlyMap<string, number>;
  /** Those that they saw in an earlier version, as far as the log still tells. */
  readonly removed: ReadonlySet<string>;
}
