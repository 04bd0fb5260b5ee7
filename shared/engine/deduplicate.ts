import type { Signal } from '../model.ts';
import type { Database } from './database.ts';
import { decodedTable } from './decoded-table.ts';

/** The table of what this draft has seen: 128 bits a row, so that two different rows being taken for one is out of the question. */
export const createSeen = 'CREATE TEMP TABLE seen (_same UHUGEINT)';

/** Takes rows out of the signal's decoded table that the draft has seen before, or that stand in it twice. Returns how many. */
export async function removeRepeated(db: Database, signal: Signal): Promise<number> {
  const table = decodedTable(signal);
  const known = `SELECT _same FROM ${table} WHERE _same IS NOT NULL`;
  // What was seen is looked for in the chunk, not the other way round: a hash table of all that was seen grows with the window.
  const again = `SELECT _same FROM seen WHERE _same IN (${known})`;
  // Nearly always there is nothing to take out, and looking is cheap.
  const [counted] = await db.rows(`SELECT (SELECT count(*) FROM (${known})),
    (SELECT count(*) FROM (SELECT DISTINCT _same FROM (${known}))) - (SELECT count(*) FROM (${again}))`);
  const repeated = Number(counted?.[0]) - Number(counted?.[1]);
  if (repeated > 0) {
    await db.run(`DELETE FROM ${table} WHERE _same IS NOT NULL AND (_same IN (${again})
      OR rowid NOT IN (SELECT min(rowid) FROM ${table} WHERE _same IS NOT NULL GROUP BY _same))`);
  }
  await db.run(`INSERT INTO seen ${known}`);
  return repeated;
}
