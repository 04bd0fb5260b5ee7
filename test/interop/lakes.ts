import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { SIGNALS } from '../../local/telemetry/tables.ts';
import { createEngine, engineDefaults } from '../../shared/engine/engine.ts';
import type { Format, Signal } from '../../shared/model.ts';
import { differences } from '../e2e/compare.ts';
import { startCommand } from '../e2e/process.ts';
import { readLake } from '../e2e/readLake.ts';
import { chain, type LakeRow, type Value } from '../e2e/truth.ts';
import { oddTruth } from './archive.ts';
import type { Lake } from './judges.ts';

const formats: Readonly<Record<Lake, { readonly format: Format; readonly gzip: boolean }>> = {
  parquet: { format: 'parquet', gzip: false },
  csv: { format: 'csv', gzip: false },
  'csv.gz': { format: 'csv', gzip: true },
  ndjson: { format: 'ndjson', gzip: false },
  'ndjson.gz': { format: 'ndjson', gzip: true },
};

/**
 * Turns the archive into a lake of each format, with the files beside them that a window leaves which lost its rows.
 */
export async function makeLakes(folder: string): Promise<void> {
  for (const [name, { format, gzip }] of Object.entries(formats)) {
    const lake = join(folder, name);
    const flags = ['--format', format, ...(gzip ? ['--gzip'] : [])];
    const { code, err } = await startCommand(['transform', join(folder, 'archive'), '--out', lake, ...flags], folder)
      .ended;
    if (code !== 0) throw new Error(`transform to ${name} ended with ${code}: ${err.trim()}`);
    const output = { format, gzip, partition: 'hour', path: '' } as const;
    const engine = createEngine({ ...engineDefaults, output });
    for (const signal of SIGNALS) {
      const path = join(lake, emptyName(signal, name));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, await engine.emptyFile(signal));
    }
  }
}

export const emptyName = (signal: Signal, extension: string): string =>
  `${signal}/app=empty/date=2024-05-10/hour=00/empty.${extension}`;

/** All rows of a signal as DuckDB reads the Parquet files: times as text of microseconds, JSON to the letter. */
export async function rowsOf(lake: string, signal: Signal): Promise<LakeRow[]> {
  const duckdb = await DuckDBInstance.create(':memory:', { threads: '2' });
  try {
    const files = `'${join(lake, signal).replaceAll("'", "''")}/**/*.parquet'`;
    const from = `read_parquet(${files}, hive_partitioning = false)`;
    const answer = await (await duckdb.connect()).runAndReadAll(
      `SELECT * REPLACE (epoch_us(timestamp)::VARCHAR AS timestamp) FROM ${from}`,
    );
    return answer
      .getRowObjectsJS()
      .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])));
  } finally {
    duckdb.closeSync();
  }
}

/** Whole numbers are 64 bit in the files, and none is that large here. */
const plain = (value: unknown): Value => (typeof value === 'bigint' ? Number(value) : (value as Value));

/** How the Parquet files differ from what was put in, as DuckDB reads them: the judges are compared with that. */
export async function faultsOf(lake: string, signal: Signal, truth: readonly LakeRow[]): Promise<string[]> {
  const { rows, faults } = await readLake(lake, signal, 'parquet');
  const found = rows.map(({ details, ...row }) => (details === undefined ? row : { ...row, details: chain(details) }));
  const uncounted = truth.some((row) => 'itemCount' in row) ? [] : ['itemCount'];
  const odd = (row: LakeRow) => String(row.itemId).startsWith('odd-');
  const oddRows = Object.fromEntries(rows.filter(odd).map((row) => [row.itemId, row]));
  const missed =
    signal !== 'requests'
      ? []
      : Object.entries(oddTruth).flatMap(([id, expected]) => oddFaults(id, expected, oddRows[id]));
  return [
    ...faults.filter((fault) => !fault.startsWith('stray file _quarantine/')),
    ...differences(
      truth,
      found.filter((row) => !odd(row)),
      { blanks: true, ignored: ['extra', ...uncounted] },
    ),
    ...missed,
  ];
}

const oddFaults = (id: string, expected: LakeRow, row: LakeRow | undefined): string[] =>
  Object.entries(expected)
    .filter(([name, value]) => row === undefined || !Object.is(row[name], value))
    .map(([name, value]) => `${id} ${name}: ${row?.[name]} instead of ${value}`);
