/**
 * One row, one home: apps that share a name, copies of an export, an app that is read by two ways, formats that change
 * while files are emptied, and folders of others where runs work, through the functions in their worker (worker.ts; the
 * real one where that is at hand).
 */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { BlobServiceClient } from '@azure/storage-blob';
import { fastEnv } from './fast-clock.ts';
import { HOUR, START } from './inputs.ts';
import { type Scene, startScene } from './scene.ts';
import { startWorker, type Worker } from './worker.ts';

const KEYS = ['2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e', '0a1b2c3d4e5f60718293a4b5c6d7e8f9'] as const;
const [SHOUTED, SPOKEN, ASKED] = [`Store_${KEYS[0]}`, `store_${KEYS[1]}`, `shop_${KEYS[1]}`];

let scene: Scene;
let worker: Worker;
let others = '';
before(async () => {
  const settings = { EXPORT_REFRESH: '0m', LEASE: '1m', EXPORT_LOOKBACK: '90d' };
  scene = await startScene({ hours: 1, from: 9, signals: 'traces', settings });
  worker = scene.worker;
  others = join(scene.env.TMPDIR ?? assert.fail(), 'insights-lake');
  for (const name of ['lake', '1/1', '99999999']) {
    await mkdir(join(others, name), { recursive: true });
    await writeFile(join(others, name, 'theirs'), name);
  }
  await symlink(join(others, 'lake'), join(others, '12345'));
});
after(async () => {
  if (worker !== scene?.worker) await worker?.kill();
  await scene?.close();
});

const storage = (container: string) =>
  BlobServiceClient.fromConnectionString(scene.azurite.connectionString).getContainerClient(container);

async function restart(changes: Readonly<Record<string, string>>): Promise<void> {
  if (worker !== scene.worker) await worker.kill();
  worker = await startWorker({ ...scene.env, ...changes });
}

const timeOf = (hour: number): string => new Date(START + hour * HOUR).toISOString();
const record = (hour: number, id: string): string =>
  `${JSON.stringify({
    message: [{ raw: id }],
    internal: { data: { id } },
    context: { data: { eventTime: timeOf(hour) } },
  })}\n`;

/** A blob of an hour; its run's error and lines. */
async function arrive(folder: string, hour: number, text: string) {
  const [date = '', time = ''] = timeOf(hour).split('T');
  const name = `${folder}/Messages/${date}/${time.slice(0, 2)}/a_${date.replaceAll('-', '')}_${time.slice(0, 2)}0000.blob`;
  await storage('exports').getBlockBlobClient(name).upload(text, Buffer.byteLength(text));
  const { error, logs } = await scene.call('transformBlob', name, worker);
  return { error, said: logs.join('\n') };
}

async function filesOf(app: string): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const { name } of storage('lake').listBlobsFlat({ prefix: `traces/app=${app}/` }))
    files.set(name, await storage('lake').getBlobClient(name).downloadToBuffer());
  return files;
}

const rowsOf = async (app: string): Promise<Record<string, unknown>[]> =>
  [...(await filesOf(app)).values()].flatMap((bytes) =>
    bytes.length === 0
      ? []
      : bytes
          .toString()
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
  );

test('an app that the query brings does not come from blobs as well', async () => {
  const { error } = await arrive(ASKED, 9, record(9, 'twice'));
  assert.match(error, /traces of app shop would come twice, from the query API and from export blobs/);
  assert.deepEqual(await rowsOf('shop'), []);
});

test('a copy of an export beside it brings no record twice, with an id or without, and is told of', async () => {
  const text = record(9, 'once') + record(9, 'without').replace('"internal":{"data":{"id":"without"}},', '');
  const first = await arrive(SHOUTED, 9, text);
  assert.deepEqual([first.error, first.said.includes('copy of a blob')], ['', false]);
  for (const folder of [`monday/${SHOUTED}`, `old/of/monday/${SHOUTED}`]) {
    const { error, said } = await arrive(folder, 9, text);
    assert.equal(error, '');
    assert.match(said, /cop(y|ies) of (a blob that is|blobs that are) read, left out: monday/);
  }
  const renamed = await arrive(`store-old_${KEYS[0]}`, 9, text);
  assert.match(renamed.error, /is in this lake as store, and would come twice; set its name in EXPORT_APPS .*store/);
  const rows = await rowsOf('store');
  assert.deepEqual(rows.map(({ message }) => message).sort(), ['once', 'without']);
  assert.deepEqual(await rowsOf('store-old'), []);
});

