/**
 * The timer that tends the lake, in the local host: an app brings twenty days in and only says what is older than its
 * rule; then it is begun anew with the rule in force. Files of retired windows are named and wait, nothing plans or
 * runs those windows any more, files that somebody deleted or altered are named and there again, and the feed that
 * cannot be looked at is said and stops no other.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TableClient } from '@azure/data-tables';
import { startAzurite } from '../../local/azurite.ts';
import { type RunningApp, startApp } from '../../local/demo/app.ts';
import type { HostEvent } from '../../local/host/host.ts';
import { memoryData } from '../../local/simulator/data.ts';
import { startSimulator } from '../../local/simulator/startSimulator.ts';
import { parseConfig } from '../../shared/config.ts';
import type { Signal } from '../../shared/model.ts';
import { openLedger } from '../../shared/wire/clients.ts';
import { environment } from './process.ts';
import { shopRows } from './shopRows.ts';

const day = 86_400_000;
const today = Math.floor(Date.now() / day) * day;

async function until(what: string, holds: () => Promise<boolean> | boolean, most = 400): Promise<void> {
  for (let second = 0; second < most; second += 0.5) {
    if (await holds()) return;
    await sleep(500);
  }
  assert.fail(`waited ${most} s in vain: ${what}`);
}

test('tendLake in the host: retention, altered files, and a feed that cannot be looked at', async () => {
  const work = await mkdtemp(join(tmpdir(), 'tend-'));
  const azurite = await startAzurite({ inMemory: true });
  const rows = [20, 12, 3].flatMap((ago) =>
    shopRows({ seed: '1', app: 'shop', perHour: 20, start: today - ago * day, end: today - ago * day + 7_200_000 }),
  );
  const simulator = await startSimulator({ data: memoryData(rows) });
  const lake = join(work, 'lake');
  const env = environment({
    ...{ AzureWebJobsStorage: azurite.connectionString, LAKE_FOLDER: lake, LAKE_FORMAT: 'ndjson', TMPDIR: work },
    ...{ APP_NAME: 'shop', APP_ID: '11111111-2222-3333-4444-555555555555', QUERY_ENDPOINT: simulator.url },
    ...{ SIGNALS: 'requests,traces', QUERY_WINDOW: '24h', QUERY_FROM: new Date(today - 20 * day).toISOString() },
    ...{ QUERY_UNTIL: new Date(today).toISOString(), PLAN_SCHEDULE: '*/2 * * * * *', LAKE_SCHEDULE: '*/3 * * * * *' },
    ...{ LAKE_RETENTION: '10d', AUDIT_SCHEDULE: '0 0 0 29 2 *' },
  });
  const { state, lake: place } = parseConfig(env, () => '');
  const ledger = openLedger(state, place);
  const entries = async (signal: Signal) => Array.fromAsync(ledger.list({ app: 'shop', signal, source: 'query' }));
  const inState = async (signal: Signal, wanted: string) =>
    (await entries(signal).catch(() => [])).filter((entry) => entry.state === wanted).length;
  let lines: Record<string, unknown>[] = [];
  const begun: RunningApp[] = [];
  const begin = async (more: Record<string, string>) => {
    lines = [];
    const hear = (event: HostEvent) => {
      if (event.kind === 'log' && event.name === 'tendLake' && event.message.startsWith('{'))
        lines.push(JSON.parse(event.message));
      if (event.kind === 'ended' && event.name === 'tendLake' && event.error !== '')
        lines.push({ event: 'red', error: event.error });
    };
    const app = startApp({ ...env, ...more }, join(work, 'log'), hear, (error) => assert.fail(error));
    begun.push(app);
    await app.ready;
    return app;
  };
  const said = (event: string, signal?: string) =>
    lines.filter((line) => line.event === event && (signal === undefined || line.signal === signal));
  const files = async (signal: string) =>
    (await readdir(join(lake, signal), { recursive: true })).filter((name) => name.endsWith('.ndjson')).sort();
  try {
    const first = await begin({});
    await until(
      'all is in',
      async () => (await inState('requests', 'done')) + (await inState('traces', 'done')) === 40,
    );
    await until('it is said', () => said('retired', 'requests').some(({ windows }) => windows === 10));
    assert.equal(said('retired', 'requests').at(-1)?.done, false);
    assert.equal(await inState('requests', 'retired'), 0, 'only said');
    await first.kill();

    const before = await files('requests');
    assert.equal(before.length, 3 * 2, 'hours of three days');
    const second = await begin({ LAKE_RETIRE: 'remove' });
    await until('retired', async () => (await inState('requests', 'retired')) === 10);
    await until('files wait', () => said('retired', 'requests').some(({ waiting }) => Number(waiting) === 4));
    assert.deepEqual(said('red'), []);
    const young = before.filter((name) => Date.parse(/date=([\d-]+)/.exec(name)?.[1] ?? '') > today - 10 * day);
    const [gone = '', altered = ''] = young;
    const text = await readFile(join(lake, 'requests', altered), 'utf8');
    await rm(join(lake, 'requests', gone));
    await writeFile(join(lake, 'requests', altered), text.replaceAll('GET', 'PUT'));
    await until('named', () => said('wrongFiles', 'requests').length > 0);
    await until('there again', async () => {
      const there = await files('requests');
      return there.includes(gone) && (await readFile(join(lake, 'requests', altered), 'utf8')) === text;
    });
    assert.equal(await inState('requests', 'retired'), 10, 'nothing brought them back');
    await second.kill();

    // Entries that a later version wrote: this one refuses to read the feed, says so, and looks at the others.
    const table = TableClient.fromConnectionString(azurite.connectionString, state.table, {
      allowInsecureConnection: true,
    });
    for await (const { partitionKey = '', rowKey = '', signal, state: is } of table.listEntities())
      if (signal === 'traces' && is !== undefined)
        await table.updateEntity({ partitionKey, rowKey, stateVersion: 99 }, 'Merge');
    await begin({ LAKE_RETIRE: 'remove' });
    await until('red', () => said('red').length > 0);
    assert.match(String(said('red')[0]?.error), /shop traces/);
    assert.doesNotMatch(String(said('red')[0]?.error), /shop requests/);
    await until('the other', () => said('files').some(({ errors, windows }) => errors === 1 && Number(windows) > 0));
  } finally {
    for (const app of begun) await app.kill().catch(() => undefined);
    await simulator.close();
    await azurite.close();
    await rm(work, { recursive: true, force: true });
  }
});
