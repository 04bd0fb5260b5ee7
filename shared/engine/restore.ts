import type { Layout, Signal } from '../model.ts';
import { columnsOf } from '../signals/columns.ts';
import type { Database } from './database.ts';
import { decodedTable } from './decoded-table.ts';
import type { Cut } from './shorten.ts';
import { named, quote } from './sql.ts';

/** Puts back into the decoded rows of a line what had been cut out of it. */
export async function restoreCut(db: Database, signal: Signal, layout: Layout, ordinal: number, cut: Cut): Promise<void> {
  const table = decodedTable(signal);
  const texts = columnsOf(signal).filter(({ type }) => type === 'string' || type === 'dynamic');
  const holds = texts.map(({ name }) => `coalesce(bool_or(contains(${named(name)}, ${quote(cut.token)})), false)`);
  const [found] = await db.rows(`SELECT ${holds.join(', ')} FROM ${table} WHERE _ordinal = ${ordinal}`);
  const json = cut.json.toString('utf8');
  const text = textOf(json);
  for (const { name, type } of texts.filter((_, index) => found?.[index] === true)) {
    const column = named(name);
    const member = quote(JSON.stringify(cut.token));
    // Outside of the classic records a dynamic value may be text that holds JSON.
    const dynamic = layout !== 'continuous' && isJson(text) ? text : json;
    const whole = type === 'string' ? { value: text, token: quote(cut.token) } : { value: dynamic, token: member };
    const update = `UPDATE ${table} SET ${column} =`;
    await db.run(`${update} $value WHERE _ordinal = ${ordinal} AND ${column} = ${whole.token}`, { value: whole.value });
    await db.run(`${update} replace(${column}, ${member}, $json) WHERE _ordinal = ${ordinal} AND contains(${column}, ${member})`, { json });
  }
  await db.run(`UPDATE ${table} SET _bytes = _bytes + ${cut.json.length} WHERE _ordinal = ${ordinal} AND _element = 0`);
}

const textOf = (json: string): string => (json.startsWith('"') ? String(JSON.parse(json)) : json);

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
