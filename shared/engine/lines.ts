import type { Layout, Signal } from '../model.ts';
import { signals, signalTables } from '../signals/tables.ts';
import { TYPE_KEYS } from './decode-flat.ts';
import { jsonPath, quote, quoteAll } from './sql.ts';

/** Bytes of records that one pass of the JSON functions works on: each of a dozen of them needs four to eight times as much memory. */
const VECTOR_BYTES = 512 * 1024;

/** Lines up to this length are read by DuckDB as they stand; longer ones are shortened first (shorten.ts). */
export const LONG_LINE = 256 * 1024;

/**
 * The lines of a file as a relation with the column `line`; NULL for an empty one. It is DuckDB's reader of CSV with nothing to separate
 * or to quote: its buffers, and so the vectors that everything works on, can be made small, which the reader of JSON does not offer.
 * Fails on invalid UTF-8 and on the byte 0x01, which no JSON holds.
 */
export const linesOf = (path: string, numbered = false): string =>
  `read_csv(${quote(path)}, columns = {${numbered ? "'ordinal': 'BIGINT', " : ''}'line': 'VARCHAR'}, auto_detect = false, header = false, delim = '${NUMBER_END}', quote = '', escape = '',
    new_line = '\\n', max_line_size = ${LONG_LINE + 1024}, buffer_size = ${VECTOR_BYTES}, strict_mode = true)`;

/** What stands in a file of numbered lines between number and line. */
export const NUMBER_END = '\u0001';

/** A relation `doc`: the lines, which fail the statement where one is no JSON document. */
export const documentsOf = (path: string): string => `(SELECT line AS doc FROM ${linesOf(path)})`;

/**
 * A relation `ordinal`, `line`, `signal` of a file of numbered lines: which is a record of which signal; NULL where it is none. The numbers
 * stand in the file: to count the lines here would put all of them into one vector.
 */
export const surveyOf = (path: string, layout: Layout, own: Signal): string =>
  `(SELECT ordinal, line, CASE WHEN json_valid(line) THEN ${signalOf(layout, own)} END AS signal
    FROM ${linesOf(path, true)})`;

function signalOf(layout: Layout, own: Signal): string {
  if (layout === 'query') return quote(own);
  if (layout === 'continuous') {
    const elements = signals.map((signal) => signalTables[signal].element);
    const known = `list_filter(json_keys(line), k -> list_contains(${quoteAll(elements)}, k))[1]`;
    const path = quote(jsonPath(signalTables[own].element));
    return `CASE WHEN json_exists(line, ${path}) THEN ${quote(own)} ELSE CASE ${known} ${cases(({ element }) => element)} END END`;
  }
  const types = TYPE_KEYS.map((key) => `nullif(json_extract_string(line, ${quote(`$.${key}`)}), '')`);
  return `CASE lower(coalesce(${types.join(', ')})) ${cases(({ table }) => table.toLowerCase())} END`;
}

const cases = (wordOf: (table: (typeof signalTables)[Signal]) => string): string =>
  signals.map((signal) => `WHEN ${quote(wordOf(signalTables[signal]))} THEN ${quote(signal)}`).join(' ');
