import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout, Shaping, Signal } from '../model.ts';
import { isPromotion, noShape, shapedColumns } from '../signals/shape.ts';
import type { Database } from './database.ts';
import { decodedTable } from './decoded-table.ts';
import { hiddenTrees } from './hidden-fields.ts';
import { LONG_LINE } from './lines.ts';
import { scrubText } from './scrub-text.ts';
import { promotedName, promotedText } from './shaped-rows.ts';
import { named, quote } from './sql.ts';

/**
 * Makes the decoded rows of a signal ready to be shaped: the texts of promoted fields become columns, before anything is taken out of what
 * they stand in; and long values lose their hidden fields here, one by one, for the statement that does it for all others would take many
 * times their length of memory. They come back by way of a file in `work`, as cut values do.
 */
export async function prepareRows(
  db: Database,
  work: string,
  signal: Signal,
  layout: Layout,
  shaping: Shaping,
): Promise<void> {
  const table = decodedTable(signal);
  for (const [index, { from }] of shapedColumns(signal, shaping.signals[signal] ?? noShape).entries()) {
    if (!isPromotion(from)) continue;
    await db.run(`ALTER TABLE ${table} ADD COLUMN ${promotedName(index)} VARCHAR`);
    await db.run(`UPDATE ${table} SET ${promotedName(index)} = ${promotedText(from)}`);
  }
  for (const [name, tree] of hiddenTrees(signal, layout, shaping)) {
    const column = named(name);
    const long = await db.rows(`SELECT rowid FROM ${table} WHERE strlen(${column}) > ${LONG_LINE}`);
    for (const [row] of long) {
      const [found] = await db.rows(`SELECT ${column} FROM ${table} WHERE rowid = ${row}`);
      const path = join(work, 'scrubbed-value');
      await writeFile(path, scrubText(String(found?.[0]), tree));
      await db.run(
        `UPDATE ${table} SET ${column} = (SELECT content FROM read_text(${quote(path)})) WHERE rowid = ${row}`,
      );
      await rm(path, { force: true });
    }
  }
}
