import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import { macros } from './macros.ts';
import { shapeMacros } from './shape.ts';
import { quote } from './sql.ts';

export interface DatabaseLimits {
  /** Bytes that DuckDB may hold in memory. */
  readonly memoryLimit: number;
  readonly threads: number;
  /** Bytes that DuckDB may spill into the work folder. */
  readonly spillBytes: number;
}

export interface Database {
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<readonly (readonly DuckDBValue[])[]>;
  /** Has everything in `use` done by one thread: for order, or for memory. */
  oneByOne<T>(use: () => Promise<T>): Promise<T>;
  close(): void;
}

/** An empty database in memory that reads and writes inside of the folder `work` and nowhere else. */
export async function openDatabase(work: string, limits: DatabaseLimits): Promise<Database> {
  const spill = join(work, 'spill');
  await mkdir(spill, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${Math.floor(limits.memoryLimit / 1024)}KiB`,
    threads: String(limits.threads),
    temp_directory: spill,
    max_temp_directory_size: `${Math.floor(limits.spillBytes / 1024)}KiB`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    // Rows have no order worth its price in memory.
    preserve_insertion_order: 'false',
    // Each piece is read once, when its part is put together: kept in memory it would take 20 MB a part, up to the whole limit.
    enable_external_file_cache: 'false',
    // Gives freed memory back to the system at once: by default hundreds of MB stay with the process.
    allocator_flush_threshold: '1MiB',
    allocator_bulk_deallocation_flush_threshold: '1MiB',
  });
  try {
    const connection = await instance.connect();
    await shutOff(connection, work);
    for (const macro of [...macros, ...shapeMacros]) await connection.run(`CREATE MACRO ${macro}`);
    return {
      run: async (sql) => void (await connection.run(sql)),
      rows: async (sql) => (await connection.runAndReadAll(sql)).getRows(),
      async oneByOne(use) {
        await connection.run('SET threads = 1');
        try {
          return await use();
        } finally {
          await connection.run(`SET threads = ${limits.threads}`);
        }
      },
      close() {
        connection.closeSync();
        instance.closeSync();
      },
    };
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

/** Records are data of strangers: SQL that one of them smuggled in would find no file and no network. Cannot be undone. */
async function shutOff(connection: DuckDBConnection, work: string): Promise<void> {
  await connection.run(`SET TimeZone = 'UTC'`);
  await connection.run(`SET allowed_directories = [${quote(work)}]`);
  await connection.run('SET enable_external_access = false');
}
