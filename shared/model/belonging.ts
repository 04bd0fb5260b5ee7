import type { Millis } from './windows.ts';

/** Where a ledger is kept, without secrets. `lake`: in the lake itself, as the command line has it. */
export type LedgerPlace =
  | { readonly kind: 'lake' }
  | {
      readonly kind: 'table';
      /** Address of the account's tables. */
      readonly url: string;
      readonly table: string;
      /** Its part of the table: several lakes can keep their ledgers in one. */
      readonly part: string;
    };

/** What a lake says of itself, in a small document that lies in it. */
export interface LakeWord {
  readonly id: string;
  readonly madeAt: Millis;
  /** The one ledger that describes it. */
  readonly ledger: LedgerPlace;
  /** Version of the product that wrote this. */
  readonly product: string;
  /** Rises as that of the ledger's mark does, a moment later: a ledger with a smaller one is a copy from before. */
  readonly count: number;
  /** When it last rose, by the clock of whoever counted. */
  readonly countedAt: Millis;
  /**
   * The tag that the ledger's mark had at that count. Rows that are put back from a copy have other tags. '': not noted
   * (a ledger in the lake goes where the lake goes).
   */
  readonly markTag: string;
  /** Path templates by which files of its windows are named, or were. */
  readonly paths: readonly string[];
}

/** How a ledger knows its lake. */
export interface LedgerMark {
  /** That of the lake. */
  readonly id: string;
  /** Rises every few minutes in which the ledger is used. */
  readonly count: number;
  /** It is being made from the files of the lake, or that was interrupted: it must not be used before it is whole. */
  readonly adopting: boolean;
}
