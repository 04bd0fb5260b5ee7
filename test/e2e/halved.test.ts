import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { BlobServiceClient } from '@azure/storage-blob';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { type MemoryData, memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import type { Signal, Window } from '../../shared/model.ts';
import { differences, shortened } from './compare.ts';
import { type Instance, startInstance } from './instance.ts';
import { environment } from './process.ts';
import { readLake } from './readLake.ts';
import { type StorageProxy, startStorageProxy } from './storageProxy.ts';
import { fromQuery, wholeWindow } from './truth.ts';

/**
 * What the triggers call, in processes of their own, against Azurite: windows whose runs die each time, or take longer than the host lets
 * them, are halved and done. E2E_SEED repeats a run.
 */
const seed = process.env.E2E_SEED ?? String(Date.now() % 1_000_000);
const HOUR = 3_600_000;
const WINDOW = 2 * HOUR;
const START = Date.UTC(2024, 4, 10);
const SIGNALS = ['requests', 'traces'] as const;
const windowOf = (signal: Signal): Window => ({ app: 'shop', signal, source: 'query', start: START, end: START + WINDOW });

let folder = '';
let azurite: Azurite;
let proxy: StorageProxy;
let simulator: Simulator;
let data: MemoryData;
const started: Instance[] = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2e-halved-'));
  azurite = await startAzurite();
  proxy = await startStorageProxy(azurite);
  const range = { start: START, end: START + WINDOW };
  data = memoryData(SIGNALS.flatMap((signal) => [...telemetryRows({ seed, app: 'shop', perHour: 100, signal, ...range })]));
  simulator = await startSimulator({ data });
});
after(async () => {
  for (const instance of started) await instance.kill();
  await simulator?.close();
  await proxy?.close();
  await azurite?.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(shift: number, more: Readonly<Record<string, string>> = {}): Promise<Instance> {
  const instance = await startInstance({
    ...environment({
      AzureWebJobsStorage: proxy.connectionString,
      APP_NAME: 'shop',
      APP_ID: '11111111-2222-3333-4444-555555555555',
      QUERY_ENDPOINT: simulator.url,
      QUERY_FROM: new Date(START).toISOString(),
      QUERY_UNTIL: new Date(START + WINDOW).toISOString(),
      QUERY_WINDOW: '2h',
      SIGNALS: SIGNALS.join(),
      LAKE_CONNECTION_STRING: proxy.connectionString,
      LAKE_CONTAINER: 'lake',
      LEASE: '10s',
      TMPDIR: folder,
      CLOCK_SHIFT_MS: String(shift),
      ...more,
    }),
  });
  started.push(instance);
  return instance;
}

/** Runs the window and dies as soon as a file of it is in the lake. */
async function runAndDie(window: Window, shift: number): Promise<void> {
  const victim = await start(shift);
  proxy.gate = {
    after: async ({ service, method, path }) => {
      if (service === 'blob' && method === 'PUT' && path.includes('.parquet')) await victim.kill();
    },
  };
  await assert.rejects(victim.run(window), /killed/);
  proxy.gate = undefined;
}

/** Files of the lake that hold rows. */
async function lakeRows(signal: Signal): Promise<string[]> {
  const lake = await mkdtemp(join(folder, 'lake-'));
  const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('lake');
  for await (const { name } of container.listBlobsFlat()) {
    await mkdir(dirname(join(lake, name)), { recursive: true });
    await writeFile(join(lake, name), await container.getBlobClient(name).downloadToBuffer());
  }
  const truth = data.all(signal).map((row) => fromQuery(signal, row, WINDOW));
  assert.ok(truth.length > 100);
  const { faults, rows } = await readLake(lake, signal, 'parquet');
  const whole = rows.map((row) => wholeWindow(row, WINDOW));
  assert.deepEqual(shortened([...faults, ...differences(truth, whole)]), [], `${signal} (seed ${seed})`);
  return [...new Set(rows.map(({ exportWindow }) => String(exportWindow)))].sort();
}

const halves = ['20240510T0000Z_20240510T0100Z', '20240510T0100Z_20240510T0200Z'];
const halvesOf = (window: Window): Window[] => [
  { ...window, end: START + HOUR },
  { ...window, start: START + HOUR },
];

test('a window whose runs die is halved by the third, and the lake has its rows once', async () => {
  const window = windowOf('requests');
  const planner = await start(-100_000);
  assert.deepEqual((await planner.plan()).errors, []);
  await runAndDie(window, -60_000);
  await runAndDie(window, -40_000);

  const instance = await start(0);
  const outcome = await instance.run(window);
  assert.equal(outcome.state, 'halved', outcome.error);
  assert.match(outcome.error, /^halved at 2024-05-10T01:00:00.000Z: its last 2 runs ended without a word/);
  assert.equal((await instance.run(window)).state, 'halved');
  const feed = async () => (await instance.plan()).feeds.find((each) => each.feed.signal === 'requests');
  const [before, second] = [await feed(), await instance.run(halvesOf(window)[1] ?? window)];
  const [between, first] = [await feed(), await instance.run(halvesOf(window)[0] ?? window)];
  assert.deepEqual([second.state, first.state], ['done', 'done']);
  const marks = [before, between, await feed()].map((plan) => [plan?.open, plan?.watermark]);
  assert.deepEqual(marks, [
    [2, START],
    [1, START],
    [0, START + WINDOW],
  ]);
  assert.deepEqual(await lakeRows('requests'), halves);
});

test('a window whose run takes longer than the host lets it is halved by that run', async () => {
  const window = windowOf('traces');
  const stall = simulator.fault({
    kind: 'stall',
    pause: 30_000,
    when: ({ parsed }) => parsed?.end.startsWith('2024-05-10T02') === true && parsed.start.startsWith('2024-05-10T00'),
  });
  const instance = await start(0, { AzureFunctionsJobHost__functionTimeout: '00:00:09' });
  await instance.plan(); // all is loaded: the time is the run's
  const outcome = await instance.run(window);
  assert.equal(outcome.state, 'halved', outcome.error);
  assert.match(
    outcome.error,
    /^halved at 2024-05-10T01:00:00.000Z: not read to its end in [\d.]+ min, and the host ends a run after 0.2 min$/,
  );
  assert.equal(stall.hits, 1);
  const patient = await start(0);
  for (const half of halvesOf(window)) assert.equal((await patient.run(half)).state, 'done');
  assert.deepEqual(await lakeRows('traces'), halves);
});
