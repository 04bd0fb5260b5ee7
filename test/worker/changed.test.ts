/**
 * Settings of a deployed app that change between its restarts (length of windows, format, packing, names, grid of the
 * query), while blobs arrive, grow and are odd, through the functions in their worker: after each change every row is in
 * the lake once, and every file is what its name says.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { BlobServiceClient } from '@azure/storage-blob';
import { DuckDBInstance } from '@duckdb/node-api';
import type { LedgerEntry } from '../../shared/model.ts';
import { exportBlob, HOUR, MINUTE, START } from './inputs.ts';
import { type Scene, startScene, until } from './scene.ts';
import { startWorker, type Worker } from './worker.ts';

let scene: Scene;
let worker: Worker;
let work: string;
const blobs = new Set<string>();

before(async () => {
  work = await mkdtemp(join(tmpdir(), 'changed-'));
  const settings = { EXPORT_REFRESH: '0m', LEASE: '1m', EXPORT_LOOKBACK: '90d' };
  scene = await startScene({ hours: 6, from: 9, signals: 'requests', settings });
  worker = scene.worker;
});
after(async () => {
  if (worker !== scene?.worker) await worker?.kill();
  await scene?.close();
  await rm(work, { recursive: true, force: true });
});

const storage = (container: string) =>
  BlobServiceClient.fromConnectionString(scene.azurite.connectionString).getContainerClient(container);

/** The n-th blob of an hour, as `make` has its bytes; its name. */
async function put(hour: number, n: number, make: (text: string) => Uint8Array = Buffer.from): Promise<string> {
  const { name, text, id } = exportBlob(hour, n);
  await storage('exports').getBlockBlobClient(name).uploadData(make(text));
  blobs.add(id);
  return name;
}

async function restart(changes: Readonly<Record<string, string>>): Promise<void> {
  if (worker !== scene.worker) await worker.kill();
  worker = await startWorker({ ...scene.env, ...changes });
}

async function arrive(...names: readonly string[]): Promise<string> {
  const errors: string[] = [];
  for (const name of names) errors.push((await scene.call('transformBlob', name, worker)).error);
  return errors.join('');
}

const isOpen = ({ state, again }: LedgerEntry): boolean => !['done', 'halved'].includes(state) || again;

/** All that is planned, until nothing is left to do. */
async function settle(): Promise<void> {
  let said = '';
  const rest = async () => {
    for (const name of ['planWindows', 'sweepBlobs']) said = (await scene.call(name, '', worker)).error || said;
    const open = (await scene.entries()).filter(isOpen);
    for (const { window } of open) {
      const [start, end] = [window.start, window.end].map((at) => new Date(at).toISOString());
      said = (await scene.call('runWindow', JSON.stringify({ ...window, start, end }), worker)).error || said;
    }
    return (await scene.entries()).filter(isOpen).length === 0;
  };
  assert.notEqual(await until(rest, 120 * MINUTE), undefined, said);
}

/** Ids in the files of the lake, each read as its name says. */
async function idsInLake(): Promise<string[]> {
  const files: Record<'parquet' | 'csv' | 'ndjson', string[]> = { parquet: [], csv: [], ndjson: [] };
  let n = 0;
  for await (const { name } of storage('lake').listBlobsFlat()) {
    if (name.includes('_insights-lake/') || name.startsWith('_')) continue;
    const bytes = await storage('lake').getBlobClient(name).downloadToBuffer();
    const clear = name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    const format = /\.(parquet|csv|ndjson)(\.gz)?$/.exec(name)?.[1] as keyof typeof files;
    if (clear.length === 0 && format === 'ndjson') continue;
    const path = join(work, `${++n}.${format}`);
    await writeFile(path, clear);
    files[format].push(path);
  }
  const duckdb = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await duckdb.connect();
  const ask = async (sql: string) =>
    (await connection.runAndReadAll(sql)).getRowObjectsJS().map(({ itemId }) => String(itemId));
  const list = (paths: readonly string[]) => `[${paths.map((path) => `'${path}'`).join()}]`;
  const csv = `delim = ',', quote = '"', escape = '"', header = true, all_varchar = true`;
  const found = [
    ...(files.parquet.length > 0 ? await ask(`SELECT itemId FROM read_parquet(${list(files.parquet)})`) : []),
    ...(files.csv.length > 0 ? await ask(`SELECT itemId FROM read_csv(${list(files.csv)}, ${csv})`) : []),
    ...(files.ndjson.length > 0
      ? await ask(`SELECT itemId FROM read_ndjson(${list(files.ndjson)}, columns = {itemId: 'VARCHAR'})`)
      : []),
  ];
  duckdb.closeSync();
  return found.sort();
}

