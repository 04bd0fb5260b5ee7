import type { AnswerColumn } from '../../../model.ts';
import { answerColumns } from '../../query/answer-columns.ts';
import {
  isTelemetry,
  memberTrouble,
  rowTrouble,
  saysNothing,
  type Trouble,
  tableTrouble,
  textOf,
} from '../../query/beside.ts';

/** A table of an answer that was saved to a file. */
interface SavedTable {
  readonly name: string;
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly unknown[];
}

export interface SavedAnswer {
  /** The result, and other tables of telemetry. */
  readonly tables: readonly SavedTable[];
  /** What says that the rows are not all; left out: nothing. */
  readonly trouble?: Trouble;
}

type Fields = Readonly<Record<string, unknown>>;

/** An answer of the query API that was read as JSON; undefined where it is none. */
export function savedAnswer({ tables, error, ...members }: Fields): SavedAnswer | undefined {
  if (!Array.isArray(tables)) return undefined;
  const read = tables.map(readTable);
  const all = read.flatMap((each) => each?.table ?? []);
  const best = all.find(({ name }) => name.toLowerCase() === 'primaryresult') ?? all[0];
  if (best === undefined || all.length < read.length) return undefined;
  const others = all.filter((table) => table !== best);
  const troubles = [
    saysNothing(error) ? undefined : errorTrouble(error),
    ...troublesIn('answer', members),
    ...read.flatMap((each) => each?.troubles ?? []),
    ...others.map(({ name, columns, rows }) =>
      tableTrouble(
        name,
        columns,
        rows.map((row) => JSON.stringify(row)),
      ),
    ),
  ];
  const trouble = troubles.find((each) => each !== undefined);
  const more = others.filter(({ name, columns }) => isTelemetry(name, namesOf(columns)));
  return { tables: [best, ...more], ...(trouble && { trouble }) };
}

const namesOf = (columns: readonly AnswerColumn[]): string[] => columns.map(({ name }) => name.toLowerCase());

const troublesIn = (of: 'answer' | 'table', members: Fields): (Trouble | undefined)[] =>
  Object.entries(members).map(([key, value]) => memberTrouble(of, key.toLowerCase(), value));

function errorTrouble(error: unknown): Trouble {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return { code, message: textOf(error) };
}

function readTable(
  value: unknown,
): { readonly table: SavedTable; readonly troubles: (Trouble | undefined)[] } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, tableName, columns, rows, ...members } = value as Fields;
  if (!Array.isArray(columns) || !Array.isArray(rows)) return undefined;
  const table = { name: String(name ?? tableName ?? ''), columns: answerColumns(columns), rows };
  const objects = rows.filter((row) => !Array.isArray(row)).map(rowTrouble);
  return { table, troubles: [...troublesIn('table', members), ...objects] };
}
