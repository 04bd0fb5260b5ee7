import { join } from 'node:path';
import type { Signal } from '../model.ts';
import type { Database } from './database.ts';
import { decodedTable } from './decoded-table.ts';
import { quote, quoteAll } from './sql.ts';

/** What a draft has seen: 128 bits a row, so that two different rows being taken for one is out of the question. */
export interface Seen {
  /** Takes rows out of the signal's decoded table that the draft has seen before, or that stand in it twice. Returns how many. */
  removeRepeated(signal: Signal): Promise<number>;
}

/** Of the type there are no Parquet files. */
const HALVES = '(_same >> 64)::UBIGINT AS high, (_same & 18446744073709551615::UHUGEINT)::UBIGINT AS low';
const WHOLE = '((high::UHUGEINT << 64) | low::UHUGEINT) AS _same';

/**
 * `heldRows`: of so many the hashes are held in memory (24 bytes each); those before them lie in files in `work`, 16 bytes each, so that
 * memory does not grow with the window. Searching a file of a million takes some 30 ms a chunk.
 */
export async function createSeen(db: Database, work: string, heldRows: number): Promise<Seen> {
  const files: string[] = [];
  let held = 0;
  const empty = () => db.run('CREATE OR REPLACE TEMP TABLE seen (_same UHUGEINT)');
  await empty();

  // What was seen is looked for in the chunk, not the other way round: a hash table of all that was seen grows with the window.
  const againOf = (known: string): string => {
    const inMemory = `SELECT _same FROM seen WHERE _same IN (${known})`;
    if (files.length === 0) return inMemory;
    return `${inMemory} UNION ALL SELECT ${WHOLE} FROM read_parquet(${quoteAll(files)}) WHERE (high, low) IN (SELECT ${HALVES} FROM (${known}))`;
  };

  async function remember(known: string, rows: number): Promise<void> {
    await db.run(`INSERT INTO seen ${known}`);
    held += rows;
    if (held < heldRows) return;
    const path = join(work, `seen-${files.length + 1}`);
    await db.run(`COPY (SELECT ${HALVES} FROM seen) TO ${quote(path)} (FORMAT parquet, COMPRESSION uncompressed)`);
    files.push(path);
    held = 0;
    await empty();
  }

  return {
    async removeRepeated(signal) {
      const table = decodedTable(signal);
      const known = `SELECT _same FROM ${table} WHERE _same IS NOT NULL`;
      const again = againOf(known);
      // Nearly always there is nothing to take out, and looking is cheap.
      const [counted] = await db.rows(`SELECT (SELECT count(*) FROM (${known})),
        (SELECT count(*) FROM (SELECT DISTINCT _same FROM (${known}))) - (SELECT count(*) FROM (${again}))`);
      const [rows, fresh] = [Number(counted?.[0]), Number(counted?.[1])];
      if (fresh < rows) {
        await db.run(`DELETE FROM ${table} WHERE _same IS NOT NULL AND (_same IN (${again})
          OR rowid NOT IN (SELECT min(rowid) FROM ${table} WHERE _same IS NOT NULL GROUP BY _same))`);
      }
      await remember(known, fresh);
      return rows - fresh;
    },
  };
}
