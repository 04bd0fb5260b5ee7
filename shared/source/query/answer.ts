import type { AnswerColumn } from '../../model.ts';
import { answerColumns } from './answer-columns.ts';
import { isHarmless, MOST_BESIDE, memberTrouble, rowTrouble, type Trouble, tableTrouble } from './beside.ts';
import type { RowsTaker } from './reply.ts';
import { createRowsBuffer, type RowsBuffer } from './rows.ts';
import { type Action, createScanner, type Scanner } from './scan.ts';

/**
 * What came back with status 200. Where `error` or `fault` says that it is not the whole truth, none of its rows
 * counts.
 */
export interface Answer {
  /** The last rows of the result table, one JSON array a line; those before were taken while it came. */
  readonly rest: Uint8Array;
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
  /** It began as JSON does, and went wrong before its end. */
  readonly begun?: boolean;
  /** The first bytes of what is no JSON, a few of them; left out: it began as JSON does. */
  readonly begins?: Uint8Array;
  readonly reason: string;
}

/** So much of an answer is held before it is taken: rows of most answers are taken at their end, all at once. */
const CHUNK_BYTES = 4 * 1024 * 1024;

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
  buffer: RowsBuffer | undefined;
  rows: number;
  /** Cells of its rows, which must all have the same number; -1 before the first. */
  cells: number;
  /** The texts of its rows, in case that it is not the result; undefined: too many to keep. */
  held: string[] | undefined;
  heldBytes: number;
  readonly first: boolean;
}

/**
 * Reads the body of an answer, in pieces cut anywhere. Of a long one `taker` takes rows while it comes, which do not
 * count until its end has said that it is complete: where that says otherwise, who asked has them taken back. The
 * result is the table `PrimaryResult`, else the one named like the table that was asked, else the first. Faults of the
 * answer are returned; a failing body or taker throws. `most`: bytes of rows that are held.
 */
export async function readAnswer(
  body: AsyncIterable<Uint8Array>,
  asked: string,
  taker: RowsTaker,
  most = CHUNK_BYTES,
): Promise<Answer> {
  const reading = createReading(asked);
  const fault = await feed(body, reading, taker, most);
  const best = reading.best();
  // A result without rows has columns, too.
  const outcome = fault ?? (best === undefined || best.columns.length === 0 ? NO_TABLE : undefined);
  const answer = { columns: best?.columns ?? [], rows: best?.rows ?? 0, error: reading.error(), fault: outcome };
  const counts = outcome === undefined && answer.error === undefined;
  return { ...answer, rest: counts ? (best?.buffer?.rows() ?? NOTHING) : NOTHING };
}

const NOTHING = new Uint8Array(0);
const NO_TABLE: Fault = { kind: 'noTable', reason: 'JSON without a result table' };
const SECOND: Fault = {
  kind: 'malformed',
  begun: true,
  reason: 'a long table of rows before the one that is the result',
};

/** Pushes the body through the scanner and has rows taken in between. */
async function feed(
  body: AsyncIterable<Uint8Array>,
  { scanner, likely, best }: AnswerReading,
  taker: RowsTaker,
  most: number,
): Promise<Fault | undefined> {
  let bytes = 0;
  let taken: Table | undefined;
  for await (const piece of body) {
    bytes += piece.length;
    try {
      scanner.push(piece);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const reason = `not what the query API returns: ${error.message}`;
      // What follows a whole answer has nothing to do with its length.
      if (scanner.begun()) return { kind: 'malformed', begun: !scanner.whole(), reason };
      return { kind: 'malformed', begun: false, begins: piece.slice(0, 8), reason };
    }
    const table = likely();
    if (table?.buffer === undefined || table.columns.length === 0 || table.buffer.length < most) continue;
    taken ??= table;
    await taker.take(table.buffer.rows(), table.columns);
    table.buffer.clear();
  }
  if (bytes === 0) return { kind: 'empty', reason: 'an empty body' };
  if (!scanner.whole()) return { kind: 'cut', reason: `cut short after ${bytes} bytes` };
  return taken === undefined || taken === best() ? undefined : SECOND;
}

interface AnswerReading {
  readonly scanner: Scanner;
  /** The result among the tables that have come to their end. */
  best(): Table | undefined;
  /** The result, should no other table come. */
  likely(): Table | undefined;
  error(): unknown;
}

function createReading(asked: string): AnswerReading {
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
      if (path === '$.tables[].rows' && (table.name === '' || isBetter())) table.buffer ??= createRowsBuffer();
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
      const { buffer } = table;
      if (table.held === undefined) return buffer?.take;
      return (from, start, end) => {
        table.heldBytes += end - start;
        if (table.heldBytes > MOST_BESIDE) table.held = undefined;
        else row.push(from.slice(start, end));
        buffer?.take(from, start, end);
      };
    },
    rowEnds(cells) {
      table.held?.push(Buffer.concat(row).toString('utf8'));
      if (table.rows++ === 0) table.cells = cells;
      if (cells !== table.cells) throw new RangeError(`a row of ${cells} cells behind rows of ${table.cells}`);
      table.buffer?.endRow();
    },
  });
  const all = (): unknown => {
    if (best === undefined) return error;
    const told = others.map((other) => tableTrouble(other.name, other.columns, other.held, asked));
    const found = [...troubles, ...told.filter((trouble) => trouble !== undefined)];
    if (found.length === 0) return error;
    return error === undefined && found.length === 1 ? found[0] : { details: [...(error ? [error] : []), ...found] };
  };
  const likely = () => (isBetter() ? table : best);
  return { scanner, best: () => best, likely, error: all };
}

function newTable(first: boolean): Table {
  return { name: '', columns: [], buffer: undefined, rows: 0, cells: -1, held: [], heldBytes: 0, first };
}

function rank(table: Table, asked: string): number {
  const name = table.name.toLowerCase();
  if (name === 'primaryresult') return 3;
  if (name === asked.toLowerCase()) return 2;
  return table.first ? 1 : 0;
}
