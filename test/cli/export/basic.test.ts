/** Tables on the Basic plan, through the command line and through the app: `/query` refuses them, `/search` answers. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Azurite, startAzurite } from '../../../local/azurite.ts';
import { memoryData } from '../../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../../local/simulator/startSimulator.ts';
import { parseConfig } from '../../../shared/config.ts';
import type { Signal, Window } from '../../../shared/model.ts';
import { wire } from '../../../shared/wire.ts';
import { shopRows } from '../../e2e/shopRows.ts';
import { run } from '../real.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const end = Math.floor(Date.now() / HOUR) * HOUR - 2 * HOUR;
const start = end - 6 * HOUR;
const workspaceId = '99999999-8888-7777-6666-555555555555';
const basic: readonly Signal[] = ['traces', 'dependencies', 'requests'];
const iso = (time: number): string => new Date(time).toISOString();

let folder = '';
let simulator: Simulator;
let azurite: Azurite;
const data = memoryData();
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'basic-'));
  data.add(shopRows({ seed: '1', app: 'shop', perHour: 20, start, end }), start);
  simulator = await startSimulator({ data, basic, rowLimit: 15 });
  azurite = await startAzurite();
});
after(async () => {
  await simulator?.close();
  await azurite?.close();
  await rm(folder, { recursive: true, force: true });
});

const exported = (lake: string, ...more: string[]) =>
  run([
    ...['export', '--workspace', `shop=${workspaceId}`, '--endpoint', simulator.url, '--from', iso(start), '--to'],
    ...[iso(end), '--out', join(folder, lake), '--json', ...more],
  ]);

const rowsOf = (signals: readonly Signal[]) => signals.reduce((sum, signal) => sum + data.all(signal).length, 0);

test('a refusal of the plan is asked once for each table, and names the setting', async () => {
  const before = simulator.requests.length;
  const { code, out, err } = await exported('refused', '--signals', 'requests,traces,customEvents');
  assert.equal(code, 1, err);
  const { totals, failures, left } = JSON.parse(out);
  assert.equal(totals.rows, rowsOf(['customEvents']));
  assert.match(
    JSON.stringify([failures, left]),
    /AppTraces seems to be on the Basic or Auxiliary plan[^"]*--plan basic/,
  );
  const refused = simulator.requests.slice(before).filter(({ status }) => status === 400);
  // Left after three refusals, which lanes that were on their way may still bring.
  // What is counted ahead is refused like the rows, and asked for in four ways at most.
  assert.ok(refused.length <= 2 * (5 + 4), `${refused.length} refusals`);
  assert.equal(new Set(refused.map(({ query }) => query)).size, refused.length, 'none was asked again, or in halves');
});

test('--plan basic asks by /search, with a timespan: all rows, in parts where an answer holds few', async () => {
  const before = simulator.requests.length;
  const { code, out, err } = await exported('basic', '--plan', 'basic', '--signals', basic.join(','));
  assert.equal(code, 0, err);
  assert.equal(JSON.parse(out).totals.rows, rowsOf(basic));
  const asked = simulator.requests.slice(before);
  assert.ok(asked.every(({ path }) => path.endsWith('/search')));
  assert.ok(asked.every(({ timespan }) => /^\S+Z\/\S+Z$/.test(timespan ?? '')));
  assert.ok(asked.every(({ parsed }) => parsed?.union === undefined));
  assert.ok(asked.length > 6 * basic.length, 'in parts');
  assert.ok(Math.max(...asked.map(({ concurrent }) => concurrent)) <= 2);
});

test('what is older than the plan keeps is not asked for, and not called done', async () => {
  const before = simulator.requests.length;
  const old = end - 40 * DAY;
  const words = ['--plan', 'basic', '--signals', 'traces', '--from', iso(old), '--to', iso(old + 2 * HOUR)];
  const { out, code, err } = await run([
    ...['export', '--workspace', `shop=${workspaceId}`, '--endpoint', simulator.url, ...words],
    ...['--out', join(folder, 'old'), '--json'],
  ]);
  assert.equal(simulator.requests.length, before);
  assert.match(`${out}${err}`, /keeps|unavailable/);
  assert.notEqual(code, undefined);
});

test('--plan basic belongs to a workspace', async () => {
  const { code, err } = await run([
    ...['export', '--app', 'shop=11111111-2222-3333-4444-555555555555', '--plan', 'basic', '--from', iso(start)],
    ...['--to', iso(end), '--out', join(folder, 'none')],
  ]);
  assert.equal(code, 2, err);
  assert.match(err, /--plan basic goes with a workspace/);
});

test('QUERY_PLAN=basic: planned, run, audited, late rows brought', async () => {
  const app = wire(parseConfig(settings(), () => ''));
  const window = (n: number): Window => {
    const from = start + n * HOUR;
    return { app: 'shop', signal: 'traces', source: 'query', start: from, end: from + HOUR };
  };
  const rowsBrought = async () => {
    let rows = 0;
    for (let n = 0; n < 6; n++) {
      const { state, counts, error } = await app.run(window(n));
      assert.ok(state === 'done' || state === 'unchanged', error);
      rows += counts.written;
    }
    return rows;
  };
  const from = simulator.requests.length;
  assert.deepEqual((await app.plan()).errors, []);
  assert.equal(await rowsBrought(), rowsOf(['traces']));
  data.add(shopRows({ seed: '2', app: 'shop', perHour: 5, start, end }).filter(({ itemType }) => itemType === 'trace'));
  assert.deepEqual((await app.audit()).errors, []);
  assert.equal(await rowsBrought(), rowsOf(['traces']));
  const asked = simulator.requests.slice(from);
  assert.ok(asked.every(({ path, status }) => path.endsWith('/search') && status === 200));
});

const settings = () => ({
  AzureWebJobsStorage: azurite.connectionString,
  LAKE_CONNECTION_STRING: azurite.connectionString,
  LAKE_CONTAINER: 'basic',
  APP_NAME: 'shop',
  WORKSPACE_ID: workspaceId,
  QUERY_ENDPOINT: simulator.url,
  QUERY_PLAN: 'basic',
  SIGNALS: 'traces',
  QUERY_LAG: '0m',
  QUERY_FROM: iso(start),
  QUERY_UNTIL: iso(end),
});
