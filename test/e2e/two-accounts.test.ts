/**
 * On Azurite, with the wired app and the command line: the ledger as a table in the lake; a lake that is copied to
 * another account and adopted there; two apps that are deployed into one lake at the same moment.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { parseConfig } from '../../shared/config.ts';
import { readLedgerFile } from '../../shared/engine/ledger-table/read.ts';
import { openStore } from '../../shared/wire/clients.ts';
import { rangesOf } from '../../shared/wire/stories.ts';
import { type Wired, wire } from '../../shared/wire.ts';
import { run } from '../cli/real.ts';
import { shopRows } from './shopRows.ts';

const HOUR = 3_600_000;
const start = Date.UTC(2024, 4, 10, 22);
const hours = 4;
let [one, two]: Azurite[] = [];
let simulator: Simulator;

before(async () => {
  [one, two] = await Promise.all([startAzurite(), startAzurite()]);
  const rows = shopRows({ seed: '1', app: 'shop', perHour: 20, start, end: start + hours * HOUR });
  simulator = await startSimulator({ data: memoryData(rows) });
});
after(async () => {
  await simulator.close();
  await Promise.all([one?.close(), two?.close()]);
});

/** `state`, `lake`: the account that each is in. */
const settings = (
  state: Azurite | undefined,
  lake: Azurite | undefined,
  container = 'lake',
): Record<string, string> => ({
  AzureWebJobsStorage: state?.connectionString ?? '',
  APP_NAME: 'shop',
  APP_ID: '11111111-2222-3333-4444-555555555555',
  QUERY_ENDPOINT: simulator.url,
  QUERY_FROM: new Date(start).toISOString(),
  QUERY_UNTIL: new Date(start + hours * HOUR).toISOString(),
  QUERY_WINDOW: '1h',
  AUDIT_HORIZON: '3d',
  LAKE_CONNECTION_STRING: lake?.connectionString ?? '',
  LAKE_CONTAINER: container,
});
const appOf = (env: Record<string, string>): Wired => wire(parseConfig(env, () => ''));

const containerOf = (account: Azurite | undefined, name = 'lake'): ContainerClient =>
  BlobServiceClient.fromConnectionString(account?.connectionString ?? '').getContainerClient(name);

/** Name → MD5 of every file with rows. */
async function filesIn(account: Azurite | undefined, container = 'lake'): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, properties } of containerOf(account, container).listBlobsFlat())
    if (!name.startsWith('_')) found[name] = Buffer.from(properties.contentMD5 ?? []).toString('hex');
  return found;
}

async function runAll(app: Wired): Promise<number> {
  const { feeds, errors } = await app.plan();
  assert.deepEqual(errors, []);
  let ran = 0;
  for (const { feed } of feeds)
    for (let n = 0; n < hours; n++) {
      const window = { ...feed, start: start + n * HOUR, end: start + (n + 1) * HOUR };
      if ((await app.run(window)).state === 'done') ran += 1;
    }
  return ran;
}

/** Files of the ledger's table, with the windows of each. */
async function tableIn(env: Record<string, string>): Promise<Record<string, number>> {
  const lake = openStore(parseConfig(env, () => '').lake);
  const found: Record<string, number> = {};
  for await (const file of lake.list('_insights-lake/ledger/date='))
    for await (const rows of readLedgerFile(rangesOf(file, lake)))
      found[file.name] = (found[file.name] ?? 0) + rows.length;
  return found;
}

test('the ledger lies in the lake as a table, once a day, of the days that changed', async () => {
  const env = settings(one, one);
  const app = appOf(env);
  assert.equal(await runAll(app), 10 * hours);
  await app.plan(); // brings the tallies up to date
  const written = await app.ledgerTable();
  assert.ok(written && 'rows' in written, JSON.stringify(written));
  assert.deepEqual([written.days, written.rows], [2, 10 * hours]);
  const day = (date: string) => `_insights-lake/ledger/date=${date}/windows.parquet`;
  assert.deepEqual(await tableIn(env), { [day('2024-05-10')]: 20, [day('2024-05-11')]: 20 });
  assert.equal(await appOf(env).ledgerTable(), undefined, 'another process, the same day');

  // A day later one window of the second day has run again.
  const index = containerOf(one).getBlockBlobClient('_insights-lake/ledger/days.json');
  const { writtenAt, ...rest } = JSON.parse((await index.downloadToBuffer()).toString());
  const before = new Date(Date.parse(writtenAt) - 25 * HOUR).toISOString();
  const text = JSON.stringify({ ...rest, writtenAt: before });
  await index.upload(text, text.length);
  const asked = await run(
    ['rerun', '--app', 'shop', '--from', '2024-05-11', '--to', '2024-05-12', '--signals', 'requests', '--start'],
    env,
  );
  assert.equal(asked.code, 0, asked.err);
  const window = {
    app: 'shop',
    signal: 'requests',
    source: 'query',
    start: start + 2 * HOUR,
    end: start + 3 * HOUR,
  } as const;
  assert.equal((await app.run(window)).state, 'done');
  await app.plan();
  const again = await appOf(env).ledgerTable();
  assert.ok(again && 'days' in again, JSON.stringify(again));
  assert.deepEqual([again.days, again.rows], [1, 20]);
});

