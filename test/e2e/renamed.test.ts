/** On Azurite, with the wired app: an app that goes by another name, and a name that stands for another app. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BlobServiceClient } from '@azure/storage-blob';
import { examine } from '../../cli/check/examine.ts';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import type { Row } from '../../local/telemetry/row.ts';
import { parseConfig } from '../../shared/config.ts';
import { openLedger } from '../../shared/wire/clients.ts';
import { type Wired, wire } from '../../shared/wire.ts';
import { run } from '../cli/real.ts';
import { shopRows } from './shopRows.ts';

const HOUR = 3_600_000;
const start = Math.floor(Date.now() / HOUR) * HOUR - 8 * HOUR;
const data = memoryData(
  shopRows({ seed: '1', app: 'shop', perHour: 6, start: start - 4 * HOUR, end: start + 8 * HOUR }),
);
let azurite: Azurite;
let simulator: Simulator;
let env: Record<string, string>;

before(async () => {
  azurite = await startAzurite();
  simulator = await startSimulator({ data });
  env = {
    AzureWebJobsStorage: azurite.connectionString,
    ...{ APP_NAME: 'shop', APP_ID: '11111111-2222-3333-4444-555555555555', SIGNALS: 'requests' },
    ...{
      QUERY_ENDPOINT: simulator.url,
      QUERY_FROM: new Date(start).toISOString(),
      QUERY_UNTIL: new Date(start + 8 * HOUR).toISOString(), // the hour may end meanwhile
      QUERY_WINDOW: '1h',
      QUERY_LAG: '0m',
    },
    ...{ LAKE_CONNECTION_STRING: azurite.connectionString, LAKE_CONTAINER: 'lake', LAKE_FORMAT: 'ndjson' },
  };
});
after(async () => {
  await simulator.close();
  await azurite.close();
});

/** Another process, with these settings from now on. */
function settings(more: Record<string, string>): Wired {
  env = { ...env, ...more };
  return wire(parseConfig(env, () => ''));
}

/** Ticks, each with all that it leaves open. */
async function live(app: Wired): Promise<void> {
  const { state, lake } = parseConfig(env, () => '');
  const ledger = openLedger(state, lake);
  for (let ticks = 0; ticks < 3; ticks++) {
    assert.deepEqual((await app.plan()).errors, []);
    for await (const feed of ledger.feeds())
      for await (const { window } of ledger.open(feed)) {
        const { state: was, error } = await app.run(window);
        assert.ok(was === 'done' || was === 'unchanged', error);
      }
  }
}

const ids = (rows: readonly Row[]): readonly string[] => rows.map(({ itemId }) => String(itemId)).sort();
async function inLake(): Promise<readonly string[]> {
  const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('lake');
  const found: Row[] = [];
  for await (const { name } of container.listBlobsFlat({ prefix: 'requests/' })) {
    const text = (await container.getBlobClient(name).downloadToBuffer()).toString();
    found.push(...text.split('\n').flatMap((line): Row[] => (line === '' ? [] : [JSON.parse(line)])));
  }
  return ids(found);
}
/** All rows of the source from then on, to the end of the last window. */
const inSource = (from: number) =>
  ids(data.all('requests').filter(({ timestamp }) => Date.parse(String(timestamp)) >= from));

test('each row is there once, whatever the app is called, and stays when its name stands for another app', async () => {
  await live(settings({}));
  assert.deepEqual(await inLake(), inSource(start));

  const store = settings({ APP_NAME: 'store', QUERY_WINDOW: '15m' });
  const [told] = (await store.plan()).feeds;
  assert.equal(told?.had?.app, 'shop');
  await live(store);
  assert.deepEqual(await inLake(), inSource(start));
  const said = await run(['status', '--json'], env);
  assert.match(said.out, /Apps go by another name now: shop is store/);

  const found = await Array.fromAsync(examine(env, new AbortController().signal));
  const [known] = found.filter(({ text }) => text.includes('this lake knows as'));
  assert.equal(known?.level, 'warn');
  assert.match(known.text, /^store is the app that this lake knows as shop \(requests\): their rows go on from where/);

  // What the old name has brought is audited as before.
  data.add(shopRows({ seed: '2', app: 'shop', perHour: 20, start: start + HOUR, end: start + 2 * HOUR }));
  const audits = (await store.audit()).feeds.map(({ feed, enqueued }) => [feed.app, enqueued.length]);
  assert.deepEqual(audits, [
    ['store', 0],
    ['shop', 1],
  ]);
  await live(store);
  assert.deepEqual(await inLake(), inSource(start));
  assert.equal((await run(['audit'], env)).code, 0);

  const third = settings({ APP_NAME: 'third' });
  await live(third);
  const range = { app: '', signals: [], start: start - 4 * HOUR, end: start + 8 * HOUR, concurrency: 1 };
  await third.backfills.start({ ...range, choice: 'missing' });
  const { id } = (await third.backfills.status())[0] ?? assert.fail('no backfill');
  for (let turn = 0; (await third.backfillTurn({ id, slot: 0, turn })) !== undefined; turn++);
  assert.deepEqual(await inLake(), inSource(start - 4 * HOUR));
  assert.equal((await run(['audit'], env)).code, 0);

  // Another app, which has no rows: what was read from the first is no purge.
  const before = await inLake();
  data.purge('requests', () => true);
  const other = settings({ APP_ID: '99999999-2222-3333-4444-555555555555' });
  const { feeds } = await other.audit();
  assert.deepEqual(
    feeds.map(({ feed, enqueued, gone, kept }) => [feed.app, enqueued.length, gone, kept]),
    [['third', 0, 0, 0]],
  );
  await live(other);
  assert.deepEqual(await inLake(), before);
});
