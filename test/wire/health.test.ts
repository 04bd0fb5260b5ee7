import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ContainerClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { parseConfig } from '../../shared/config.ts';
import { windowAt } from '../../shared/pipeline/grid/grid.ts';
import { openLedger } from '../../shared/wire/clients.ts';
import { wire } from '../../shared/wire.ts';
import { shopRows } from '../e2e/shopRows.ts';

const HOUR = 3_600_000;
const start = Date.UTC(2024, 4, 10, 8);
let azurite: Azurite;
let simulator: Simulator;
let folder: string;
before(async () => {
  azurite = await startAzurite({ inMemory: true });
  const rows = shopRows({ seed: '1', app: 'shop', perHour: 5, start, end: start + HOUR });
  simulator = await startSimulator({ data: memoryData(rows) });
  folder = await mkdtemp(join(tmpdir(), 'health-'));
});
after(async () => {
  await simulator.close();
  await azurite.close();
  await rm(folder, { recursive: true, force: true });
});

test('while the lake is paused nothing is planned, run, swept, audited; after resume all is there', async () => {
  const config = parseConfig(
    {
      AzureWebJobsStorage: azurite.connectionString,
      APP_NAME: 'shop',
      APP_ID: '11111111-2222-3333-4444-555555555555',
      QUERY_ENDPOINT: simulator.url,
      QUERY_FROM: new Date(start).toISOString(),
      QUERY_UNTIL: new Date(start + HOUR).toISOString(),
      QUERY_WINDOW: '1h',
      SIGNALS: 'requests',
      EXPORT_CONTAINER: 'exports',
      EXPORT_CONNECTION: 'AzureWebJobsStorage',
      LAKE_FOLDER: join(folder, 'lake'),
    },
    () => '',
  );
  const [app, other] = [wire(config), wire(config)];
  const queue = new QueueClient(azurite.connectionString, config.state.queue);
  const messages = async () => (await queue.getProperties()).approximateMessagesCount;
  const exports = new ContainerClient(azurite.connectionString, 'exports');
  await exports.createIfNotExists();

  const paused = await other.order('pause', 'work on the account');
  assert.deepEqual([paused.state, paused.by, paused.reason], ['paused', 'hand', 'work on the account']);
  const planned = await app.plan();
  assert.deepEqual([planned.health.state, planned.feeds.map(({ planned: n }) => n)], ['paused', [0]]);
  assert.equal(await messages(), 0);
  assert.deepEqual(await app.audit(), { feeds: [], asked: 0, errors: [] });
  assert.equal(await app.sweep(), undefined);
  const name = `shop_${'0'.repeat(32)}/Requests/2023-03-02/10/a_20230302_100500.blob`;
  const record =
    '{"request":[{"id":"1","name":"GET"}],' +
    '"context":{"data":{"eventTime":"2023-03-02T10:04:00Z"}},"internal":{"data":{"id":"a"}}}\n';
  await exports.getBlockBlobClient(name).upload(record, record.length);
  const arrived = await app.arrive(name);
  assert.deepEqual([arrived?.state, arrived?.error], ['held', 'the lake is paused: work on the account']);
  const query = { app: 'shop', signal: 'requests', source: 'query', start, end: start + HOUR } as const;
  assert.equal((await app.run(query)).state, 'held');

  await other.order('resume', '');
  const resumed = await other.plan();
  assert.deepEqual([resumed.health.state, resumed.errors, await messages()], ['active', [], 2]);
  const blob = await windowAt(
    { app: 'shop', signal: 'requests', source: 'continuous' },
    Date.UTC(2023, 2, 2, 10),
    { start: Date.UTC(2023, 2, 2, 10), end: Date.UTC(2023, 2, 2, 11) },
    openLedger(config.state, config.lake),
  );
  for (const window of [query, blob]) {
    const { state, error } = await other.run(window);
    assert.equal(state, 'done', error);
  }
  const { state, by } = await app.health();
  assert.deepEqual([state, by], ['active', 'hand']);
});