test('a lake that is copied to another account: refused there until adopt, and then two lakes', async () => {
  const [here, there] = [settings(one, one), settings(two, two)];
  await runAll(appOf(here));
  const [from, to] = [containerOf(one), containerOf(two)];
  await to.create();
  for await (const { name } of from.listBlobsFlat()) {
    const bytes = await from.getBlockBlobClient(name).downloadToBuffer();
    await to.getBlockBlobClient(name).uploadData(bytes);
  }
  const original = await filesIn(one);
  assert.ok(Object.keys(original).length >= 10 * hours);
  await assert.rejects(appOf(there).plan(), /this lake belongs to the ledger in table .*insights-lake adopt/s);
  const looked = await run(['adopt'], there);
  assert.match(looked.out, /^found: .*belongs to the ledger in table/);
  assert.match(
    looked.out,
    new RegExp(`shop requests \\(query\\): 0 windows are as the ledger says, ${hours} are new to it`),
  );
  assert.match(looked.out, /nothing was changed; --write does it/);
  await assert.rejects(appOf(there).plan(), /belongs to the ledger/);
  const adopted = await run(['adopt', '--write'], there);
  assert.match(adopted.out, /of them are as the ledger's table says/);
  assert.match(adopted.out, /the ledger is the one of this lake now/);
  const app = appOf(there);
  const { feeds, errors } = await app.plan();
  assert.deepEqual(errors, []);
  assert.deepEqual(
    feeds.map(({ planned, horizon }) => [planned, horizon]),
    feeds.map(() => [0, start + hours * HOUR]),
  );
  assert.deepEqual(await filesIn(two), original, 'nothing was written anew');
  const audited = await run(['audit'], there);
  assert.equal(audited.code, 0, audited.out);
  // Each goes on by itself.
  for (const env of [there, here]) {
    const asked = await run(['rerun', '--app', 'shop', '--from', '2024-05-10', '--to', '2024-05-12', '--start'], env);
    assert.equal(asked.code, 0, asked.err);
    assert.equal(await runAll(appOf(env)), 10 * hours);
  }
  assert.deepEqual(Object.keys(await filesIn(two)), Object.keys(original));
  assert.deepEqual(Object.keys(await filesIn(one)), Object.keys(original));
  // The word of the original is not that of the copy.
  const id = async (account: Azurite | undefined) =>
    JSON.parse(
      (await containerOf(account).getBlockBlobClient('_insights-lake/lake.json').downloadToBuffer()).toString(),
    ).lake;
  assert.notEqual(await id(one), await id(two));
});

test('two apps that are deployed into one lake at the same moment: one has it, the other is told', async () => {
  const both = [settings(one, one, 'both'), settings(two, one, 'both')];
  const [first, second] = await Promise.allSettled(both.map((env) => appOf(env).plan()));
  const refused = [first, second].filter((each) => each?.status === 'rejected');
  assert.equal(refused.length, 1, JSON.stringify([first, second]));
  const [{ reason }] = refused as [PromiseRejectedResult];
  assert.match(String(reason), /this lake belongs to the ledger in table/);
  const winner = both[first?.status === 'fulfilled' ? 0 : 1] ?? {};
  const loser = both[first?.status === 'fulfilled' ? 1 : 0] ?? {};
  assert.equal(await runAll(appOf(winner)), 10 * hours);
  const files = await filesIn(one, 'both');
  const window = { app: 'shop', signal: 'requests', source: 'query', start, end: start + HOUR } as const;
  await assert.rejects(appOf(loser).run(window), /belongs to the ledger/);
  const told = await run(['rerun', '--app', 'shop', '--from', '2024-05-10', '--start'], loser);
  assert.match(told.err, /belongs to the ledger/);
  assert.deepEqual(await filesIn(one, 'both'), files);
});
