import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { prepare } from '../../../cli/deliver/prepare.ts';
import { type Azurite, startAzurite } from '../../../local/azurite.ts';
import { parseConfig } from '../../../shared/config.ts';
import { openLedger, openStore } from '../../../shared/wire/clients.ts';
import { wire } from '../../../shared/wire.ts';
import { run } from '../real.ts';

/** A terminal at the lake of an app, and two apps at one lake, over real storage semantics. */
let azurite: Azurite;
let folder = '';
before(async () => {
  azurite = await startAzurite({ inMemory: true });
  folder = await mkdtemp(join(tmpdir(), 'app-lake-'));
});
after(async () => {
  await azurite.close();
  await rm(folder, { recursive: true, force: true });
});

const settings = (container: string, more: Record<string, string> = {}) => ({
  AzureWebJobsStorage: azurite.connectionString,
  LAKE_CONNECTION_STRING: azurite.connectionString,
  LAKE_CONTAINER: container,
  APP_NAME: 'shop',
  APP_ID: '00000000-0000-0000-0000-000000000001',
  QUERY_ENDPOINT: 'http://127.0.0.1:9',
  QUERY_FROM: '2030-01-01',
  ...more,
});

async function exported(): Promise<string> {
  const root = join(folder, 'export');
  const file = join(root, `Till_${'1'.repeat(32)}/Messages/2026-03-04/05/a.blob`);
  await mkdir(dirname(file), { recursive: true });
  const record = {
    message: [{ raw: 'one' }],
    internal: { data: { id: '1' } },
    context: { data: { eventTime: '2026-03-04T05:01:00Z' } },
  };
  await writeFile(file, `${JSON.stringify(record)}\n`);
  return root;
}

test('a command at the lake of an app works with the ledger of the app, which the lake names', async () => {
  const config = parseConfig(settings('owned'));
  assert.deepEqual((await wire(config).plan()).errors, []);
  const out = `${azurite.blobUrl}/owned`;
  const env = { AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString };
  const input = await exported();
  const done = await run(['transform', input, '--out', out], env);
  assert.equal(done.code, 0, done.err);
  const ledger = openLedger(config.state, config.lake);
  const feeds = await Array.fromAsync(ledger.feeds());
  const feed = feeds.find(({ source }) => source === 'continuous');
  assert.ok(feed, JSON.stringify(feeds.map(({ app, source }) => [app, source])));
  const entries = await Array.fromAsync(ledger.list(feed));
  assert.deepEqual(
    entries.map(({ state, counts }) => [state, counts.written]),
    [['done', 1]],
  );
  const names = (await Array.fromAsync(openStore(config.lake).list('_insights-lake/'))).map(({ name }) => name);
  assert.deepEqual(
    names.filter((name) => name.startsWith('_insights-lake/ledger/')),
    [],
    'and leaves none of its own',
  );
  const file = join(folder, 'deployed.json');
  await writeFile(file, JSON.stringify(settings('owned')));
  const again = await run(['transform', input, '--out', out, '--settings', file, '--json'], env);
  assert.deepEqual([again.code, JSON.parse(again.out).totals.done], [0, 0], again.err);
  const other = await run(
    ['transform', await exported(), '--out', `${azurite.blobUrl}/elsewhere`, '--settings', file],
    env,
  );
  assert.match(other.err, /--settings are of an app with another lake than --out/);
  const audited = await run(['audit', '--out', out], env);
  assert.equal(audited.code, 0, audited.err + audited.out);
});

test('where the ledger of the app may not be written the command says so and does nothing', async () => {
  const config = parseConfig(settings('closed'));
  await wire(config).plan();
  const store = openStore(config.lake);
  const name = '_insights-lake/lake.json';
  const word = JSON.parse(Buffer.concat(await Array.fromAsync(store.read(name))).toString());
  const env = { AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString };
  const transform = async (ledger: object) => {
    await store.put(name, Buffer.from(JSON.stringify({ ...word, ledger })), await store.head(name));
    return run(['transform', await exported(), '--out', `${azurite.blobUrl}/closed`], env);
  };
  for (const url of [
    'https://evil.example',
    'https://evil.example/shop.table.core.windows.net',
    'http://10.0.0.1:80/a',
  ]) {
    const { code, err } = await transform({ ...word.ledger, url });
    assert.equal(code, 4);
    assert.match(err, /which is no address of Azure Storage; give the settings of its app with --settings/);
  }
  const refused = await transform({ ...word.ledger, url: 'http://127.0.0.1:9/devstoreaccount1' });
  assert.equal(refused.code, 4);
  assert.match(refused.err, /the lake has the ledger of an app, and that cannot be written from here: .*ECONNREFUSED/);
  const lake = (await Array.fromAsync(store.list(''))).map((each) => each.name);
  assert.deepEqual(
    lake.filter((each) => !each.startsWith('_insights-lake/probe')),
    [name],
  );
});

const request = { write: true, paths: [], leave: false };

