import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { LedgerEntry, Signal } from '../../shared/model.ts';
import type { ExportBlob } from '../telemetry/exportBlobs.ts';
import { EXPORT_FOLDERS } from '../telemetry/exportBlobs.ts';
import { SIGNALS } from '../telemetry/tables.ts';
import { telemetryRows } from '../telemetry/telemetryRows.ts';
import type { Story } from './story.ts';

/** One signal, compared row by row: by the ids of its rows at both sources, and in the files of the lake. */
export interface Comparison {
  readonly signal: Signal;
  readonly windows: number;
  readonly atSource: number;
  readonly inLake: number;
  /** Ids at the source that are not in the lake, and the other way round. */
  readonly missing: number;
  readonly strange: number;
  /** Rows more than ids. */
  readonly duplicates: number;
  readonly files: number;
  readonly bytes: number;
}

/** Asks the files themselves, with DuckDB; of the ledger only windows, files and bytes are taken. */
export async function compare(
  story: Story,
  blobs: readonly ExportBlob[],
  lake: string,
  entries: readonly LedgerEntry[],
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  const duckdb = await DuckDBInstance.create();
  const connection = await duckdb.connect();
  const idsInLake = async (signal: Signal, app: string): Promise<string[]> => {
    const folder = join(lake, signal, `app=${app}`);
    if (!existsSync(folder)) return [];
    const answer = await connection.runAndReadAll(
      `SELECT itemId FROM read_parquet('${folder.replaceAll("'", "''")}/**/*.parquet')`,
    );
    return answer.getRows().map(([id]) => String(id));
  };
  for (const signal of SIGNALS) {
    const asked = [...telemetryRows({ ...story.shop, ...story.asked, signal })].map((row) => String(row.itemId));
    const found = [await idsInLake(signal, story.shop.app), await idsInLake(signal, story.store.app)].flat();
    const own = entries.filter(({ window }) => window.signal === signal);
    const files = own.flatMap((entry) => entry.files).filter((file) => file.rows > 0);
    comparisons.push({
      signal,
      windows: own.length,
      ...compareIds([...asked, ...idsInBlobs(blobs, signal)], found),
      files: files.length,
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    });
  }
  connection.closeSync();
  duckdb.closeSync();
  return comparisons;
}

const idsInBlobs = (blobs: readonly ExportBlob[], signal: Signal): string[] =>
  blobs
    .filter(({ name }) => name.split('/')[1] === EXPORT_FOLDERS[signal])
    .flatMap(({ text }) => text.trimEnd().split('\n'))
    .map((line) => String(JSON.parse(line).internal.data.id));

function compareIds(source: readonly string[], lake: readonly string[]) {
  const [atSource, inLake] = [new Set(source), new Set(lake)];
  return {
    atSource: source.length,
    inLake: lake.length,
    missing: atSource.difference(inLake).size,
    strange: inLake.difference(atSource).size,
    duplicates: lake.length - inLake.size,
  };
}

export const isComplete = ({ atSource, inLake, missing, strange, duplicates }: Comparison): boolean =>
  atSource === inLake && missing === 0 && strange === 0 && duplicates === 0;

/** An example of what the lake is for: read by anything that reads Parquet. */
export const exampleQuery = (
  lake: string,
): string => `SELECT name, sum(itemCount) AS calls, round(quantile_cont(duration, 0.95)) AS p95_ms
FROM read_parquet('${lake}/requests/**/*.parquet')
GROUP BY name ORDER BY calls DESC LIMIT 5`;

/** The answer as rows of text, column names first. */
export async function ask(query: string): Promise<string[][]> {
  const duckdb = await DuckDBInstance.create();
  const connection = await duckdb.connect();
  const answer = await connection.runAndReadAll(query);
  const rows = answer.getRows().map((row) => row.map(String));
  connection.closeSync();
  duckdb.closeSync();
  return [answer.columnNames(), ...rows];
}
