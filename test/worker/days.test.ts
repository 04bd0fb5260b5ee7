/**
 * Days that pass: the functions under the local host, its own timers, queues and the default schedules, before query
 * APIs of other makes at which rows come in hour by hour, a tenth of them up to two days late, and some are purged. Each
 * window runs once, and once more for each audit before which it changed; in the end the lake is the source, row by
 * row. In virtual time (virtual-time.ts). WORKER_DAYS: how many days (default a quarter of
 * one, and rows up to six hours late).
 */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAzurite } from '../../local/azurite.ts';
import { signalOf } from '../../local/telemetry/asCells.ts';
import { chanceOf } from '../../local/telemetry/chance.ts';
import type { Row } from '../../local/telemetry/row.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import type { Signal } from '../../shared/model.ts';
import { struckConnections } from '../front/connections.ts';
import { startStorageFront } from '../front/storageFront.ts';
import { startTokenEndpoint } from '../front/token-endpoint.ts';
import { FURTHER_MAKES } from './further-makes.ts';
import { HOUR, MINUTE } from './inputs.ts';
import { MAKES } from './makes.ts';
import { type OtherApi, startOtherApi } from './other-api.ts';
import { assertLake } from './same-rows.ts';
import { stuckBy } from './stuck.ts';
import { virtualTime } from './virtual-time.ts';

const DAYS = Number(process.env.WORKER_DAYS ?? 0.25);
/** Hours. */
const LATEST = DAYS < 1 ? 6 : 48;
const signals: readonly Signal[] = ['requests'];
const makes = [...MAKES, ...FURTHER_MAKES].filter(({ name }) => ['old', 'zoned'].includes(name));
const root = join(import.meta.dirname, '../..');
const chance = chanceOf('days');

/** Rows that are to come, by when. */
interface Coming {
  readonly api: OtherApi;
  readonly row: Row;
  readonly at: number;
}

const hourOf = (row: Row): number => Math.floor(Date.parse(String(row.timestamp)) / HOUR) * HOUR;

function comingTo(api: OtherApi, from: number, to: number): Coming[] {
  const shop = { seed: '3', app: api.make.name, perHour: 6, start: from, end: to };
  return signals.flatMap((signal) =>
    [...telemetryRows({ ...shop, signal })].map((row) => {
      const soon = hourOf(row) + HOUR + 2 * MINUTE;
      // Half past, when no audit and no plan is near.
      const late = hourOf(row) + chance.int(2, LATEST) * HOUR + 30 * MINUTE;
      return { api, row, at: chance.hit(0.1) ? late : soon };
    }),
  );
}

test(`${DAYS} days and ${LATEST} hours, by the host's own timers`, async (t) => {
  const work = await mkdtemp(join(tmpdir(), 'days-'));
  await using ends = new AsyncDisposableStack();
  ends.defer(() => rm(work, { recursive: true, force: true, maxRetries: 5 }));
  const azurite = await startAzurite({ inMemory: true });
  ends.defer(azurite.close);
  const connections = struckConnections();
  const virtual = virtualTime();
  const front = await startStorageFront(azurite);
  ends.defer(front.close);
  const tokens = await startTokenEndpoint(HOUR, 'SECRET');
  ends.defer(tokens.close);
  const from = Math.ceil(Date.now() / HOUR) * HOUR;
  const to = from + DAYS * 24 * HOUR;
  const apis = await Promise.all(makes.map((make) => startOtherApi(make, [])));
  for (const api of apis) ends.defer(api.close);
  const apps = apis.map(({ make: { name }, url }) => ({ name, appId: 'the-app', endpoint: url }));
  const env = {
    AzureWebJobsStorage: front.connectionString,
    INSIGHTS_LAKE_CONFIG: JSON.stringify({ apps }),
    SIGNALS: signals.join(),
    QUERY_FROM: new Date(from).toISOString(),
    QUERY_UNTIL: new Date(to).toISOString(),
    LAKE_CONNECTION_STRING: front.connectionString,
    LAKE_CONTAINER: 'lake',
    LAKE_FORMAT: 'ndjson',
    PLAN_SCHEDULE: '0 */20 * * * *',
    TMPDIR: work,
  };
  Object.assign(process.env, env);
  const [{ injectCore }, { startHost }, { readHostSettings }] = await Promise.all([
    import('../../local/host/core.ts'),
    import('../../local/host/host.ts'),
    import('../../local/host/settings.ts'),
  ]);
  const core = injectCore();
  const settings = await readHostSettings(root);
  const queues = { ...settings.queues, maxPollingInterval: 5 * MINUTE };
  const errors: string[] = [];
  let [done, audits] = [0, 0];
  const places = { front, tokens, connections, simulator: { port: 0, requests: [] } };
  const stopTime = virtual.letPass(stuckBy({ name: 'nothing' }, places));
  const host = await startHost({
    ...{ core, env, port: 0, lock: 600_000, blobEvery: HOUR },
    entries: globSync('functions/*.ts', { cwd: root }).map((entry) => join(root, entry)),
    settings: { ...settings, queues },
    report: (event) => {
      if (event.kind === 'ended' && event.error !== '') errors.push(`${event.name}: ${event.error}`);
      if (event.kind === 'ended' && event.name === 'auditWindows') audits++;
      if (event.kind === 'log' && event.name === 'runWindow' && /"state":"done"/.test(event.message)) done++;
    },
  });

  let coming = apis.flatMap((api) => comingTo(api, from, to));
  let [expected, late, purged] = [apis.length * signals.length * DAYS * 24, 0, 0];
  for (let at = from + 30 * MINUTE; at <= to + (LATEST + 1) * HOUR; at += HOUR) {
    await sleep(at - 28 * MINUTE - Date.now());
    const come = (by: number): Coming[] => {
      const now = coming.filter((each) => each.at <= by);
      coming = coming.filter((each) => each.at > by);
      for (const { api, row } of now) api.add([row]);
      return now;
    };
    come(at - 28 * MINUTE);
    await sleep(at - Date.now());
    const changed = new Set(come(at).map(({ api, row }) => `${api.make.name} ${signalOf(row)} ${hourOf(row)}`));
    late += changed.size;
    for (const api of apis) {
      const old = api.rows.filter((row) => hourOf(row) <= at - 3 * HOUR && hourOf(row) >= at - LATEST * HOUR);
      if (!chance.hit(0.2) || old.length === 0) continue;
      const going = old[chance.int(0, old.length - 1)];
      api.purge((row) => row === going);
      purged++;
      if (going) changed.add(`${api.make.name} ${signalOf(going)} ${hourOf(going)}`);
    }
    expected += changed.size;
  }
  await sleep(HOUR);
  await host.stop();
  await stopTime();
  const rows = await assertLake(azurite, signals, apis);
  t.diagnostic(
    `${done} runs of ${expected}, ${late} windows with late rows, ${purged} purges, ${audits} audits, ${rows} rows, ` +
      `${front.calls.length} calls to storage, ${apis.reduce((sum, { questions }) => sum + questions.length, 0)} questions`,
  );
  assert.deepEqual(errors, []);
  assert.equal(coming.length, 0);
  assert.equal(done, expected);
  assert.ok(late > 0 && purged > 0);
});
