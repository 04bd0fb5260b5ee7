import type { Rows } from '../vectors.ts';

/**
 * A file in the making, as bytes that follow each other: `begin`, then of each `rows`, then `end`. A piece is good
 * until the next one is asked for. `end` throws when the file would not have so many rows.
 */
export interface Encoding {
  begin(): Uint8Array;
  rows(rows: Rows): Iterable<Uint8Array>;
  end(rows: number): Uint8Array;
  /** Of a file that a table tells of: what its log says of it. */
  statistics?(): string;
  /** Between two `rows`. Returns what makes it as it is now, after more rows and the end, too. */
  mark(): () => void;
}
