import { createReadStream } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { DuckDBInstance } from '@duckdb/node-api';
import { APP_COLUMNS, SIGNALS } from '../../local/telemetry/tables.ts';
import type { Format, Signal } from '../../shared/model.ts';
import { canonicalJson, type LakeRow, microseconds, type Value } from './truth.ts';

/** Columns that the lake has beside those of the query table. */
const MORE: Readonly<Record<string, string>> = {
  itemCount: 'int',
  customMeasurements: 'dynamic',
  extra: 'dynamic',
  exportWindow: 'string',
};
const PARQUET_TYPES: Readonly<Record<string, string>> = {
  datetime: 'TIMESTAMP WITH TIME ZONE',
  string: 'VARCHAR',
  real: 'DOUBLE',
  int: 'BIGINT',
  bool: 'BOOLEAN',
  dynamic: 'VARCHAR',
};

/** The type that the column of the lake must have. */
function typeOf(signal: Signal, name: string): string | undefined {
  if (name === 'success') return 'bool';
  return APP_COLUMNS[signal].find((column) => column.name === name)?.type ?? MORE[name];
}

export interface Found {
  readonly rows: LakeRow[];
  /** What is wrong with files or types, whatever the rows. */
  readonly faults: string[];
}

/** Every file in the lake but its ledger and locks; what is no file of telemetry is a fault of the lake. */
export async function lakeFiles(
  lake: string,
  format: Format,
): Promise<{ readonly files: string[]; readonly faults: string[] }> {
  const all: string[] = [];
  for await (const entry of glob('**/*', { cwd: lake, withFileTypes: true })) {
    const path = relative(lake, join(entry.parentPath, entry.name));
    if (entry.isFile() && !/^(_insights-lake|\.insights-lake)\//.test(path)) all.push(path);
  }
  const proper = (path: string): boolean =>
    SIGNALS.some((signal) => path.startsWith(`${signal}/app=`)) && path.endsWith(`.${format}`);
  return {
    files: all.filter(proper).sort(),
    faults: all.filter((path) => !proper(path)).map((path) => `stray file ${path}`),
  };
}

/** All rows of a signal, with DuckDB (text by Node), typed as `truth.ts` has them. */
export async function readLake(lake: string, signal: Signal, format: Format): Promise<Found> {
  const { files, faults } = await lakeFiles(lake, format);
  const own = files.filter((file) => file.startsWith(`${signal}/`));
  if (own.length === 0) return { rows: [], faults };
  const read = { parquet: readParquet, csv: readCsv, ndjson: readNdjson }[format];
  const found = await read(lake, signal, own);
  return { rows: found.rows, faults: [...faults, ...found.faults, ...found.rows.flatMap(misplaced)] };
}

/** The folder of a row's file must be the hour of its timestamp, unless it is far from its window. */
function misplaced(row: LakeRow): string[] {
  const hour = new Date(Number(row.timestamp) / 1000).toISOString().slice(0, 13).replace('T', '/hour=');
  return String(row.filename).includes(`/date=${hour}/`) ? [] : [`${row.filename} has a row of ${hour}`];
}

const list = (lake: string, files: readonly string[]): string =>
  `[${files.map((file) => `'${join(lake, file).replaceAll("'", "''")}'`).join(', ')}]`;

async function ask(sql: string): Promise<Record<string, unknown>[]> {
  const duckdb = await DuckDBInstance.create(':memory:', { threads: '2' });
  try {
    const connection = await duckdb.connect();
    await connection.run(`SET TimeZone = 'UTC'`);
    return (await connection.runAndReadAll(sql)).getRowObjectsJS();
  } finally {
    duckdb.closeSync();
  }
}

async function readParquet(lake: string, signal: Signal, files: readonly string[]): Promise<Found> {
  const from = `read_parquet(${list(lake, files)}, hive_partitioning = false, filename = true)`;
  const columns = await ask(`DESCRIBE SELECT * EXCLUDE (filename) FROM ${from}`);
  const faults = columns
    .filter(({ column_name, column_type }) => PARQUET_TYPES[typeOf(signal, String(column_name)) ?? ''] !== column_type)
    .map(({ column_name, column_type }) => `${signal} has a column ${column_name} of type ${column_type}`);
  const rows = await ask(`SELECT * REPLACE (epoch_us(timestamp)::VARCHAR AS timestamp) FROM ${from}`);
  return { rows: rows.map((row) => canonical(signal, row)), faults };
}

/**
 * The dialect is not left to a guess: DuckDB makes it from the first file, where it may happen that no quote stands
 * within quotes.
 */
export const dialect = `delim = ',', quote = '"', escape = '"', header = true, all_varchar = true, max_line_size = 10000000`;

async function readCsv(lake: string, signal: Signal, files: readonly string[]): Promise<Found> {
  const from = `read_csv(${list(lake, files)}, ${dialect}, hive_partitioning = false, filename = true)`;
  const rows = await ask(`SELECT * REPLACE (epoch_us(timestamp::TIMESTAMPTZ)::VARCHAR AS timestamp) FROM ${from}`);
  return { rows: rows.map((row) => canonical(signal, row, fromText)), faults: [] };
}

async function readNdjson(lake: string, signal: Signal, files: readonly string[]): Promise<Found> {
  const rows: LakeRow[] = [];
  const faults: string[] = [];
  for (const file of files) {
    for await (const line of createInterface({ input: createReadStream(join(lake, file)), crlfDelay: 0 })) {
      const parsed = JSON.parse(line) as Record<string, unknown>;
      const time = String(parsed.timestamp);
      if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(time)) faults.push(`${file} spells a time ${time}`);
      const plain = (name: string, value: unknown): Value =>
        typeOf(signal, name) === 'dynamic' ? (value === null ? null : canonicalJson(value)) : (value as Value);
      rows.push(canonical(signal, { ...parsed, timestamp: microseconds(time), filename: join(lake, file) }, plain));
    }
  }
  return { rows, faults };
}

type Read = (name: string, value: unknown, signal: Signal) => Value;

const fromText: Read = (name, value, signal) => {
  if (value === null || value === '') return null;
  const type = typeOf(signal, name);
  if (type === 'real' || type === 'int') return Number(value);
  if (type === 'bool') return value === 'true' ? true : value === 'false' ? false : `boolean ${value}`;
  return fromParquet(name, value, signal);
};

const fromParquet: Read = (name, value, signal) => {
  if (value === null || value === undefined) return null;
  // Whole numbers are 64 bit in the files, and never that large here.
  if (typeof value === 'bigint') return Number(value);
  return typeOf(signal, name) === 'dynamic' ? canonicalJson(JSON.parse(String(value))) : (value as Value);
};

function canonical(signal: Signal, row: Readonly<Record<string, unknown>>, read: Read = fromParquet): LakeRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, read(name, value, signal)]));
}