test('apps of one short name: the second is refused with what to set, and then each row has its own', async (t) => {
  const refused = await arrive(SPOKEN, 9, record(9, 'once'));
  assert.match(refused.error, /both have the short name .*give each a name in EXPORT_APPS/);
  await restart({ EXPORT_APPS: `${SHOUTED}=store, ${SPOKEN}=store-2` });
  for (const [n, folder] of [SHOUTED, SPOKEN].entries())
    assert.equal((await arrive(folder, 10, record(10, `late ${n}`))).error, '');
  assert.equal((await scene.call('sweepBlobs', '', worker)).error, '');
  assert.equal((await arrive(SPOKEN, 9, record(9, 'once'))).error, '');
  for (const [app, name, key] of [
    ['store', 'Store', KEYS[0]],
    ['store-2', 'store', KEYS[1]],
  ] as const) {
    const rows = await rowsOf(app);
    assert.equal(rows.length, app === 'store' ? 3 : 2, app);
    for (const { appName, iKey } of rows) assert.deepEqual([appName, String(iKey).replaceAll('-', '')], [name, key]);
  }
  t.diagnostic(`in the ${worker.kind}`);
});

/** Throws where a file is not what its name says. */
function assertNamed(files: ReadonlyMap<string, Buffer>): void {
  for (const [name, bytes] of files) {
    const [head, tail] = [bytes.subarray(0, 4).toString(), bytes.subarray(-4).toString()];
    if (name.endsWith('.parquet')) assert.deepEqual([head, tail], ['PAR1', 'PAR1'], name);
    else if (name.endsWith('.csv.gz')) assert.match(gunzipSync(bytes).toString(), /^timestamp,/, name);
    else assert.ok(bytes.length === 0 || bytes[0] === 0x7b, name);
  }
}

const FORMATS: readonly (readonly [ending: string, changes: Readonly<Record<string, string>>])[] = [
  ['ndjson', {}],
  ['parquet', { LAKE_FORMAT: 'parquet' }],
  ['csv.gz', { LAKE_FORMAT: 'csv', LAKE_GZIP: 'true' }],
  ['ndjson', {}],
];
for (const [n, [ending, changes]] of FORMATS.entries())
  test(`${ending}, as change ${n}: emptied files keep their format`, async () => {
    const APPS = { EXPORT_APPS: `${SHOUTED}=store, ${SPOKEN}=store-2` };
    await restart({ ...APPS, ...changes });
    // Rows of other hours each time: those of the time before are left without any.
    const { error } = await arrive(SHOUTED, 30, record(30 - n, `a${n}`) + record(30, `b${n}`));
    assert.equal(error, '');
    const files = [...(await filesOf('store'))].filter(([name]) => /_\d{8}T0600Z_/.test(name));
    assertNamed(new Map(files));
    assert.ok(files.some(([name]) => name.endsWith(`.${ending}`)));
  });

test('a day later the planner removes what is empty, and the rows are what is there', async () => {
  const { FAST = '', FAST_SINCE = '' } = scene.env;
  const ahead = fastEnv(Number(FAST), Number(FAST_SINCE) - Math.round((30 * HOUR) / (Number(FAST) - 1)));
  await restart({ EXPORT_APPS: `${SHOUTED}=store, ${SPOKEN}=store-2`, ...ahead });
  for (let tick = 0; tick < 2; tick++) assert.equal((await scene.call('planWindows', '', worker)).error, '');
  const files = [...(await filesOf('store'))];
  assert.ok(
    files.every(([name, bytes]) => name.endsWith('.ndjson') && bytes.length > 0),
    files.map(([name]) => name).join(),
  );
  assert.deepEqual((await rowsOf('store')).map(({ message }) => message).sort(), [
    'a3',
    'b3',
    'late 0',
    'once',
    'without',
  ]);
});

test('what others have where runs work is as it was', async () => {
  for (const name of ['lake', '1/1', '99999999', '12345'])
    assert.equal(await readFile(join(others, name, 'theirs'), 'utf8'), name === '12345' ? 'lake' : name);
  const temporary = scene.env.TMPDIR ?? '';
  const own = (await readdir(temporary)).filter((name) => name.startsWith('insights-lake-work-'));
  assert.ok(own.length > 0);
  for (const name of own) assert.equal((await stat(join(temporary, name))).mode & 0o077, 0, name);
});
