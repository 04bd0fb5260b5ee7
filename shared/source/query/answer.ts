import type { AnswerColumn } from '../../model.ts';
import { answerColumns } from './answer-columns.ts';
import { isHarmless, MOST_BESIDE, memberTrouble, rowTrouble, type Trouble, tableTrouble } from './beside.ts';
import { createRowsWriter, type RowsFile, type RowsWriter } from './rows.ts';
import { type Action, createScanner, type Scanner } from './scan.ts';

/** What came back with status 200. Where `error` or `fault` says that it is not the whole truth, there are no files. */
export interface Answer {
  /** The rows of the result table, one JSON array a line; in order. They belong to the caller. */
  readonly files: readonly RowsFile[];
  readonly columns: readonly AnswerColumn[];
  /** Rows of the result table that came, also where they are not used. */
  readonly rows: number;
  /**
   * The `error` object of a partial answer as it came, or what else beside the rows is not known to be harmless
   * (beside.ts); undefined without any.
   */
  readonly error: unknown;
  readonly fault: Fault | undefined;
}

export interface Fault {
  /** `noTable`: JSON, but not of a query. */
  readonly kind: 'empty' | 'cut' | 'malformed' | 'noTable';
  readonly reason: string;
}

/** A file is closed once it has this size, like a chunk of blobs (a long row may follow). */
const FILE_BYTES = 16 * 1024 * 1024;

const ACTIONS: Readonly<Record<string, Action>> = {
  $: 'enter',
  '$.tables': 'enter',
  '$.tables[]': 'enter',
  '$.tables[].name': 'parse',
  '$.tables[].tablename': 'parse',
  '$.tables[].columns': 'parse',
  '$.tables[].rows': 'enter',
  '$.tables[].rows[]': 'row',
  '$.error': 'parse',
};

const IN_TABLE = '$.tables[].';

/** Whose member a path is, and its key. */
const memberAt = (path: string): readonly ['answer' | 'table', string] =>
  path.startsWith(IN_TABLE) ? ['table', path.slice(IN_TABLE.length)] : ['answer', path.slice('$.'.length)];

/** Members that nobody knows are read as well: they may say that the rows are not all. */
const actionAt = (path: string): Action | undefined =>
  ACTIONS[path] ?? (isHarmless(...memberAt(path)) ? undefined : 'parse');

/** One table of the answer, as it is read. */
interface Table {
  name: string;
  columns: readonly AnswerColumn[];
  /** Undefined: a better table is known already, its rows are passed over. */
  writer: RowsWriter | undefined;
  rows: number;
  /** Cells of its rows, which must all have the same number; -1 before the first. */
  cells: number;
  /** The texts of its rows, in case that it is not the result; undefined: too many to keep. */
  held: string[] | undefined;
  heldBytes: number;
  readonly first: boolean;
}

/**
 * Reads the body of an answer, in pieces cut anywhere, and writes the rows of its result table to `file(0)`, `file(1)`,
 * … The result is the table `PrimaryResult`, else the one named like the table that was asked, else the first.
 * Faults of the answer are returned; a failing body or disk throws. Nothing is left behind but what `files` names.
 */
export async function readAnswer(
  body: AsyncIterable<Uint8Array>,
  asked: string,
  file: (n: number) => string,
): Promise<Answer> {
  const writers: RowsWriter[] = [];
  const reading = createReading(asked, () => {
    const number = writers.length;
    const writer = createRowsWriter((n) => (number === 0 ? file(n) : `${file(n)}.${number}`), FILE_BYTES);
    writers.push(writer);
    return writer;
  });
  let kept: RowsWriter | undefined;
  try {
    const fault = await feed(body, reading.scanner, writers);
    const best = reading.best();
    const outcome = fault ?? (best === undefined ? NO_TABLE : undefined);
    const answer = { columns: best?.columns ?? [], rows: best?.rows ?? 0, error: reading.error(), fault: outcome };
    if (outcome !== undefined || answer.error !== undefined) return { ...answer, files: [] };
    const files = (await best?.writer?.finish()) ?? [];
    kept = best?.writer;
    return { ...answer, files };
  } finally {
    for (const writer of writers) if (writer !== kept) await writer.discard();
  }
}

