/** `export` of an app under two names, and of two apps under one: no row comes twice, and none takes another's place. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Azurite, startAzurite } from '../../../local/azurite.ts';
import { memoryData } from '../../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../../local/simulator/startSimulator.ts';
import { parseConfig } from '../../../shared/config.ts';
import { openLedger } from '../../../shared/wire/clients.ts';
import { wire } from '../../../shared/wire.ts';
import { shopRows } from '../../e2e/shopRows.ts';
import { run } from '../real.ts';

const HOUR = 3_600_000;
const start = Math.floor(Date.now() / HOUR) * HOUR - 80 * HOUR;
const at = (hour: number): string => new Date(start + hour * HOUR).toISOString();
const [one, other] = ['11111111-2222-3333-4444-555555555555', '99999999-2222-3333-4444-555555555555'];
const workspace = '22222222-2222-3333-4444-555555555555';
const data = memoryData(shopRows({ seed: '1', app: 'shop', perHour: 6, start, end: start + 6 * HOUR }));
let [azurite, simulator, base] = [{} as Azurite, {} as Simulator, ''];

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'second-name-'));
  simulator = await startSimulator({ data });
  azurite = await startAzurite({ inMemory: true });
});
after(async () => {
  await simulator.close();
  await azurite.close();
  await rm(base, { recursive: true, force: true });
});

/** The hours of requests from the source, `apps` being `name=id`, into a folder. */
function exported(lake: string, [from, to]: readonly [number, number], apps: string | string[], ...more: string[]) {
  const named = [apps].flat().flatMap((app) => (app.startsWith('--') ? app.split(' ') : ['--app', app]));
  const words = ['--endpoint', simulator.url, '--from', at(from), '--to', at(to), '--format', 'ndjson'];
  const signals = more.includes('--signals') ? [] : ['--signals', 'requests'];
  return run([
    'export',
    ...named,
    ...words,
    ...signals,
    '--out',
    lake.includes(':') ? lake : join(base, lake),
    ...more,
  ]);
}

const filesIn = async (lake: string, sort: RegExp): Promise<readonly string[]> =>
  (await readdir(join(base, lake), { recursive: true }))
    .filter((name) => sort.test(name))
    .map((name) => join(base, lake, name))
    .sort();
/** All rows and entries, with the times of their files: what brought nothing changed none. */
const seen = async (lake: string) =>
  Promise.all((await filesIn(lake, /ndjson$|app=.*json$/)).map(async (name) => [name, (await stat(name)).mtimeMs]));
async function rowsIn(lake: string): Promise<{ readonly rows: number; readonly ids: number }> {
  const texts = await Promise.all((await filesIn(lake, /^[a-z].*ndjson$/)).map((name) => readFile(name, 'utf8')));
  const lines = texts.flatMap((text) => text.split('\n').filter((line) => line !== ''));
  return { rows: lines.length, ids: new Set(lines.map((line) => JSON.parse(line).itemId)).size };
}
const entriesIn = async (lake: string) =>
  Promise.all(
    (await filesIn(lake, /windows[/\\].*json$/)).map(async (name) => ({
      name,
      ...JSON.parse(await readFile(name, 'utf8')),
    })),
  );
const inSource = (from: number, to: number): number =>
  data.all('requests').filter(({ timestamp }) => String(timestamp) >= at(from) && String(timestamp) < at(to)).length;

test('two names of one app in one command are refused, and nothing is written', async () => {
  const component = '/subscriptions/s/resourceGroups/g/providers/microsoft.insights/components/shop';
  for (const [apps, flag] of [
    [[`shop=${one}`, `store=${one.toUpperCase()}`], '--app'],
    [[`--workspace shop=${workspace},${component}`, `--workspace store=${workspace},${component}/`], '--workspace'],
  ] as const) {
    const { code, err } = await exported('together', [0, 2], [...apps]);
    assert.equal(code, 2, err);
    assert.match(err, new RegExp(`${flag} must be .*shop and store would bring the same rows twice; keep one\n`));
  }
  await assert.rejects(stat(join(base, 'together')));
  const { code, err } = await exported('together', [0, 2], [`shop=${one}`, `pay=${other}`]);
  assert.equal(code, 0, err);
});

test('an app under a second name: refused where the first has the time, and nothing else is', async () => {
  assert.equal((await exported('second', [0, 3], `shop=${one}`)).code, 0);
  const entries = await entriesIn('second');
  assert.deepEqual(new Set(entries.map(({ origin }) => origin)), new Set([`app ${one}`]));
  const [before, asked] = [await seen('second'), simulator.requests.length];
  for (const more of [[], ['--again'], ['--window', '15m'], ['--signals', 'traces,requests']]) {
    const { code, err } = await exported('second', [2, 4], `store=${one}`, ...more);
    assert.equal(code, 2, err);
    assert.match(
      err,
      /^insights-lake: export: this lake has requests from \S+ to \S+ of store under another name, shop,/,
    );
  }
  assert.deepEqual([await seen('second'), simulator.requests.length], [before, asked]);
  // Beside it, another signal, another app; and the first name as before.
  assert.equal((await exported('second', [3, 4], `store=${one}`)).code, 0);
  assert.equal((await exported('second', [0, 1], `store=${one}`, '--signals', 'traces')).code, 0);
  for (const more of [[], ['--again']])
    assert.equal((await exported('second', [0, 3], `shop=${one}`, ...more)).code, 0);
  const { code, err } = await exported('second', [0, 4], `shop=${one}`);
  assert.deepEqual([code, /another name, store,/.test(err)], [2, true], err);
  const requests = await entriesIn('second');
  assert.equal(requests.filter(({ signal }) => signal === 'requests').length, 4);
  const traces = data.all('traces').filter(({ timestamp }) => String(timestamp) < at(1)).length;
  const there = inSource(0, 4) + traces;
  assert.deepEqual(await rowsIn('second'), { rows: there, ids: there });
});