test('of two apps at one lake the second is refused, until it adopts it; then the first is', async () => {
  const first = parseConfig(settings('shared'));
  const second = parseConfig(settings('shared', { STATE_TABLE: 'second' }));
  assert.deepEqual((await wire(first).plan()).errors, []);
  const late = wire(second);
  for (let time = 0; time < 2; time++)
    await assert.rejects(late.plan(), /this lake belongs to the ledger in .*insights-lake adopt/s);
  const window = { app: 'shop', signal: 'requests', source: 'query', start: 0, end: 3_600_000 } as const;
  await assert.rejects(late.run(window), /this lake belongs to the ledger in/);
  const dry = await late.adopt({ ...request, write: false }, () => {});
  assert.match(dry.fault, /this lake belongs to the ledger in/);
  await assert.rejects(late.plan(), /this lake belongs to the ledger in/);
  assert.equal((await late.adopt(request, () => {})).report.written, true);
  assert.deepEqual((await late.plan()).errors, []);
  await assert.rejects(wire(first).plan(), /this lake belongs to the ledger in/);
});

test('of two apps that meet one empty lake at the same moment one runs, and the other is told', async () => {
  for (const n of [1, 2, 3]) {
    const apps = ['one', 'other'].map((table) =>
      wire(parseConfig(settings(`moment${n}`, { STATE_TABLE: `${table}${n}` }))),
    );
    const met = await Promise.allSettled(apps.map((app) => app.plan()));
    const refused = met.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
    assert.equal(refused.length, 1, String(refused));
    assert.match(refused[0] ?? '', /this lake belongs to the ledger in .*insights-lake adopt/s);
    const again = await Promise.allSettled(apps.map((app) => app.plan()));
    assert.deepEqual(
      again.map(({ status }) => status),
      met.map(({ status }) => status),
      'and it stays so',
    );
  }
});

test('a lake that was copied to another account is refused there, until it is adopted; the first goes on', async () => {
  const first = parseConfig(settings('original'));
  await wire(first).plan();
  const env = { AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString };
  assert.equal((await run(['transform', await exported(), '--out', `${azurite.blobUrl}/original`], env)).code, 0);
  const there = parseConfig(settings('copied', { STATE_TABLE: 'elsewhere', WINDOW_QUEUE: 'elsewhere' }));
  const [from, to] = [openStore(first.lake), openStore(there.lake)];
  await to.prepare();
  for await (const { name } of from.list(''))
    await to.put(name, Buffer.concat(await Array.fromAsync(from.read(name))), undefined);
  const app = wire(there);
  await assert.rejects(app.plan(), /this lake belongs to the ledger in .*insights-lake adopt/s);
  const { report } = await app.adopt(request, () => {});
  assert.deepEqual(
    report.feeds.map(({ feed, rows, again }) => [feed.signal, rows, again]),
    [['traces', 1, 0]],
  );
  const files = async (lake: typeof to) =>
    (await Array.fromAsync(lake.list('traces/'))).map(({ name, bytes }) => [name, bytes]);
  for (const each of [wire(there), wire(first)]) assert.deepEqual((await each.plan()).errors, []);
  assert.deepEqual(await files(to), await files(from));
  assert.equal((await files(to)).length, 1);
});

test('a container that was deleted is not made anew in silence where the ledger knows files', async () => {
  const config = parseConfig(settings('gone'));
  await wire(config).plan();
  const env = { AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString };
  assert.equal((await run(['transform', await exported(), '--out', `${azurite.blobUrl}/gone`], env)).code, 0);
  const { ContainerClient } = await import('@azure/storage-blob');
  const container = new ContainerClient(azurite.connectionString, 'gone');
  await container.delete();
  await assert.rejects(wire(config).plan(), /none is here: this place is not its lake/);
  assert.equal(await container.exists(), false);
  assert.match((await wire(config).adopt({ ...request, write: false }, () => {})).fault, /none is here/);
  assert.equal(await container.exists(), false);
});

test('a command at the lake of an app puts nothing more into it once it was emptied', async (t) => {
  const config = parseConfig(settings('emptied'));
  assert.deepEqual((await wire(config).plan()).errors, []);
  const root = join(folder, 'two-hours');
  for (const hour of ['05', '06']) {
    const file = join(root, `Till_${'1'.repeat(32)}/Messages/2026-03-04/${hour}/a.blob`);
    await mkdir(dirname(file), { recursive: true });
    const context = { data: { eventTime: `2026-03-04T${hour}:01:00Z` } };
    await writeFile(
      file,
      `${JSON.stringify({ message: [{ raw: hour }], internal: { data: { id: hour } }, context })}\n`,
    );
  }
  const lake = openStore(config.lake);
  const names = async () => (await Array.fromAsync(lake.list(''))).map(({ name }) => name);
  const now = Date.now;
  let windows = 0;
  const emptying: typeof prepare = async (...args) => {
    const made = await prepare(...args);
    return {
      ...made,
      run: async (window) => {
        windows += 1;
        if (windows === 2) {
          for (const { name, etag } of await Array.fromAsync(lake.list(''))) await lake.remove(name, etag);
          t.mock.method(Date, 'now', () => now() + 10_000);
        }
        return made.run(window);
      },
    };
  };
  const env = { AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString };
  const out = `${azurite.blobUrl}/emptied`;
  const done = await run(['transform', root, '--out', out, '--window', '1h'], env, emptying);
  assert.equal(windows, 2);
  assert.match(done.err, /none is here: this place is not its lake/);
  assert.notEqual(done.code, 0);
  assert.deepEqual(await names(), []);
});
