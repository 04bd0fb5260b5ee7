import { rm, writeFile } from 'node:fs/promises';
import type { Layout, Signal } from '../model.ts';
import type { ColumnType } from '../signals/column.ts';
import { columnsOf } from '../signals/columns.ts';
import type { Database } from './database.ts';
import { decodedTable } from './decoded-table.ts';
import type { Cut } from './shorten.ts';
import { named, quote } from './sql.ts';

const QUOTE = 0x22;

/**
 * Puts back into the decoded rows of a line what had been cut out of it. By way of the new file `path`: a parameter of the statement would
 * stand in memory as a string and as DuckDB's value of it, until these are collected as garbage.
 */
export async function restoreCut(db: Database, path: string, signal: Signal, layout: Layout, ordinal: number, cut: Cut): Promise<void> {
  const table = decodedTable(signal);
  const texts = columnsOf(signal).filter(({ type }) => type === 'string' || type === 'dynamic');
  const content = `(SELECT content FROM read_text(${quote(path)}))`;
  const member = quote(JSON.stringify(cut.token));
  const wholeOf = (type: ColumnType): string => (type === 'string' ? quote(cut.token) : member);
  const holds = texts.map(({ name, type }) => {
    const column = named(name);
    const times = `(strlen(${column}) - strlen(replace(${column}, ${member}, ''))) // ${cut.token.length + 2}`;
    return `bool_or(${column} = ${wholeOf(type)}), max(CASE WHEN ${column} <> ${wholeOf(type)} AND contains(${column}, ${member}) THEN ${times} END)`;
  });
  const [found] = await db.rows(`SELECT ${holds.join(', ')} FROM ${table} WHERE _ordinal = ${ordinal}`);
  for (const [index, { name, type }] of texts.entries()) {
    const column = named(name);
    const update = `UPDATE ${table} SET ${column} =`;
    const [isWhole, times] = [found?.[2 * index] === true, Number(found?.[2 * index + 1] ?? 0)];
    if (isWhole) {
      await writeFile(path, wholeValue(cut.json, type === 'string', layout));
      await db.run(`${update} ${content} WHERE _ordinal = ${ordinal} AND ${column} = ${wholeOf(type)}`);
    }
    if (times === 0) continue;
    await writeFile(path, cut.json);
    const holding = `_ordinal = ${ordinal} AND contains(${column}, ${member})`;
    const at = `strpos(${column}, ${member})`;
    const filled = `concat(substr(${column}, 1, ${at} - 1), ${content}, substr(${column}, ${at} + ${cut.token.length + 2}))`;
    // One place at a time: replace() takes three times the room of what it makes.
    for (let n = 0; n < times; n++) await db.run(`${update} ${filled} WHERE ${holding}`);
  }
  await rm(path, { force: true });
  await db.run(`UPDATE ${table} SET _bytes = _bytes + ${cut.json.length} WHERE _ordinal = ${ordinal} AND _element = 0`);
}

/** Outside of the classic records a dynamic value may be text that holds JSON. */
function wholeValue(json: Buffer, isString: boolean, layout: Layout): Buffer | string {
  if ((!isString && layout === 'continuous') || json[0] !== QUOTE) return json;
  const text = String(JSON.parse(json.toString('utf8')));
  return isString || isJson(text) ? text : json;
}

function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
