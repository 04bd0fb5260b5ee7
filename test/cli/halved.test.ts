import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { prepare } from '../../cli/prepare.ts';
import { runCommand } from '../../cli/run.ts';
import { telemetryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import { createFolderStore } from '../../shared/lake/store-folder.ts';
import type { Window } from '../../shared/model.ts';
import { claimedEntry, plannedEntry } from '../../shared/pipeline/entry.ts';
import { createStoreLedger } from '../../shared/state/ledger-store.ts';

/** `export` into a folder in which a window lies whose runs were killed twice, against the simulator, in this process. */
const shop = { seed: 'halved', app: 'shop', perHour: 60 };
const start = Date.UTC(2026, 0, 31, 6);
const hour = 3_600_000;
const heavy: Window = { app: 'shop', signal: 'requests', source: 'query', start, end: start + hour };

let lake = '';
let simulator: Simulator;
before(async () => {
  lake = await mkdtemp(join(tmpdir(), 'cli-halved-'));
  simulator = await startSimulator({ data: telemetryData(shop) });
});
after(async () => {
  await simulator.close();
  await rm(lake, { recursive: true, force: true });
});

async function exported(...more: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const asked = simulator.requests.length;
  const words = ['--app', 'shop=sim', '--endpoint', simulator.url, '--from', '2026-01-31T06:00', '--signals', 'requests', '--out', lake];
  const refuse = async (): Promise<never> => assert.fail('not to be called');
  const code = await runCommand(['export', ...words, '--format', 'ndjson', ...more], {
    terminal: {
      out: (line) => void out.push(line),
      err: (line) => void err.push(line),
      live: false,
      columns: 80,
      env: {},
      now: Date.now,
      sleep: async () => {},
    },
    prepare,
    examine: async function* () {
      yield await refuse();
    },
    operations: { enqueue: refuse, requeue: refuse, drift: refuse },
    version: '1',
    parallel: { export: 2, transform: 1, sweep: 1 },
    abort: new AbortController().signal,
  });
  assert.equal(code, 0, err.join(''));
  return { out: out.join(''), asked: simulator.requests.length - asked };
}

async function idsInLake(): Promise<string[]> {
  const names = (await readdir(lake, { recursive: true })).filter((name) => name.startsWith('requests') && name.endsWith('.ndjson'));
  const texts = await Promise.all(names.map((name) => readFile(join(lake, name), 'utf8')));
  return texts
    .flatMap((text) => text.split('\n').filter((line) => line !== ''))
    .map((line) => JSON.parse(line).itemId)
    .sort();
}

const idsAtSource = (end: number): string[] =>
  [...telemetryRows({ ...shop, signal: 'requests', start, end })].map(({ itemId }) => String(itemId)).sort();

const totals = (out: string) => {
  const { windows, done, unchanged, failed, rows } = JSON.parse(out).totals;
  return { windows, done, unchanged, failed, rows };
};

test('export halves a window whose runs were killed twice, in the same command, and knows its halves from then on', async () => {
  const store = createFolderStore(lake);
  const ledger = createStoreLedger(store);
  const path = 'requests/app=shop/date=2026-01-31/hour=06/query_20260131T0600Z_20260131T0700Z.ndjson';
  const once = { ...claimedEntry(plannedEntry(heavy, 1), 1, 1), files: [{ path, signal: 'requests', rows: 0, bytes: 0 }] } as const;
  await store.put(path, new TextEncoder().encode('{"itemId":"of a run that was killed"}\n'), undefined);
  await ledger.write(claimedEntry(once, 3, 1), undefined);

  const first = await exported('--to', '2026-01-31T08:00');
  assert.match(
    first.out,
    /^shop requests 2026-01-31T06:00Z to 2026-01-31T07:00Z was too heavy for one run; halved at 2026-01-31T06:30:00.000Z: its last 2 runs /m,
  );
  assert.equal(first.asked, 3);
  assert.deepEqual(await idsInLake(), idsAtSource(start + 2 * hour));

  const second = await exported('--to', '2026-01-31T08:00', '--json');
  assert.deepEqual(
    [totals(second.out), second.asked],
    [{ windows: 3, done: 0, unchanged: 3, failed: 0, rows: idsAtSource(start + 2 * hour).length }, 0],
  );
  assert.doesNotMatch(second.out, /too heavy/);

  const again = await exported('--to', '2026-01-31T08:00', '--json', '--again');
  assert.deepEqual([totals(again.out).done, again.asked], [3, 3]);
  assert.deepEqual(await idsInLake(), idsAtSource(start + 2 * hour));

  const longer = await exported('--to', '2026-01-31T08:30', '--json', '--window', '15m');
  assert.deepEqual([totals(longer.out).done, longer.asked], [2, 2]);
  assert.deepEqual(await idsInLake(), idsAtSource(start + 2.5 * hour));
});
