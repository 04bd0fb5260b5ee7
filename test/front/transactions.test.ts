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
let env: Record<string, string>;

before(async () => {
  azurite = await startAzurite();
  front = await startStorageFront(azurite);
  const rows = shopRows({ seed: '1', app: 'shop', perHour: 20, start, end: start + 2 * HOUR });
  simulator = await startSimulator({ data: memoryData(rows) });
  await BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('exports').create();
  env = {
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
 * The seats of the budget, the health of the lake and whether it is there (once in ten seconds), which a busy process
 * asks for now and then, and not for each window.
 */
const isShared = (call: string) => /PartitionKey eq 'budget'|RowKey='health'|HEAD .*lake\.json/.test(call);

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

const exports = () => BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('exports');

/** The n-th blob of an hour, put there; its name. */
async function blobAt(hour: string, n: number, key = KEY): Promise<string> {
  const text =
    `{"request":[{"id":"${n}","name":"GET ` +
    `/","count":1}],"internal":{"data":{"id":"i${n}"}},"context":{"data":{"eventTime":"2024-05-10T${hour}:10:00Z"}}}\n`;
  const name = `Store_${key}/Requests/2024-05-10/${hour}/${n}_20240510_${hour}1000.blob`;
  await exports().getBlockBlobClient(name).upload(text, Buffer.byteLength(text));
  return name;
}

const isListing = (call: string) => call.startsWith('blob') && call.includes('comp=list');

/** The calls that the event of a blob makes, and how its run ended. */
async function arrival(name: string, of = app) {
  let state = '';
  const calls = await callsOf(async () => {
    state = (await of.arrive(name))?.state ?? '';
  });
  return { calls, state, lists: calls.filter(isListing).length };
}

test('three export blobs of a window: six calls each at most, and one listing for each event', async (t) => {
  // The folders of the app, files of a feed that is new (in those of all ten signals) and what is set aside of it are
  // looked for once; then each event lists its hour.
  const first = await arrival(await blobAt('08', 0));
  assert.deepEqual([first.state, first.lists], ['done', 14], first.calls.join('\n'));
  for (const hour of ['09', '10']) {
    const names = [await blobAt(hour, 0), await blobAt(hour, 1), await blobAt(hour, 2)];
    const events = [];
    for (const name of [...names, ...names]) events.push(await arrival(name));
    assert.deepEqual(
      events.map(({ state, lists }) => `${state} ${lists}`),
      ['done 1', ...Array(5).fill('unchanged 1')],
    );
    const calls = events.slice(0, 3).flatMap((event) => event.calls);
    t.diagnostic(`three blobs that lie there when the first event comes: ${calls.length} calls`);
    assert.ok(calls.length <= 18, calls.join('\n'));
    assert.equal(events[3]?.calls.length, 2, 'an event that comes again');
  }
});

test('three export blobs, one after the other, each run at once: what a run costs', async (t) => {
  const counts: number[] = [];
  for (const n of [0, 1, 2]) {
    const { calls, state, lists } = await arrival(await blobAt('11', n));
    assert.deepEqual([state, lists], ['done', 1], calls.join('\n'));
    counts.push(calls.filter((call) => !isShared(call)).length);
  }
  t.diagnostic(`calls: ${counts}`);
  // Each one reads all blobs of its window.
  assert.ok((counts[0] ?? 99) <= 5 && (counts[1] ?? 99) <= 6 && (counts[2] ?? 99) <= 7, String(counts));
});

test('three export blobs that come within EXPORT_REFRESH are two runs, six calls for each blob at most', async (t) => {
  const patient = wire(parseConfig({ ...env, EXPORT_REFRESH: '5m' }, () => ''));
  await arrival(await blobAt('12', 0), patient);
  const counts: number[] = [];
  for (const n of [0, 1, 2]) {
    const { calls, state, lists } = await arrival(await blobAt('13', n), patient);
    assert.equal(state, n === 0 ? 'done' : 'early', calls.join('\n'));
    assert.ok(lists <= 1);
    counts.push(calls.length);
  }
  t.diagnostic(`calls: ${counts}`);
  // The run that the message asks for: a look, the claim, three blobs, the file, done.
  assert.ok(counts.reduce((sum, count) => sum + count) + 7 <= 18, String(counts));
});

test('two processes in turn: who was refused once asks first, which costs one call more than to know', async (t) => {
  const [one, other] = [1, 2].map(() => wire(parseConfig(env, () => '')));
  assert.ok(one && other);
  const cost = async (hour: string, n: number, of: Wired): Promise<number> => {
    const { calls, state, lists } = await arrival(await blobAt(hour, n), of);
    assert.deepEqual([state, lists <= 2], ['done', true], calls.join('\n'));
    // Each reads all blobs of the window.
    return calls.filter((call) => !isShared(call)).length - (n + 1);
  };
  // The folders are looked for by each.
  await arrival(await blobAt('15', 0), one);
  await arrival(await blobAt('16', 0), other);
  const costs: number[] = [];
  for (const [n, of] of [one, other, one, other, one, one, one].entries()) costs.push(await cost('17', n, of));
  const fresh: number[] = [];
  for (const [n, of] of [other, one, other].entries()) fresh.push(await cost('18', n, of));
  t.diagnostic(`calls beside those that read blobs: ${costs}; of a new hour ${fresh}`);
  // A write that is refused costs two, and the hour is listed once more; a question costs one.
  assert.deepEqual([Math.max(...costs, ...fresh), costs.slice(3), fresh.at(-1)], [7, [5, 5, 5, 4], 5]);
});

test('a folder that nobody has met is found at once by its event', async () => {
  const other = 'f'.repeat(32);
  await blobAt('14', 0);
  const { state, lists } = await arrival(await blobAt('14', 0, other));
  // Two folders of one name: which is which must be said in the settings.
  assert.equal(state, 'failed');
  assert.equal(
    lists,
    3 + 2 + 2 + 9,
    'the folders anew, the hour in both, and what the lake has: it lies behind others',
  );
  await exports().deleteBlob(`Store_${other}/Requests/2024-05-10/14/0_20240510_141000.blob`);
});
