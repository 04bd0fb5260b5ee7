import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chanceOf } from '../../local/telemetry/chance.ts';
import type { Signal, Window } from '../../shared/model.ts';
import { seedOf } from '../seeds.ts';
import { assertLake } from './assertLake.ts';
import { differences } from './compare.ts';
import { type FunctionApp, startFunctionApp, WINDOW } from './functionApp.ts';
import { readLake } from './readLake.ts';
import { fromQuery, type LakeRow, windowAt, windowText } from './truth.ts';

/**
 * What the triggers call, in processes of their own, against Azurite: a window whose runs die each time, and one whose
 * run takes longer than the host lets it, are halved and done. E2E_SEED repeats a run.
 */
const seed = seedOf('E2E_SEED');
const START = Date.UTC(2024, 4, 10);
const shop = { app: 'shop', perHour: 60, start: START, end: START + WINDOW };
const windowOf = (signal: Signal): Window => ({
  app: 'shop',
  signal,
  source: 'query',
  start: START,
  end: START + WINDOW,
});

let app: FunctionApp;
before(async () => {
  app = await startFunctionApp({ seed, chance: chanceOf(`halved/${seed}`), shop });
  assert.deepEqual((await app.instance.plan()).errors, []);
});
after(() => app?.close());

/** Runs the window and dies as soon as a file of it is in the lake. */
async function runAndDie(window: Window, shift: number): Promise<void> {
  const victim = await app.start(shift);
  app.proxy.gate = {
    after: async ({ service, method, path }) => {
      if (service === 'blob' && method === 'PUT' && path.includes('.parquet')) await victim.kill();
    },
  };
  await assert.rejects(victim.run(window), /killed/);
  app.proxy.gate = undefined;
}

test('a window whose runs die is halved by the sixth', async () => {
  const window = windowOf('requests');
  for (let death = 5; death > 0; death--) await runAndDie(window, death * -20_000);
  const outcome = await app.instance.run(window);
  assert.equal(outcome.state, 'halved', outcome.error);
  assert.match(outcome.error, /^halved at 2024-05-10T01:00:00.000Z: its last 5 runs ended without a word/);
  assert.equal((await app.instance.run(window)).state, 'halved', 'a message that comes twice');
  const plan = (await app.instance.plan()).feeds.find(
    ({ feed }) => feed.source === 'query' && feed.signal === 'requests',
  );
  assert.deepEqual([plan?.open, plan?.watermark], [2, START]);
});

test('a window whose run takes longer than the host lets it is halved by that run', async () => {
  // What is longer than a quarter of an hour is too much for one answer, and each answer comes after two seconds.
  const long = ({ start, end }: Partial<Record<'start' | 'end', string>>) =>
    Date.parse(`${end}`) - Date.parse(`${start}`) > 15 * 60_000;
  const faults = [
    app.simulator.fault({ kind: 'truncate', when: ({ parsed }) => parsed !== undefined && long(parsed) }),
    app.simulator.fault({ kind: 'stall', pause: 2_000 }),
  ];
  const instance = await app.start(0, { AzureFunctionsJobHost__functionTimeout: '00:00:15' });
  await instance.plan(); // all is loaded: the time is the run's
  const outcome = await instance.run(windowOf('traces'));
  for (const fault of faults) fault.remove();
  assert.equal(outcome.state, 'halved', outcome.error);
  assert.match(
    outcome.error,
    /^halved at 2024-05-10T01:00:00.000Z: not read to its end in [\d.]+ min, and the host ends a run after 0.3 min$/,
  );
});

test('the halves run, the watermark follows them, and the lake has every row once', async (t) => {
  t.diagnostic(`E2E_SEED=${seed}: ${JSON.stringify(await app.deliverAll([app.instance]))}`);
  for (const { feed, watermark } of (await app.instance.plan()).feeds)
    if (feed.source === 'query') assert.equal(watermark, shop.end);
  const lake = await app.download();
  await assertLake(lake, {
    app: 'shop',
    seed,
    truthOf: (signal) => app.data.all(signal).map((row) => fromQuery(signal, row, WINDOW)),
    compare: (truth, rows) =>
      differences(
        truth,
        rows.map((row) => wholeWindow(row, WINDOW)),
      ),
  });
  for (const [signal, windows] of [
    ['requests', ['20240510T0000Z_20240510T0100Z', '20240510T0100Z_20240510T0200Z']],
    ['traces', ['20240510T0000Z_20240510T0100Z', '20240510T0100Z_20240510T0200Z']],
    ['dependencies', ['20240510T0000Z_20240510T0200Z']],
  ] as const) {
    const { rows } = await readLake(lake, signal, 'parquet');
    assert.deepEqual([...new Set(rows.map(({ exportWindow }) => exportWindow))].sort(), windows, signal);
  }
});

/**
 * A row of the lake with its window as it would be if no window had been halved: as those are whose runs were killed
 * twice. It stays as it is where its window is none that halving leads to, or not the one that its time falls into.
 */
function wholeWindow(row: LakeRow, size: number): LakeRow {
  const at = Number(row.timestamp) / 1000;
  let start = Math.floor(at / size) * size;
  for (let end = start + size; end > start; ) {
    if (windowText({ start, end }) === row.exportWindow)
      return { ...row, exportWindow: windowAt(String(row.timestamp), size) };
    if (end - start <= 60_000) break;
    const middle = Math.round((start + end) / 120_000) * 60_000;
    if (at < middle) end = middle;
    else start = middle;
  }
  return row;
}
