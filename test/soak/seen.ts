import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { openTable } from '../../shared/lake/delta/table.ts';
import { createFolderStore } from '../../shared/lake/store-folder.ts';
import { dialect } from '../e2e/readLake.ts';

/** The column that a record's text is in. */
const columns = { traces: 'message', customEvents: 'name' } as const;

/** Rows that readers see, by `app signal text`, with how often. */
export async function rowsSeen(lake: string, table: boolean): Promise<Map<string, number>> {
  const all = new Map<string, number>();
  for (const signal of ['traces', 'customEvents'] as const) {
    const files = table ? await live(lake, signal) : await Array.fromAsync(glob(`${signal}/**/*.*`, { cwd: lake }));
    for (const [path, text] of await texts(lake, files, columns[signal])) {
      const key = `${/app=([^/]+)/.exec(path)?.[1]} ${signal} ${text}`;
      all.set(key, (all.get(key) ?? 0) + 1);
    }
  }
  return all;
}

async function live(lake: string, signal: string): Promise<string[]> {
  const store = createFolderStore(lake);
  const read = openTable({ store, root: `${signal}/`, pause: async () => {} });
  const files = await read.read(({ files: seen }) => Promise.resolve([...seen.keys()]));
  return files.map((path) => `${signal}/${path}`);
}

async function texts(lake: string, files: readonly string[], column: string): Promise<[string, string][]> {
  const list = (some: readonly string[]): string =>
    `[${some.map((file) => `'${join(lake, file).replaceAll("'", "''")}'`).join(', ')}]`;
  const found: [string, string][] = [];
  const [parquet, csv] = ['.parquet', '.csv'].map((ending) =>
    files.filter((file) => file.replace(/\.gz$/, '').endsWith(ending)),
  );
  if (parquet?.length) found.push(...(await ask(`read_parquet(${list(parquet)}, filename = true`, column)));
  for (const file of csv ?? [])
    if ((await plain(join(lake, file))).includes('\n'))
      found.push(...(await ask(`read_csv(${list([file])}, ${dialect}, filename = true`, column)));
  for (const file of files.filter((each) => /\.ndjson(\.gz)?$/.test(each)))
    for (const line of (await plain(join(lake, file))).split('\n').filter(Boolean))
      found.push([file, String(JSON.parse(line)[column])]);
  return found;
}

async function plain(path: string): Promise<string> {
  const bytes = await readFile(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
}

async function ask(from: string, column: string): Promise<[string, string][]> {
  const duckdb = await DuckDBInstance.create(':memory:', { threads: '1' });
  try {
    const connection = await duckdb.connect();
    const rows = await connection.runAndReadAll(`SELECT filename, ${column} FROM ${from}, hive_partitioning = false)`);
    return rows.getRows().map(([path, text]) => [String(path), String(text)]);
  } finally {
    duckdb.closeSync();
  }
}
