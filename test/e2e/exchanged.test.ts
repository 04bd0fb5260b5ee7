/** On Azurite, with the wired app: names that change places, and an id that is corrected, while windows are open. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BlobServiceClient } from '@azure/storage-blob';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import type { Row } from '../../local/telemetry/row.ts';
import { parseConfig } from '../../shared/config.ts';
import { openLedger } from '../../shared/wire/clients.ts';
import { type Wired, wire } from '../../shared/wire.ts';
import { shopRows } from './shopRows.ts';

const HOUR = 3_600_000;
const start = Math.floor(Date.now() / HOUR) * HOUR - 4 * HOUR;
const dataOf = (seed: string) => memoryData(shopRows({ seed, app: 'shop', perHour: 6, start, end: start + 4 * HOUR }));
/** What each app has, by the last digit of its id. */
const data = new Map(['1', '2'].map((digit) => [digit, dataOf(digit)]));
const simulators = new Map<string, Simulator>();
let azurite: Azurite;

before(async () => {
  azurite = await startAzurite({ inMemory: true });
  for (const [digit, rows] of data) simulators.set(digit, await startSimulator({ data: rows }));
});
after(async () => {
  for (const simulator of simulators.values()) await simulator.close();
  await azurite.close();
});

/** Another process, whose settings have these names, each with the digit of its app. */
function envOf(container: string, names: Readonly<Record<string, string>>): Record<string, string> {
  const apps = Object.entries(names).map(([name, digit]) => {
    const appId = `00000000-0000-0000-0000-00000000000${digit}`;
    return { name, appId, endpoint: simulators.get(digit)?.url ?? 'http://127.0.0.1:9' };
  });
  return {
    AzureWebJobsStorage: azurite.connectionString,
    INSIGHTS_LAKE_CONFIG: JSON.stringify({ apps }),
    ...{ SIGNALS: 'requests', QUERY_FROM: new Date(start).toISOString(), QUERY_WINDOW: '1h', QUERY_LAG: '0m' },
    // The hour may end meanwhile.
    QUERY_UNTIL: new Date(start + 4 * HOUR).toISOString(),
    ...{ LAKE_CONNECTION_STRING: azurite.connectionString, LAKE_CONTAINER: container, LAKE_FORMAT: 'ndjson' },
  };
}
const appOf = (env: Record<string, string>): Wired => wire(parseConfig(env, () => ''));

/** What is open runs; resolves to what was said of those that failed. */
async function runOpen(app: Wired, env: Record<string, string>): Promise<readonly string[]> {
  const { state, lake } = parseConfig(env, () => '');
  const ledger = openLedger(state, lake);
  const failed: string[] = [];
  for await (const feed of ledger.feeds())
    for await (const { window } of ledger.open(feed)) {
      const { state: was, error } = await app.run(window);
      if (was !== 'done' && was !== 'unchanged') failed.push(`${feed.app}: ${error}`);
    }
  return failed;
}

const idsOf = (rows: readonly Row[]): readonly string[] => rows.map(({ itemId }) => String(itemId)).sort();
async function inLake(name: string): Promise<readonly string[]> {
  const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(name);
  const found: Row[] = [];
  for await (const blob of container.listBlobsFlat({ prefix: 'requests/' })) {
    const text = (await container.getBlobClient(blob.name).downloadToBuffer()).toString();
    found.push(...text.split('\n').flatMap((line): Row[] => (line === '' ? [] : [JSON.parse(line)])));
  }
  return idsOf(found);
}
const inSource = (...digits: readonly string[]): readonly string[] =>
  idsOf(digits.flatMap((digit) => data.get(digit)?.all('requests') ?? []));

test('two names change places while the windows of both are open: each app has all of its rows, once', async () => {
  const before = appOf(envOf('places', { shop: '1', store: '2' }));
  assert.deepEqual((await before.plan()).errors, []);
  const env = envOf('places', { shop: '2', store: '1' });
  const now = appOf(env);
  assert.deepEqual((await now.plan()).errors, []);
  assert.deepEqual(await runOpen(now, env), []);
  assert.deepEqual(await inLake('places'), inSource('1', '2'));
});

test('a wrong id that is corrected: what was planned with it is read by itself', async () => {
  await appOf(envOf('typo', { shop: '9' })).plan();
  const env = envOf('typo', { shop: '1' });
  const now = appOf(env);
  assert.deepEqual(await runOpen(now, env), []);
  assert.deepEqual(await inLake('typo'), inSource('1'));
});

test('names that change places in two deployments, one of the apps gone between: nothing comes twice', async () => {
  await appOf(envOf('twice', { shop: '1', store: '2' })).plan();
  const between = envOf('twice', { shop: '2' });
  await appOf(between).plan();
  const failed = await runOpen(appOf(between), between);
  assert.equal(failed.length, 4);
  for (const text of failed) assert.match(text, /^shop: .*planned for another app \(app 0{8}-.*1\) .*put it back/);
  assert.deepEqual(await inLake('twice'), inSource('2'));
  const env = envOf('twice', { shop: '2', store: '1' });
  const now = appOf(env);
  assert.equal((await now.requeue({ app: '', signals: [], start, end: start + 4 * HOUR })).failed, 4);
  assert.deepEqual(await runOpen(now, env), []);
  assert.deepEqual(await inLake('twice'), inSource('1', '2'));
});

test('who asks for a window by hand whose app is gone for good gives it up, and the watermark goes on', async () => {
  await appOf(envOf('gone', { shop: '1', store: '2' })).plan();
  const env = envOf('gone', { shop: '2' });
  const now = appOf(env);
  await now.plan();
  assert.equal((await runOpen(now, env)).length, 4);
  assert.equal((await now.requeue({ app: '', signals: [], start, end: start + 4 * HOUR })).failed, 4);
  assert.deepEqual(await runOpen(now, env), []);
  assert.deepEqual(await inLake('gone'), inSource('2'));
  const [told] = (await now.plan()).feeds;
  assert.deepEqual([told?.open, told?.failed, told?.watermark], [0, 0, start + 4 * HOUR]);
});