const NO_TABLE: Fault = { kind: 'noTable', reason: 'JSON without a result table' };

/** Pushes the body through the scanner and lets the writers write in between. */
async function feed(
  body: AsyncIterable<Uint8Array>,
  scanner: Scanner,
  writers: readonly RowsWriter[],
): Promise<Fault | undefined> {
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    try {
      scanner.push(piece);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return { kind: 'malformed', reason: `not what the query API returns: ${error.message}` };
    }
    for (const writer of writers) await writer.flush();
  }
  if (bytes === 0) return { kind: 'empty', reason: 'an empty body' };
  return scanner.whole() ? undefined : { kind: 'cut', reason: `cut short after ${bytes} bytes` };
}

interface AnswerReading {
  readonly scanner: Scanner;
  best(): Table | undefined;
  error(): unknown;
}

function createReading(asked: string, newWriter: () => RowsWriter): AnswerReading {
  let best: Table | undefined;
  let table: Table = newTable(true);
  let seen = 0;
  let error: unknown;
  const others: Table[] = [];
  const troubles: Trouble[] = [];
  let row: Uint8Array[] = [];

  const parsers: Readonly<Record<string, (value: unknown) => void>> = {
    '$.error': (value) => {
      error = value ?? error;
    },
    '$.tables[].columns': (value) => {
      table.columns = answerColumns(value);
    },
    '$.tables[].name': (value) => {
      table.name = String(value);
    },
    '$.tables[].tablename': (value) => {
      table.name = String(value);
    },
    '$.tables[].rows[]': (value) => {
      troubles.push(rowTrouble(value));
    },
  };
  const beside = (path: string, value: unknown): void => {
    const trouble = memberTrouble(...memberAt(path), value);
    if (trouble !== undefined) troubles.push(trouble);
  };
  const isBetter = (): boolean => best === undefined || rank(table, asked) > rank(best, asked);

  const scanner = createScanner({
    action: actionAt,
    parsed: (path, value) => (parsers[path] ? parsers[path](value) : beside(path, value)),
    entered(path) {
      if (path === '$.tables[]') table = newTable(seen++ === 0);
      // A table whose name comes behind its rows is read in case it turns out to be the one.
      if (path === '$.tables[].rows' && (table.name === '' || isBetter())) table.writer ??= newWriter();
    },
    left(path) {
      if (path !== '$.tables[]') return;
      if (table.rows > 0 && table.cells !== table.columns.length) {
        throw new RangeError(`rows of ${table.cells} cells under ${table.columns.length} columns`);
      }
      const [taken, left] = isBetter() ? [table, best] : [best, table];
      best = taken;
      if (left !== undefined) others.push(left);
    },
    rowBegins() {
      row = [];
      const { writer } = table;
      if (table.held === undefined) return writer?.take;
      return (from, start, end) => {
        table.heldBytes += end - start;
        if (table.heldBytes > MOST_BESIDE) table.held = undefined;
        else row.push(from.slice(start, end));
        writer?.take(from, start, end);
      };
    },
    rowEnds(cells) {
      table.held?.push(Buffer.concat(row).toString('utf8'));
      if (table.rows++ === 0) table.cells = cells;
      if (cells !== table.cells) throw new RangeError(`a row of ${cells} cells behind rows of ${table.cells}`);
      table.writer?.endRow();
    },
  });
  const all = (): unknown => {
    if (best === undefined) return error;
    const told = others.map((other) => tableTrouble(other.name, other.columns, other.held));
    const found = [...troubles, ...told.filter((trouble) => trouble !== undefined)];
    if (found.length === 0) return error;
    return error === undefined && found.length === 1 ? found[0] : { details: [...(error ? [error] : []), ...found] };
  };
  return { scanner, best: () => best, error: all };
}

function newTable(first: boolean): Table {
  return { name: '', columns: [], writer: undefined, rows: 0, cells: -1, held: [], heldBytes: 0, first };
}

function rank(table: Table, asked: string): number {
  const name = table.name.toLowerCase();
  if (name === 'primaryresult') return 3;
  if (name === asked.toLowerCase()) return 2;
  return table.first ? 1 : 0;
}
