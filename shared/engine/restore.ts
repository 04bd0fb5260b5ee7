import { rm, writeFile } from 'node:fs/promises';
import type { Layout, Signal } from '../model.ts';
import type { ColumnType } from '../signals/column.ts';
import { columnsOf } from '../signals/columns.ts';
import type { Database } from './database.ts';
import { decodedTable } from './decoded-table.ts';
import { type Cut, TOKEN } from './shorten.ts';
import { named, quote } from './sql.ts';
import { isJson } from './valid-json.ts';

const QUOTE = 0x22;
/** A token as it stands in JSON. */
const IN_JSON = new RegExp(`"(${TOKEN}[0-9a-f]{32})"`, 'g');

/**
 * Puts back into the decoded rows of a line all that had been cut out of it: value by value, each written once. By way of the new file
 * `path`: a parameter of the statement would stand in memory as a string and as DuckDB's value of it, until these are collected as garbage.
 */
export async function restoreCuts(
  db: Database,
  path: string,
  signal: Signal,
  layout: Layout,
  ordinal: number,
  cuts: readonly Cut[],
): Promise<void> {
  const table = decodedTable(signal);
  const texts = columnsOf(signal).filter(({ type }) => type === 'string' || type === 'dynamic');
  const jsonOf = new Map(cuts.map(({ token, json }) => [token, json]));
  const short = texts.map(({ name }) => `CASE WHEN contains(${named(name)}, ${quote(TOKEN)}) THEN ${named(name)} END`);
  const rows = await db.rows(`SELECT rowid FROM ${table} WHERE _ordinal = ${ordinal}`);
  for (const [row] of rows) {
    const [found] = await db.rows(`SELECT ${short.join(', ')} FROM ${table} WHERE rowid = ${row}`);
    for (const [index, { name, type }] of texts.entries()) {
      if (typeof found?.[index] !== 'string') continue;
      await writeFile(path, restored(found[index], type, layout, jsonOf));
      await db.run(
        `UPDATE ${table} SET ${named(name)} = (SELECT content FROM read_text(${quote(path)})) WHERE rowid = ${row}`,
      );
    }
  }
  await rm(path, { force: true });
  const bytes = cuts.reduce((sum, { json }) => sum + json.length, 0);
  await db.run(`UPDATE ${table} SET _bytes = _bytes + ${bytes} WHERE _ordinal = ${ordinal} AND _element = 0`);
}

/** The text with its values, in pieces. */
function restored(
  text: string,
  type: ColumnType,
  layout: Layout,
  jsonOf: ReadonlyMap<string, Buffer>,
): (Buffer | string)[] {
  const whole = jsonOf.get(type === 'string' ? text : text.slice(1, -1));
  if (whole !== undefined) return [wholeValue(whole, type === 'string', layout)];
  // Between the pieces of text stand the tokens.
  return text.split(IN_JSON).map((piece, index) => (index % 2 === 0 ? piece : (jsonOf.get(piece) ?? `"${piece}"`)));
}

/** Outside of the classic records a dynamic value may be text that holds JSON, on more than one line. */
function wholeValue(json: Buffer, isString: boolean, layout: Layout): Buffer | string {
  if ((!isString && layout === 'continuous') || json[0] !== QUOTE) return json;
  const text = String(JSON.parse(json.toString('utf8')));
  if (isString) return text;
  return /^\s*[{[]/.test(text) && isJson(Buffer.from(text)) ? text.trim().replaceAll(/[\r\n]/g, ' ') : json;
}
