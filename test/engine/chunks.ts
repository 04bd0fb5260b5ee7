import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { DuckDBInstance, type Json } from '@duckdb/node-api';
import { createEngine, type EngineSettings, engineDefaults } from '../../shared/engine/engine.ts';
import type { AnswerColumn, Chunk, Counts, DraftFile, Layout, Output, Signal, Window } from '../../shared/model.ts';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is gone after the tests of this file. */
export function workFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'insights-lake-engine-'));
  folders.push(folder);
  return folder;
}

export const hour = Date.UTC(2026, 10, 21, 3);
export const windowOf = (signal: Signal, source = 'continuous'): Window => ({
  app: 'shop',
  signal,
  source,
  start: hour,
  end: hour + 3_600_000,
});
export const parquetOutput: Output = { format: 'parquet', gzip: false, partition: 'hour', path: '' };

export interface Lines {
  readonly layout?: Layout;
  readonly columns?: readonly AnswerColumn[];
  readonly blob?: string;
  /** Where in its blob the chunk starts. */
  readonly offset?: number;
}

/** A chunk that holds these bytes as they are. */
export function chunkOf(
  _work: string,
  content: string | Uint8Array,
  { layout = 'continuous', columns = [], blob = 'a.blob', offset = 0 }: Lines = {},
): Chunk {
  const given = Buffer.from(content);
  const ended = given.length === 0 || given.at(-1) === 0x0a;
  return {
    bytes: Uint8Array.from(Buffer.concat(ended ? [given] : [given, Buffer.from('\n')])),
    layout,
    columns,
    segments: layout === 'query' ? [] : [{ blob, offset, position: 0, length: given.length }],
    faults: [],
  };
}

export const jsonLines = (records: readonly unknown[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');

export interface Decoded {
  /** Rows of all files as DuckDB's JSON; dynamic columns parsed. */
  readonly rows: readonly Readonly<Record<string, Json>>[];
  readonly files: readonly DraftFile[];
  readonly counts: Counts;
  /** Entries of the quarantine. */
  readonly quarantine: readonly Readonly<Record<string, unknown>>[];
}

/** Runs chunks through a draft and reads its Parquet files back. `chunks` are made in the draft's work folder. */
export async function decode(
  window: Window,
  chunks: (work: string) => Iterable<Chunk> | AsyncIterable<Chunk>,
  settings: Partial<EngineSettings> = {},
): Promise<Decoded> {
  const work = workFolder();
  const engine = createEngine({ ...engineDefaults, output: parquetOutput, ...settings });
  const draft = await engine.begin(window, work, 1);
  try {
    const files: DraftFile[] = [];
    for await (const chunk of chunks(work)) files.push(...(await draft.add(chunk)));
    files.push(...(await draft.finish()));
    const rows: Record<string, Json>[] = [];
    for (const file of files) if (file.signal !== 'quarantine') rows.push(...(await parquetRows(file.content.files)));
    const quarantined = files.filter(({ signal }) => signal === 'quarantine').flatMap(({ content }) => content.files);
    const entries = quarantined.flatMap((path) => readFileSync(path, 'utf8').trimEnd().split('\n'));
    return {
      rows,
      files,
      counts: draft.counts,
      quarantine: entries.map((line) => JSON.parse(line) as Record<string, unknown>),
    };
  } finally {
    await draft.close();
  }
}

/** Runs one statement in a database of its own. */
export async function query(sql: string): Promise<Record<string, Json>[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    await connection.run(`SET TimeZone = 'UTC'`);
    return (await connection.runAndReadAll(sql)).getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Rows in order of time. The settings may have made something else of the column. */
export async function parquetRows(files: readonly string[]): Promise<Record<string, Json>[]> {
  const from = `read_parquet([${files.map((file) => `'${file}'`).join(', ')}])`;
  const columns = await query(`DESCRIBE SELECT * FROM ${from}`);
  const whole = columns
    .filter((column) => column.column_type === 'BIGINT')
    .map(({ column_name: name }) => `"${name}"::DOUBLE AS "${name}"`);
  const timed = columns.some(
    (column) => column.column_name === 'timestamp' && column.column_type === 'TIMESTAMP WITH TIME ZONE',
  );
  const time = `strftime(make_timestamp(epoch_us("timestamp")), '%Y-%m-%dT%H:%M:%S.%f') AS "timestamp"`;
  const other = [...whole, ...(timed ? [time] : [])];
  const list = other.length === 0 ? '*' : `* REPLACE (${other.join(', ')})`;
  return query(`SELECT ${list} FROM ${from}${timed ? ' ORDER BY "timestamp"' : ''}`);
}
