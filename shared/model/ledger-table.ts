import type { FileRecord } from './files.ts';
import type { Content } from './stores.ts';
import type { ShownState } from './tally.ts';
import type { Millis, Window } from './windows.ts';

/** A window as the ledger's table in the lake tells of it. Counts are those of its last run. */
export interface LedgerRow {
  readonly window: Window;
  readonly state: ShownState;
  readonly revision: number;
  /** Rows read = written + twice + filtered; unreadable lines are counted apart. */
  readonly read: number;
  readonly written: number;
  readonly twice: number;
  readonly filtered: number;
  readonly quarantined: number;
  /** Rows that came in after the window had been done, and rows that went again. */
  readonly late: number;
  readonly purged: number;
  /** 0: never, or not known. */
  readonly firstDone: Millis;
  readonly lastDone: Millis;
  /** When its source was last seen to be as its last run read it: that run, an audit or a sweep. */
  readonly lastConfirmed: Millis;
  readonly fingerprint: string;
  /** Those with rows, and empty ones that wait for their removal. */
  readonly files: readonly FileRecord[];
}

/** A file of the table in the making, on the local disk. */
export interface LedgerFile {
  /** Written before this resolves. */
  add(rows: readonly LedgerRow[]): Promise<void>;
  /** Nothing is added afterwards. */
  end(): Promise<Exclude<Content, Uint8Array>>;
}
