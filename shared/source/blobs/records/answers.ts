import type { Signal } from '../../../model.ts';
import { columnsOf } from '../../../signals/columns-of.ts';
import { signals, signalTables } from '../../../signals/tables.ts';
import { isRecord } from '../kinds.ts';
import { type SavedAnswer, savedAnswer } from './saved-answer.ts';

/**
 * What a raw answer of the query API, saved to a file, begins with (`az monitor app-insights query`, the portal, curl).
 */
const BEGINNING = /^\s*\{\s*"(tables"\s*:\s*\[|(statistics|render|error)"\s*:)/;
const ENOUGH = 256;
/** An answer is at most some 110 MB of text; more is something else, and longer than a text can be. */
const LONGEST = 256 * 1024 * 1024;

/**
 * By the word for a signal: its table, and for each column of the query the one of the workspace, which flat records
 * are named after.
 */
const BY_TYPE = new Map(
  signals.map((signal) => [
    signalTables[signal].itemType,
    { table: signalTables[signal].table, names: flatNames(signal) },
  ]),
);

/** Of two columns that are one in the workspace (`valueCount`, `itemCount`) the first takes its name. */
function flatNames(signal: Signal): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const { name, workspace } of columnsOf(signal)) {
    const [flat] = workspace;
    if (flat === undefined || taken.has(flat)) continue;
    taken.add(flat);
    names.set(name, flat);
  }
  return names;
}

/**
 * The bytes as they are; of a raw answer `{"tables":[{"name","columns","rows"}]}` its rows as flat records, a line
 * each, so that they are read like those of data export. An answer that says of itself that it is not whole stays as it
 * is: its rows are not to be used.
 */
export async function* unrolled(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let held = Buffer.alloc(0);
  const source = pieces[Symbol.asyncIterator]();
  try {
    let next = await source.next();
    for (; !next.done && held.length < ENOUGH; next = await source.next()) held = Buffer.concat([held, next.value]);
    if (
      !BEGINNING.test(
        held
          .subarray(0, ENOUGH)
          .toString('utf8')
          .replace(/^\uFEFF/, ''),
      )
    ) {
      if (held.length > 0) yield held;
      for (; !next.done; next = await source.next()) yield next.value;
      return;
    }
    const all = [held];
    let size = held.length;
    for (; !next.done && size <= LONGEST; next = await source.next()) {
      all.push(Buffer.from(next.value));
      size += next.value.length;
    }
    const rows = size > LONGEST ? undefined : recordsOf(Buffer.concat(all).toString('utf8'));
    yield* rows ?? all;
    for (; !next.done; next = await source.next()) yield next.value;
  } finally {
    await source.return?.();
  }
}

/** Undefined when it is no answer, or none that is whole. */
function recordsOf(text: string): Iterable<Uint8Array> | undefined {
  try {
    // as text where a number of ours would not be the same
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''), exact);
    const answer = isRecord(value) ? savedAnswer(value) : undefined;
    return answer === undefined || answer.trouble ? undefined : linesOf(answer.tables);
  } catch {
    return undefined;
  }
}

type RawJson = { rawJSON(text: string): unknown };

function exact(_key: string, value: unknown, ...[context]: readonly { readonly source?: string }[]): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined || String(value) === source) return value;
  return (JSON as unknown as RawJson).rawJSON(source);
}

function* linesOf(tables: SavedAnswer['tables']): Iterable<Uint8Array> {
  for (const { columns, rows } of tables)
    yield* linesOfTable(
      columns.map(({ name }) => name),
      rows,
    );
}

function* linesOfTable(names: readonly string[], rows: readonly unknown[]): Iterable<Uint8Array> {
  const itemType = names.indexOf('itemType');
  for (const row of rows) {
    if (!Array.isArray(row)) continue;
    const kind = BY_TYPE.get(String(row[itemType]));
    const cells = names.flatMap((name, at) => {
      const value: unknown = row[at];
      return value === null || value === '' || (kind && at === itemType)
        ? []
        : [[kind?.names.get(name) ?? name, value] as const];
    });
    yield Buffer.from(`${JSON.stringify(Object.fromEntries(kind ? [['Type', kind.table], ...cells] : cells))}\n`);
  }
}
