import type { Layout, Signal } from '../model.ts';
import { columnsOf } from '../signals/columns.ts';
import type { Database } from './database.ts';
import { decodedTable } from './decoded-table.ts';
import type { Cut } from './shorten.ts';
import { named, quote } from './sql.ts';

/** Puts back into the decoded rows of a line what had been cut out of it. */
export async function restoreCut(db: Database, signal: Signal, layout: Layout, ordinal: number, cut: Cut): Promise<void> {
  const json = cut.json.toString('utf8');
  const text = json.startsWith('"') ? String(JSON.parse(json)) : json;
  const token = quote(cut.token);
  const member = quote(JSON.stringify(cut.token));
  const strings = columnsOf(signal).filter(({ type }) => type === 'string');
  const dynamics = columnsOf(signal).filter(({ type }) => type === 'dynamic');
  const set = [
    ...strings.map(({ name }) => `${named(name)} = CASE WHEN ${named(name)} = ${token} THEN $text ELSE ${named(name)} END`),
    ...dynamics.map(
      ({ name }) => `${named(name)} = CASE WHEN ${named(name)} = ${member} THEN $whole
      WHEN contains(${named(name)}, ${member}) THEN replace(${named(name)}, ${member}, $json) ELSE ${named(name)} END`,
    ),
    `_bytes = CASE WHEN _element = 0 THEN _bytes + ${cut.json.length} ELSE 0 END`,
  ];
  // Outside of the classic records a dynamic value may be text that holds JSON.
  const whole = layout !== 'continuous' && isJson(text) ? text : json;
  await db.run(`UPDATE ${decodedTable(signal)} SET ${set.join(',\n  ')} WHERE _ordinal = ${ordinal}`, { text, json, whole });
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
