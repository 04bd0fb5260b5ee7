/** What the app costs in calls to storage, counted by the front. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BlobServiceClient } from '@azure/storage-blob';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { parseConfig } from '../../shared/config.ts';
import type { Window } from '../../shared/model.ts';
import { type Wired, wire } from '../../shared/wire.ts';
import { shopRows } from '../e2e/shopRows.ts';
import { type StorageCall, type StorageFront, startStorageFront } from './storageFront.ts';

const HOUR = 3_600_000;
const start = Date.UTC(2024, 4, 10, 8);
const KEY = '2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e';
let azurite: Azurite;
let front: StorageFront;
let simulator: Simulator;
let app: Wired;

before(async () => {
  azurite = await startAzurite();
  front = await startStorageFront(azurite);
  const rows = shopRows({ seed: '1', app: 'shop', perHour: 20, start, end: start + 2 * HOUR });
  simulator = await startSimulator({ data: memoryData(rows) });
  await BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('exports').create();
  const env = {
    AzureWebJobsStorage: front.connectionString,
    APP_NAME: 'shop',
    APP_ID: '11111111-2222-3333-4444-555555555555',
    QUERY_ENDPOINT: simulator.url,
    QUERY_FROM: new Date(start).toISOString(),
    QUERY_UNTIL: new Date(start + HOUR).toISOString(),
    QUERY_WINDOW: '1h',
    EXPORT_CONTAINER: 'exports',
    EXPORT_CONNECTION: 'AzureWebJobsStorage',
    EXPORT_REFRESH: '0m',
    LAKE_CONNECTION_STRING: front.connectionString,
    LAKE_CONTAINER: 'lake',
  };
  app = wire(parseConfig(env, () => ''));
});
after(async () => {
  await simulator.close();
  await front.close();
  await azurite.close();
});

const spelled = ({ service, method, path }: StorageCall) =>
  `${service} ${method} ${decodeURIComponent(path).slice(0, 120)}`;

/** The calls to storage that something makes. */
async function callsOf(act: () => Promise<unknown>): Promise<string[]> {
  front.calls.length = 0;
  await act();
  return front.calls.map(spelled);
}

/**
 * The seats of the budget and the health of the lake, which a busy process asks for now and then, and not for each
 * window.
 */
const isShared = (call: string) => /PartitionKey eq 'budget'|RowKey='health'/.test(call);

const window = (signal: Window['signal'], n = 0): Window => ({
  app: 'shop',
  signal,
  source: 'query',
  start: start + n * HOUR,
  end: start + (n + 1) * HOUR,
});

test('a tick of ten feeds with nothing to do: at most 15 calls; a query window: at most 6', async (t) => {
  const first = await app.plan();
  assert.deepEqual(first.errors, []);
  assert.equal(first.feeds.length, 10);
  let [all, shared] = [0, 0];
  for (const { feed } of first.feeds) {
    for (const n of [0]) {
      let state = '';
      const calls = await callsOf(async () => {
        state = (await app.run(window(feed.signal, n))).state;
      });
      assert.equal(state, 'done');
      const own = calls.filter((call) => !isShared(call));
      all += calls.length;
      shared += calls.length - own.length;
      assert.ok(own.length <= 6, own.join('\n'));
    }
  }
  t.diagnostic(
    `10 query windows: ${all} calls, ${shared} of them for the budget of requests and the health of the lake`,
  );
  assert.ok(all <= 10 * 6, `${all} calls`);
  await app.plan(); // moves the watermarks
  const idle = await callsOf(() => app.plan());
  t.diagnostic(`idle tick: ${idle.length} calls`);
  assert.ok(idle.length <= 15, idle.join('\n'));
});

test('an export blob that has its window run: its folders are looked at once, and little else is asked', async (t) => {
  const blobs = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('exports');
  const record = (n: number) =>
    `{"request":[{"id":"${n}","name":"GET /","count":1}],"internal":{"data":{"id":"i${n}"}},"context":{"data":{"eventTime":"2024-05-10T08:10:00Z"}}}\n`;
  for (const n of [0, 1, 2]) {
    const name = `Store_${KEY}/Requests/2024-05-10/08/${n}_20240510_081000.blob`;
    await blobs.getBlockBlobClient(name).upload(record(n), Buffer.byteLength(record(n)));
    const made = await callsOf(async () => {
      const outcome = await app.arrive(name);
      assert.ok(outcome?.state === 'done', JSON.stringify(outcome));
    });
    t.diagnostic(`blob ${n}: ${made.length} calls`);
    const lists = made.filter((call) => call.includes('comp=list'));
    assert.equal(lists.length, 3, lists.join('\n'));
    // The first one also puts the feed and its window into the ledger.
    assert.ok(made.length <= (n === 0 ? 15 : 11 + n), made.join('\n'));
  }
});
