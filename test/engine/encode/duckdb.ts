import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import type { Encoding } from '../../../shared/engine/encode/encoding.ts';
import type { Rows } from '../../../shared/engine/vectors.ts';
import type { Typed } from './rows.ts';

/**
 * An independent reader. Without its cache of files: that takes a file for the one it has read before where name, size
 * and second of writing are the same (DuckDB 1.5), and a test that writes one file again and again reads a mixture.
 */
export async function openReader(): Promise<DuckDBConnection> {
  const options = { threads: '1', enable_external_file_cache: 'false' };
  const connection = await (await DuckDBInstance.create(':memory:', options)).connect();
  await connection.run(`SET TimeZone = 'UTC'`);
  return connection;
}

export const answer = async (reader: DuckDBConnection, sql: string): Promise<DuckDBValue[][]> =>
  (await reader.runAndReadAll(sql)).getRows();

/** The bytes of a file of these row groups. */
export function encoded(encoding: Encoding, groups: readonly Rows[]): Buffer {
  const pieces = [Buffer.from(encoding.begin())];
  // A piece is good until the next one is asked for.
  for (const rows of groups) for (const piece of encoding.rows(rows)) pieces.push(Buffer.from(piece));
  pieces.push(Buffer.from(encoding.end(groups.reduce((sum, { count }) => sum + count, 0))));
  return Buffer.concat(pieces);
}

export function writeBytes(folder: string, name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** The cells as rowsOf takes them: times in µs. */
export async function cellsIn(
  reader: DuckDBConnection,
  path: string,
  columns: readonly Typed[],
): Promise<DuckDBValue[][]> {
  const list = columns.map(({ name, type }) => (type === 'timestamp' ? `epoch_us("${name}")` : `"${name}"`));
  return answer(
    reader,
    `SELECT ${list.join(', ')} FROM read_parquet('${path}', file_row_number = true) ORDER BY file_row_number`,
  );
}