test('a name that stands for another app now: the rows of the first stay, until a rerun is asked for', async () => {
  assert.equal((await exported('changed', [0, 2], `shop=${one}`)).code, 0);
  const before = await seen('changed');
  for (const more of [[], ['--again']]) {
    const { code, err } = await exported('changed', [1, 3], `shop=${other}`, ...more);
    assert.equal(code, 2, err);
    assert.match(
      err,
      /has shop requests of \S+ from another source \(app 1{8}\S+\) than shop stands for now \(app 9{8}/,
    );
  }
  assert.deepEqual(await seen('changed'), before);
  assert.equal((await exported('changed', [2, 3], `shop=${other}`)).code, 0);
  // The first app's later name is still the first app's.
  const mixed = await exported('changed', [0, 3], [`pay=${one}`]);
  assert.match(mixed.err, /of pay under another name, shop,/);
  const words = ['rerun', '--out', join(base, 'changed'), '--app', 'shop', '--from', at(1), '--to', at(2), '--start'];
  assert.equal((await run(words)).code, 0);
  assert.equal((await exported('changed', [1, 3], `shop=${other}`)).code, 0);
  assert.deepEqual(
    (await entriesIn('changed')).map(({ origin }) => origin),
    [one, other, other].map((id) => `app ${id}`),
  );
});

test('a lake of an earlier version, whose ledger does not say what was read, is used as before', async () => {
  assert.equal((await exported('early', [0, 2], `shop=${one}`)).code, 0);
  for (const { name, origin: _, ...entry } of await entriesIn('early')) await writeFile(name, JSON.stringify(entry));
  for (const more of [[], ['--again']]) assert.equal((await exported('early', [0, 2], `shop=${one}`, ...more)).code, 0);
  assert.deepEqual(await rowsIn('early'), { rows: inSource(0, 2), ids: inSource(0, 2) });
  const refused = await exported('early', [0, 2], `store=${one}`);
  assert.equal(refused.code, 2, 'known since --again');
});

test('the lake of a deployed app: what it has is refused under another name, and it sees what the command reads', async () => {
  const env = { AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString };
  const settings = {
    ...{ AzureWebJobsStorage: azurite.connectionString, LAKE_CONNECTION_STRING: azurite.connectionString },
    ...{ LAKE_CONTAINER: 'app', LAKE_FORMAT: 'ndjson', APP_NAME: 'shop', APP_ID: one, SIGNALS: 'requests' },
    ...{ QUERY_ENDPOINT: simulator.url, QUERY_FROM: at(3), QUERY_UNTIL: at(5), QUERY_LAG: '0m' },
  };
  const config = parseConfig(settings, () => '');
  const app = wire(config);
  assert.deepEqual((await app.plan()).errors, []);
  const file = join(base, 'deployed.json');
  await writeFile(file, JSON.stringify(settings));
  const place = `${azurite.blobUrl}/app`;
  const words = (range: readonly [number, number], name: string, ...more: string[]) =>
    run(
      [
        ...[
          'export',
          '--app',
          `${name}=${one}`,
          '--endpoint',
          simulator.url,
          '--from',
          at(range[0]),
          '--to',
          at(range[1]),
        ],
        ...['--signals', 'requests', '--format', 'ndjson', '--out', place, ...more],
      ],
      env,
    );
  for (const more of [[], ['--settings', file]]) {
    // Planned, and not yet read: the app will bring it.
    const { code, err } = await words([2, 4], 'store', ...more);
    assert.equal(code, 2, err);
    assert.match(err, /of store under another name, shop,/);
  }
  assert.equal((await words([1, 2], 'store')).code, 0);
  assert.equal((await words([2, 3], 'till', '--settings', file)).code, 0);
  const ledger = openLedger(config.state, config.lake);
  const told = (await Array.fromAsync(ledger.openings())).map(({ feed, origins }) => [feed.app, ...origins]);
  assert.deepEqual(
    told.toSorted(),
    ['shop', 'store', 'till'].map((name) => [name, `app ${one}`]),
  );
});

test('a wrong application id that is corrected: all rows are there, once, and audit finds nothing', async () => {
  const wrong = '33333333-2222-3333-4444-555555555555';
  const strict = await startSimulator({ data, ids: [one] });
  try {
    for (const more of [[], ['--again']]) {
      const lake = `typo${more.length}`;
      const words = (id: string) => ['export', '--app', `shop=${id}`, '--endpoint', strict.url, '--from', at(0)];
      const rest = ['--to', at(4), '--signals', 'requests', '--format', 'ndjson', '--out', join(base, lake)];
      const failed = await run([...words(wrong), ...rest]);
      assert.equal(failed.code, 3, failed.err);
      assert.equal((await run([...words(one), ...rest, ...more])).code, 0);
      assert.deepEqual(await rowsIn(lake), { rows: inSource(0, 4), ids: inSource(0, 4) });
      assert.deepEqual(new Set((await entriesIn(lake)).map(({ origin }) => origin)), new Set([`app ${one}`]));
      const audited = await run(['audit', '--out', join(base, lake)]);
      assert.equal(audited.code, 0, audited.out + audited.err);
    }
  } finally {
    await strict.close();
  }
});
