/**
 * On Azurite, with the wired app and the command line: rows of the ledger's table are put back from a copy that is
 * seconds old, and then the settings change; a lake that is emptied, or whose word is spoilt, beside its ledger.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { parseConfig } from '../../shared/config.ts';
import { wire } from '../../shared/wire.ts';
import { run } from '../cli/real.ts';
import { shopRows } from './shopRows.ts';

const HOUR = 3_600_000;
const start = Date.UTC(2024, 4, 10, 20);
const hours = 4;
const rows = shopRows({ seed: '1', app: 'shop', perHour: 6, start, end: start + hours * HOUR });
const WORD = '_insights-lake/lake.json';
let azurite: Azurite;
let simulator: Simulator;

before(async () => {
  azurite = await startAzurite();
  simulator = await startSimulator({ data: memoryData(rows) });
});
after(async () => {
  await simulator.close();
  await azurite.close();
});

type Env = Readonly<Record<string, string>>;

const settings = (lake: string, until: number): Env => ({
  AzureWebJobsStorage: azurite.connectionString,
  APP_NAME: 'shop',
  APP_ID: '11111111-2222-3333-4444-555555555555',
  SIGNALS: 'requests',
  QUERY_ENDPOINT: simulator.url,
  QUERY_FROM: new Date(start).toISOString(),
  QUERY_UNTIL: new Date(start + until * HOUR).toISOString(),
  QUERY_WINDOW: '1h',
  LAKE_CONNECTION_STRING: azurite.connectionString,
  LAKE_CONTAINER: lake,
  STATE_TABLE: `t${lake}`,
  WINDOW_QUEUE: `q-${lake}`,
});
const containerOf = (env: Env) =>
  BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(env.LAKE_CONTAINER ?? '');
const wordOf = (env: Env) => containerOf(env).getBlockBlobClient(WORD);

/** A process that plans, and runs all that the ledger has not done. */
async function runAll(env: Env): Promise<void> {
  const app = wire(parseConfig(env, () => ''));
  const { feeds, errors } = await app.plan();
  assert.deepEqual(errors, []);
  for (const { feed } of feeds)
    for (let at = start; at < start + hours * HOUR; at += HOUR) await app.run({ ...feed, start: at, end: at + HOUR });
}

/** As a backup tool does it: every row by itself. */
async function copyTable({ STATE_TABLE = '' }: Env) {
  const table = TableClient.fromConnectionString(azurite.connectionString, STATE_TABLE, {
    allowInsecureConnection: true,
  });
  const all = () => Array.fromAsync(table.listEntities());
  const held = await all();
  return async () => {
    for (const { partitionKey = '', rowKey = '' } of await all()) await table.deleteEntity(partitionKey, rowKey);
    for (const { etag, timestamp, ...entity } of held)
      await table.upsertEntity(
        { ...entity, partitionKey: entity.partitionKey ?? '', rowKey: entity.rowKey ?? '' },
        'Replace',
      );
  };
}

async function changeWord(env: Env, change: (text: string) => string): Promise<void> {
  const text = change((await wordOf(env).downloadToBuffer()).toString());
  await wordOf(env).upload(text, Buffer.byteLength(text));
}

for (const [lake, words, clock, says] of [
  ['young', 'a moment ago', 0, /was put back from a copy.*insights-lake adopt/],
  // Others count on, as a time that is still to come tells them nothing.
  [
    'ahead',
    'while a machine whose clock is an hour ahead had counted',
    HOUR,
    /is older than the lake.*insights-lake adopt/,
  ],
] as const)
  test(`a copy of the ledger that was made ${words}, then another format`, async () => {
    const env = settings(lake, hours);
    await runAll(settings(lake, 2));
    await changeWord(env, (text) => JSON.stringify({ ...JSON.parse(text), countedAt: new Date(Date.now() + clock) }));
    const putBack = await copyTable(env);
    await runAll(env);
    await putBack();
    const changed = { ...env, LAKE_FORMAT: 'csv' };
    await assert.rejects(runAll(changed), says);
    const status = await run(['status'], changed);
    assert.equal(status.code, 1);
    assert.match(status.out, /lake and ledger do not belong together: nothing runs/);
    assert.match(status.out, says);
    const adopted = await run(['adopt', '--write'], changed);
    assert.equal(adopted.code, 0, adopted.err);
    await runAll(changed);
    const audit = await run(['audit', '--json'], changed);
    assert.equal(audit.code, 0, audit.out + audit.err);
    assert.deepEqual(
      JSON.parse(audit.out).feeds.map((feed: { rows: number }) => feed.rows),
      [memoryData(rows).all('requests').length],
    );
    assert.equal((await run(['status'], changed)).code, 0);
  });

test('a lake that was emptied, or whose word is spoilt: status says so, and its exit code is 1', async () => {
  const env = settings('spoilt', hours);
  await runAll(env);
  const whole = (await wordOf(env).downloadToBuffer()).toString();
  const isTold = async (says: RegExp) => {
    const { code, out } = await run(['status'], env);
    assert.equal(code, 1, out);
    assert.match(out, says);
  };
  assert.equal((await run(['status'], env)).code, 0);
  for (const text of ['', 'null', whole.slice(0, whole.length / 2)]) {
    await changeWord(env, () => text);
    await isTold(/does not say which ledger the lake has/);
  }
  await changeWord(env, () => whole);
  assert.equal((await run(['status'], env)).code, 0);
  for await (const { name } of containerOf(env).listBlobsFlat()) await containerOf(env).deleteBlob(name);
  await isTold(/none is here: this place is not its lake/);
  await containerOf(env).delete();
  await isTold(/none is here: this place is not its lake/);
});
