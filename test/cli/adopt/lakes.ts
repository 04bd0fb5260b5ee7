/** Lakes that the command line makes of an export on disk, and what readers see in them. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { openTable } from '../../../shared/lake/delta/table.ts';
import { createFolderStore } from '../../../shared/lake/store-folder.ts';
import { run } from '../real.ts';

const base = await mkdtemp(join(tmpdir(), 'insights-adopt-'));
export const removeLakes = () => rm(base, { recursive: true, force: true });
// Without its cache of files (test/engine/encode/duckdb.ts).
const duckdb = await (await DuckDBInstance.create(':memory:', { enable_external_file_cache: 'false' })).connect();

export const KEY = '1234567890abcdef1234567890abcdef';
export const record = (id: number, hour: number) =>
  `${JSON.stringify({
    message: [{ raw: `m${id}` }],
    internal: { data: { id: `id-${id}` } },
    context: {
      data: { eventTime: `2026-03-04T${String(hour).padStart(2, '0')}:${String(id % 60).padStart(2, '0')}:00Z` },
    },
  })}\n`;

/** Hour folder → ids, each with the hour of its event. */
export type Source = Readonly<Record<number, readonly (readonly [id: number, hour: number])[]>>;
export const plain: Source = Object.fromEntries(
  [3, 4, 5, 6].map((hour) => [hour, Array.from({ length: 10 }, (_, n) => [hour * 100 + n, hour] as const)]),
);
export const idsOf = (source: Source) =>
  Object.values(source)
    .flat()
    .map(([id]) => `m${id}`)
    .sort();

export const kinds = {
  parquet: ['--format', 'parquet'],
  ndjson: ['--format', 'ndjson', '--gzip'],
  csv: ['--format', 'csv'],
  delta: ['--table', 'delta'],
} as const;
export type Kind = keyof typeof kinds;

let lakes = 0;
/** `flags`: in place of those of the kind. */
export async function newLake(kind: Kind, flags: readonly string[] = kinds[kind]) {
  const root = join(base, `${++lakes}`);
  const [lake, exports] = [join(root, 'lake'), join(root, 'export')];
  const give = async (source: Source) => {
    await rm(exports, { recursive: true, force: true });
    for (const [hour, rows] of Object.entries(source)) {
      const file = join(exports, `shop_${KEY}/Messages/2026-03-04/${hour.padStart(2, '0')}/a.blob`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, rows.map(([id, at]) => record(id, at)).join(''));
    }
  };
  const transform = (...more: string[]) => run(['transform', exports, '--out', lake, ...flags, ...more]);
  const adopt = (...more: string[]) => run(['adopt', '--out', lake, ...more]);
  const rows = () => messagesIn(lake, kind);
  await give(plain);
  return { lake, exports, give, transform, adopt, rows, ledger: join(lake, '_insights-lake', 'ledger') };
}

async function messagesIn(lake: string, kind: Kind): Promise<string[]> {
  const names = (await readdir(lake, { recursive: true })).map((name) => name.replaceAll('\\', '/'));
  const isRow = /\.(parquet|ndjson|ndjson\.gz|csv|csv\.gz)$/;
  let files = names.filter((name) => isRow.test(name) && !name.startsWith('_') && !name.includes('_delta_log'));
  if (kind === 'delta') {
    const table = openTable({ store: createFolderStore(lake), root: 'traces/', pause: async () => {} });
    files = await table.read((snapshot) =>
      [...snapshot.files.keys()].map((path) => `traces/${decodeURIComponent(path)}`),
    );
  }
  const found: string[] = [];
  for (const name of files) {
    const reader = name.endsWith('.parquet') ? 'read_parquet' : /csv/.test(name) ? 'read_csv' : 'read_json';
    const path = join(lake, name).replaceAll("'", "''");
    const options = reader === 'read_json' ? ", columns={message: 'VARCHAR'}" : '';
    const { columnNames, getRows } = await rowsOf(`select message from ${reader}('${path}'${options})`);
    if (columnNames.includes('message')) found.push(...getRows.map((row) => String(row[0])));
  }
  return found.sort();
}

async function rowsOf(sql: string) {
  try {
    const result = await duckdb.runAndReadAll(sql);
    return { columnNames: result.columnNames(), getRows: result.getRows() };
  } catch (error) {
    if (/empty|No magic|no columns/i.test(String(error))) return { columnNames: [], getRows: [] };
    throw error;
  }
}