async function assertWhole(): Promise<number> {
  const wanted = [...scene.data.all('requests').map(({ itemId }) => String(itemId)), ...blobs].sort();
  assert.deepEqual(await idsInLake(), wanted);
  return wanted.length;
}

const padded = (text: string): Uint8Array =>
  Buffer.concat([gzipSync(text.slice(0, 90)), Buffer.alloc(700), gzipSync(text.slice(90)), Buffer.alloc(3)]);
/** What no parser of numbers or texts keeps as it is; the id stays. */
const odd = (text: string): Uint8Array =>
  Buffer.from(
    text.replace('"success":true', '"success":true,"x":"\\ud83d","y":1.79769313486232E+308,"z":0.1000000000000000055'),
  );

interface Step {
  readonly what: string;
  readonly changes: Readonly<Record<string, string>>;
  readonly act: () => Promise<unknown>;
}

const STEPS: readonly Step[] = [
  { what: 'as it began', changes: {}, act: async () => arrive(await put(9, 0), await put(10, 0), await put(11, 0)) },
  {
    what: 'windows of a day',
    changes: { EXPORT_WINDOW: '1d' },
    act: async () => arrive(await put(10, 1), await put(12, 0)),
  },
  {
    what: 'CSV, windows of six hours, and of half an hour for the query',
    changes: { EXPORT_WINDOW: '6h', LAKE_FORMAT: 'csv', QUERY_WINDOW: '30m' },
    act: async () => arrive(await put(9, 1), await put(36, 0, padded)),
  },
  {
    what: 'Parquet, an hour again, a day of the query',
    changes: { LAKE_FORMAT: 'parquet', QUERY_WINDOW: '1d' },
    act: async () => arrive(await put(12, 1, odd), await put(37, 0), await put(9, 2, padded)),
  },
  {
    what: 'packed NDJSON, by the sweep alone',
    changes: { LAKE_GZIP: 'true', EXPORT_WINDOW: '12h' },
    act: async () => Promise.all([put(11, 1, (text) => gzipSync(text)), put(38, 0, odd), put(60, 0)]),
  },
  {
    what: 'packed CSV by the day',
    changes: { LAKE_GZIP: 'true', LAKE_FORMAT: 'csv', LAKE_PARTITION: 'day', EXPORT_WINDOW: '1d' },
    act: async () => arrive(await put(60, 1, padded), await put(10, 2)),
  },
  { what: 'as it began, once more', changes: {}, act: async () => arrive(await put(37, 1), await put(61, 0)) },
];

test('the query is read', async (t) => {
  await settle();
  t.diagnostic(`${await assertWhole()} rows, in the ${worker.kind}`);
});

for (const { what, changes, act } of STEPS)
  test(`${what}: every row once`, async (t) => {
    await restart(changes);
    const said = await act();
    if (typeof said === 'string') assert.equal(said, '');
    await settle();
    t.diagnostic(`${await assertWhole()} rows`);
  });

test('another name for an export folder is refused, for blobs of an hour that is there and of a new one; back, all is there', async () => {
  const folder = exportBlob(9, 0).name.split('/')[0] ?? '';
  const rows = await assertWhole();
  await restart({ EXPORT_APPS: `${folder}=renamed` });
  const names = [await put(9, 3), await put(84, 0)];
  assert.match(await arrive(...names), /is in this lake as other, and would come twice; set its name in EXPORT_APPS/);
  assert.equal((await idsInLake()).length, rows, 'nothing of it came, and nothing went');
  await restart({ EXPORT_APPS: `${folder}=other` });
  await settle();
  assert.equal(await assertWhole(), rows + 2);
  assert.ok(START + 84 * HOUR < Date.now());
});
