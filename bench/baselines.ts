import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { zstdCompressSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { parquetWriteFile } from 'hyparquet-writer/src/node.js';
import { columnsOf } from '../shared/signals/columns-of.ts';

/** What records cost other programs, on the same machine at the same time. */

/** `JSON.parse` of every line and no more: the file by the MiB, lines cut out of it by their bytes. */
export async function parseLines(file: string): Promise<void> {
  const descriptor = openSync(file, 'r');
  let held = Buffer.alloc(0);
  let records = 0;
  for (;;) {
    const block = Buffer.allocUnsafe(1024 * 1024);
    const length = readSync(descriptor, block, 0, block.length, null);
    if (length === 0) break;
    const bytes = Buffer.concat([held, block.subarray(0, length)]);
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      if (typeof JSON.parse(bytes.toString('utf8', start, end)) === 'object') records++;
      start = end + 1;
    }
    held = bytes.subarray(start);
  }
  closeSync(descriptor);
  if (records === 0) throw new Error(`${file}: no records`);
}

/** The whole answer of a query, and every cell looked at once. */
export async function parseAnswer(file: string): Promise<void> {
  const { tables } = JSON.parse(await readFile(file, 'utf8')) as { tables: { rows: unknown[][] }[] };
  let cells = 0;
  for (const row of tables[0]?.rows ?? []) for (const cell of row) if (cell !== null) cells++;
  if (cells === 0) throw new Error(`${file}: no rows`);
}

type Tree = { [key: string]: Tree | string };

const duckdbTypes = { timestamp: 'VARCHAR', string: 'VARCHAR', real: 'DOUBLE', integer: 'BIGINT', long: 'BIGINT' };

/** Paths of classic requests as columns of DuckDB: [SQL, name]; and the types that its reader of JSON is told. */
function typedRequests(): { readonly list: string; readonly schema: string } {
  const [root, element]: [Tree, Tree] = [{}, {}];
  const list = columnsOf('requests').map(({ name, type, continuous, as }) => {
    const [path] = continuous;
    if (path === undefined) return `NULL::VARCHAR AS "${name}"`;
    const ofRoot = /^(context|internal)\./.test(path);
    const metric = as === 'ticks' || as === 'bucket';
    const value = metric
      ? 'STRUCT(value DOUBLE, count DOUBLE)'
      : type === 'boolean'
        ? 'BOOLEAN'
        : type === 'dynamic'
          ? 'JSON'
          : (duckdbTypes[type] ?? 'VARCHAR');
    put(ofRoot ? root : element, path.split('.'), value);
    const found = `${ofRoot ? '' : 'request[1].'}${path}`;
    if (as === 'ticks') return `${found}.value / ${found}.count / 10000 AS "${name}"`;
    if (as === 'bucket') return `CASE WHEN ${found}.value < 2500000 THEN '<250ms' ELSE 'more' END AS "${name}"`;
    return `${found}${type === 'timestamp' ? '::TIMESTAMPTZ' : ''} AS "${name}"`;
  });
  const columns = [
    `request: '${struct(element)}[]'`,
    ...Object.entries(root).map(([key, tree]) => `${key}: '${struct(tree)}'`),
  ];
  return { list: list.join(', '), schema: `{${columns.join(', ')}}` };
}

function put(tree: Tree, [key = '', ...rest]: readonly string[], type: string): void {
  if (rest.length === 0) tree[key] = type;
  else {
    const below = tree[key] ?? {};
    tree[key] = below;
    if (typeof below !== 'string') put(below, rest, type);
  }
}

const struct = (tree: Tree | string): string =>
  typeof tree === 'string'
    ? tree
    : `STRUCT(${Object.entries(tree)
        .map(([key, below]) => `"${key}" ${struct(below)}`)
        .join(', ')})`;

/** DuckDB by itself: its reader of JSON, told every type, the columns of requests and nothing else. One thread. */
export async function bareDuckdb(file: string, work: string): Promise<void> {
  const { list, schema } = typedRequests();
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const from = `read_json('${file}', format = 'newline_delimited', columns = ${schema}, maximum_object_size = 67108864)`;
  await connection.run(
    `COPY (SELECT ${list} FROM ${from}) TO '${join(work, 'duckdb.parquet')}' (FORMAT parquet, COMPRESSION zstd)`,
  );
}

type Json = Record<string, unknown>;

/** What somebody writes in an afternoon: parse, map, keep the rest as JSON, hand arrays to a library. */
export async function javascript(file: string, work: string): Promise<void> {
  const columns = columnsOf('requests');
  const data = new Map<string, unknown[]>(columns.map(({ name }) => [name, []]));
  const paths = columns.map(({ name, type, continuous, as }) => ({ name, type, as, path: continuous[0]?.split('.') }));
  for await (const line of createInterface({ input: createReadStream(file, { highWaterMark: 1 << 20 }) })) {
    const record = JSON.parse(line) as Json;
    const element = (record.request as Json[])[0] ?? {};
    for (const { name, type, as, path } of paths) {
      const from = path?.[0] === 'context' || path?.[0] === 'internal' ? record : element;
      data.get(name)?.push(path === undefined ? null : converted(taken(from, path), type, as));
    }
    data.get('extra')?.splice(-1, 1, JSON.stringify(record));
  }
  const types = {
    string: 'STRING',
    dynamic: 'STRING',
    integer: 'INT64',
    long: 'INT64',
    real: 'DOUBLE',
    boolean: 'BOOLEAN',
    timestamp: 'TIMESTAMP',
  } as const;
  parquetWriteFile({
    filename: join(work, 'javascript.parquet'),
    columnData: columns.map(({ name, type }) => ({ name, data: data.get(name) ?? [], type: types[type] })),
    codec: 'ZSTD',
    compressors: { ZSTD: (bytes: Uint8Array) => zstdCompressSync(bytes) },
  });
}

/** The value at a path, which is taken out. */
function taken(from: Json, path: readonly string[]): unknown {
  let at: Json | undefined = from;
  for (const key of path.slice(0, -1)) at = at?.[key] as Json | undefined;
  const last = path.at(-1) ?? '';
  const value = at?.[last];
  // Left out of JSON by this, which is faster than `delete`.
  if (at !== undefined) at[last] = undefined;
  return value;
}

function converted(value: unknown, type: string, as: string): unknown {
  if (value === undefined || value === null) return null;
  if (type === 'timestamp') return new Date(String(value));
  if (as === 'dimensions' || as === 'measurements') return JSON.stringify(Object.assign({}, ...(value as object[])));
  if (as === 'ticks') return Number((value as Json).value) / Number((value as Json).count) / 10_000;
  if (type === 'integer') return BigInt(Number(value));
  return type === 'boolean' ? Boolean(value) : typeof value === 'object' ? JSON.stringify(value) : String(value);
}
