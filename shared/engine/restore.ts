import type { Layout, Signal } from '../model.ts';
import type { ColumnType } from '../signals/column.ts';
import { columnsOf } from '../signals/columns.ts';
import type { Database } from './database.ts';
import { decodedTable } from './decoded-table.ts';
import type { Cut } from './shorten.ts';
import { named, quote } from './sql.ts';

/** Puts back into the decoded rows of a line what had been cut out of it. */
export async function restoreCut(db: Database, signal: Signal, layout: Layout, ordinal: number, cut: Cut): Promise<void> {
  const table = decodedTable(signal);
  const texts = columnsOf(signal).filter(({ type }) => type === 'string' || type === 'dynamic');
  const member = quote(JSON.stringify(cut.token));
  const wholeOf = (type: ColumnType): string => (type === 'string' ? quote(cut.token) : member);
  const holds = texts.map(({ name, type }) => {
    const column = named(name);
    return `bool_or(${column} = ${wholeOf(type)}), bool_or(${column} <> ${wholeOf(type)} AND contains(${column}, ${member}))`;
  });
  const [found] = await db.rows(`SELECT ${holds.join(', ')} FROM ${table} WHERE _ordinal = ${ordinal}`);
  for (const [index, { name, type }] of texts.entries()) {
    const column = named(name);
    const update = `UPDATE ${table} SET ${column} =`;
    if (found?.[2 * index] === true) {
      const value = wholeText(cut.json, type === 'string', layout);
      await db.run(`${update} $value WHERE _ordinal = ${ordinal} AND ${column} = ${wholeOf(type)}`, { value });
    }
    if (found?.[2 * index + 1] === true) {
      const json = cut.json.toString('utf8');
      await db.run(`${update} replace(${column}, ${member}, $json) WHERE _ordinal = ${ordinal} AND contains(${column}, ${member})`, {
        json,
      });
    }
  }
  await db.run(`UPDATE ${table} SET _bytes = _bytes + ${cut.json.length} WHERE _ordinal = ${ordinal} AND _element = 0`);
}

/** Outside of the classic records a dynamic value may be text that holds JSON. */
function wholeText(bytes: Buffer, isString: boolean, layout: Layout): string {
  const json = bytes.toString('utf8');
  if ((!isString && layout === 'continuous') || !json.startsWith('"')) return json;
  const text = String(JSON.parse(json));
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
