import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Summary } from '../../../cli/deliver/summary.ts';
import { plannedEntry } from '../../../shared/pipeline/entry.ts';
import { signals } from '../../../shared/signals/tables.ts';
import { createStoreLedger } from '../../../shared/state/ledger-store.ts';
import { openPlace } from '../../../shared/wire/open-place.ts';
import { guid } from '../fake.ts';
import { run } from '../real.ts';

const base = await mkdtemp(join(tmpdir(), 'insights-year-'));
after(() => rm(base, { recursive: true, force: true }));

/** Says no to everything, and how much memory the process had when it was first asked. */
async function refusing() {
  const seen: number[] = [];
  const server = createServer((request, response) => {
    seen.push(process.memoryUsage().heapUsed);
    request.resume().on('end', () => response.writeHead(403).end('{"error":{"message":"no"}}'));
  }).listen(0, '127.0.0.1');
  after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const exportOf = async (endpoint: string, lake: string, ...words: string[]) => {
  const all = ['export', '--app', `shop=${guid}`, '--endpoint', endpoint, '--key-env', 'K', '--out', lake, '--json'];
  const { code, out, err } = await run([...all, ...words], { K: 'key' });
  return { code, err, summary: JSON.parse(out) as Summary };
};

test('a year of windows of five minutes, ten signals: asked at once, and counted to the last', async () => {
  const { endpoint, seen } = await refusing();
  const year = ['--from', '2025-01-01', '--to', '2026-01-01', '--window', '5m'];
  const before = process.memoryUsage().heapUsed;
  const { code, summary } = await exportOf(endpoint, join(base, 'year'), ...year);
  assert.equal(code, 3);
  assert.ok((seen[0] ?? Number.POSITIVE_INFINITY) - before < 80_000_000, `${seen[0]} of ${before}`);
  assert.equal(summary.totals.windows + summary.totals.untried, 365 * 24 * 12 * signals.length);
  assert.equal(summary.left[0]?.untried, summary.totals.untried);
});

test('the windows that the ledger has keep their time in what is counted and asked', async () => {
  const { endpoint } = await refusing();
  const lake = join(base, 'known');
  const range = ['--signals', 'traces', '--from', '2026-01-01'];
  await exportOf(endpoint, lake, ...range, '--to', '2026-01-01T01:00', '--window', '30m');
  const { summary } = await exportOf(endpoint, lake, ...range, '--to', '2026-01-02', '--window', '5m');
  // three were tried, of which the ledger has the first two; the rest of the day in windows of its own
  assert.equal(summary.totals.windows + summary.totals.untried, 2 + 23 * 12);
  const entries = await Array.fromAsync(
    createStoreLedger(await openPlace({ kind: 'folder', folder: lake })).list({
      app: 'shop',
      signal: 'traces',
      source: 'query',
    }),
  );
  assert.deepEqual(
    entries.map(({ window: { start, end } }) => (end - start) / 60_000),
    [30, 30, 5],
  );
});

test('what failed in a lake of commands is run again by nobody, says its status', async () => {
  const lake = join(base, 'failed');
  const window = {
    app: 'shop',
    signal: 'traces',
    source: 'query',
    start: Date.now() - 3_600_000,
    end: Date.now(),
  } as const;
  const ledger = createStoreLedger(await openPlace({ kind: 'folder', folder: lake }));
  const error = 'query traces of shop: asked 6 times in vain: status 500; the window is tried again later';
  await ledger.write({ ...plannedEntry(window), state: 'failed', attempts: 1, error }, undefined);
  const { code, out } = await run(['status', '--out', lake]);
  assert.equal(code, 1);
  assert.match(out, /asked 6 times in vain: status 500; run the same command again/);
  assert.doesNotMatch(out, /tried again later/);
});
