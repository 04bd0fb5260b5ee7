import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Signal } from '../../shared/model.ts';
import type { ColumnType } from '../../shared/signals/column.ts';
import { columnsOf } from '../../shared/signals/columns-of.ts';
import { differences } from '../e2e/compare.ts';
import { canonicalJson, type LakeRow, type Value } from '../e2e/truth.ts';

export type Lake = 'parquet' | 'csv' | 'csv.gz' | 'ndjson' | 'ndjson.gz';

/** One reader on one lake, and what the two cannot tell apart. */
export interface Judge {
  /** A function of read.py; `spark`: read_spark.py. */
  readonly reader: string;
  readonly lake: Lake;
  /** '' and null are one. */
  readonly blanks?: boolean;
  /** NaN and null are one: pandas keeps both as NaN. */
  readonly nanIsNull?: boolean;
  /** Values are text, whatever their column. */
  readonly untyped?: boolean;
  /** Dynamic columns are JSON values, not text. */
  readonly nested?: boolean;
  /** Columns app, date and hour come from the folders. */
  readonly partitions?: boolean;
}

export const judges: readonly Judge[] = [
  { reader: 'pyarrow', lake: 'parquet' },
  { reader: 'pyarrow.dataset', lake: 'parquet', partitions: true },
  { reader: 'pandas', lake: 'parquet', partitions: true, nanIsNull: true },
  { reader: 'pyarrow.csv', lake: 'csv' },
  { reader: 'pyarrow.csv', lake: 'csv.gz' },
  { reader: 'pandas.csv', lake: 'csv', blanks: true, nanIsNull: true },
  { reader: 'pandas.csv', lake: 'csv.gz', blanks: true, nanIsNull: true },
  { reader: 'python.csv', lake: 'csv', blanks: true, untyped: true },
  { reader: 'python.json', lake: 'ndjson', nested: true },
  { reader: 'python.json', lake: 'ndjson.gz', nested: true },
  { reader: 'pandas.json', lake: 'ndjson.gz', nested: true, nanIsNull: true },
];
export const spark: Judge = { reader: 'spark', lake: 'parquet', partitions: true };

export const nameOf = ({ reader, lake }: Judge): string => (reader === 'spark' ? reader : `${reader}-${lake}`);

/** What the reader's rows of a signal say otherwise than `expected`, which DuckDB read from the Parquet files. */
export async function verdict(
  judge: Judge,
  signal: Signal,
  out: string,
  expected: readonly LakeRow[],
): Promise<string[]> {
  const types = new Map<string, ColumnType>(columnsOf(signal).map(({ name, type }) => [name, type]));
  const read = (row: LakeRow): LakeRow =>
    Object.fromEntries([...types].map(([name, type]) => [name, revived(row[name] ?? null, type, judge)]));
  const text = await readFile(join(out, `${nameOf(judge)}.${signal}.ndjson`), 'utf8');
  const found: LakeRow[] = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  const strange = new Set(found.flatMap((row) => Object.keys(row)).filter((name) => !types.has(name)));
  const partitions = judge.partitions ? ['app', 'date', 'hour'] : [];
  return [
    ...(found.length === expected.length ? [] : [`${found.length} rows instead of ${expected.length}`]),
    ...[...strange].filter((name) => !partitions.includes(name)).map((name) => `unknown column ${name}`),
    ...(judge.partitions ? found.flatMap(misplaced) : []),
    ...differences(expected.map(read), found.map(read), { blanks: judge.blanks ?? false }),
  ];
}

/** The partitions of a row must be those of its time. */
function misplaced(row: LakeRow): string[] {
  const [date, hour] = new Date(Number(row.timestamp) / 1000).toISOString().split(/[T:]/);
  const right = String(row.date) === date && Number(row.hour) === Number(hour) && typeof row.app === 'string';
  return right ? [] : [`${row.itemId}: partitions ${row.app}, ${row.date}, ${row.hour} of a row at ${date} ${hour}`];
}

/**
 * The value as it is compared. Times: text of microseconds. JSON text is compared to the letter where the format keeps
 * it.
 */
function revived(value: Value, type: ColumnType, { nested, nanIsNull, untyped }: Judge): Value {
  if (value === null || (untyped && value === '')) return null;
  if (type === 'real') {
    const number = Number(value);
    return nanIsNull && Number.isNaN(number) ? null : number;
  }
  if (type === 'dynamic' && nested) return canonicalJson(typeof value === 'string' ? parsed(value) : value);
  if (type === 'timestamp') return /^\d+$/.test(String(value)) ? String(value) : microsecondsOf(String(value));
  if (untyped && type === 'integer') return Number(value);
  if (untyped && type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value;
  return value;
}

/** The expected value is text of JSON; the reader's may be a JSON string. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function microsecondsOf(text: string): string {
  const [, seconds, micros] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z$/.exec(text) ?? [];
  return seconds === undefined ? `time ${text}` : `${Date.parse(`${seconds}Z`) / 1000}${micros}`;
}
