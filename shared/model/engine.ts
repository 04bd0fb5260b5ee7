import type { Counts } from './ledger.ts';
import type { Chunk } from './source.ts';
import type { Millis, Signal, Window } from './windows.ts';

/** A finished file on local disk, to be committed to the lake. */
export interface DraftFile {
  readonly signal: Signal | 'quarantine';
  /** Start of the partition that the rows fall into. */
  readonly partition: Millis;
  /** 1 for the first file of window and partition; beyond the size limit 2, 3, … */
  readonly part: number;
  /** Local files whose contents, one after the other, are the file. */
  readonly content: { readonly files: readonly string[]; readonly bytes: number };
  /** As `FileRecord.hash`; left out: nobody has looked. */
  readonly hash?: string;
  readonly rows: number;
  /** Of a Parquet file: what a Delta log tells of its columns, as JSON. */
  readonly statistics?: string;
}

/** A field in `extra` that neither the column tables nor the documentation of the source know. */
export interface Drift {
  readonly signal: Signal;
  /** Dotted, from the root of the record; arrays are passed through. */
  readonly path: string;
  /** Rows that have it, of those that were counted. */
  readonly count: number;
}

/** A drift as an app and a source first showed it. */
export interface DriftSighting extends Drift {
  readonly app: string;
  /** The layout, or `query`. */
  readonly source: string;
  /** Start of the run that saw it; `count` is that run's. */
  readonly firstSeen: Millis;
}

/** Decodes, deduplicates and encodes one run of one window. Local files live in the run's work folder. */
export interface Draft {
  /**
   * Decodes a chunk and stages its rows. Returns the files that are full or must leave to keep temporary disk bounded.
   */
  add(chunk: Chunk): Promise<readonly DraftFile[]>;
  /** Everything that is still staged, quarantine included. */
  finish(): Promise<readonly DraftFile[]>;
  readonly counts: Counts;
  /** Most frequent first, at most 100; left out: none is looked for. */
  readonly drift?: readonly Drift[];
  /** Why lines are in quarantine: the first few reasons, each once; left out: not told. */
  readonly reasons?: readonly string[];
  /** Frees memory; safe to call twice. */
  close(): Promise<void>;
}

export interface Engine {
  /** `revision`: of the ledger, for what files say of themselves. */
  begin(window: Window, work: string, revision: number): Promise<Draft>;
  /** The bytes of a file of that signal without rows, readable by every reader of the format. */
  /** `path`: of a file that may have been written in another format than is set now; left out: the one that is set. */
  emptyFile(signal: Signal | 'quarantine', path?: string): Promise<Uint8Array>;
}
