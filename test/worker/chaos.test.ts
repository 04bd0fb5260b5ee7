/**
 * Two workers at once on what comes next (windows, blobs, ticks, sweeps, audits, messages that are none), while calls to
 * storage and questions to the query API are not answered, or half, or cut off, or done and not answered, by chance,
 * one by one or all that are alike for minutes; and now and then a worker dies in the middle, and comes back with other
 * settings, or with a line on which each call waits. When it is over the lake is whole, and nobody holds a window.
 * WORKER_CHAOS: so many calls of functions (left out: none); CHAOS_SEED repeats a run as far as two processes can be
 * repeated.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Fault } from '../../local/simulator/faults.ts';
import { chanceOf } from '../../local/telemetry/chance.ts';
import type { Fate } from '../front/storageFront.ts';
import { MINUTE, message } from './inputs.ts';
import { type Scene, startScene, until } from './scene.ts';
import { stepOf } from './step-names.ts';
import { startWorker, type Worker } from './worker.ts';

const many = Number(process.env.WORKER_CHAOS ?? 0);
const seed = process.env.CHAOS_SEED ?? '1';
const chance = chanceOf(`chaos/${seed}`);
const HOURS = 24;

const fates: readonly Fate[] = [
  ...[{ never: 'undone' }, { never: 'done' }, { stall: 20 }, { cut: 20 }, { broken: 'undone' }, { broken: 'done' }],
  { done: { status: 500, code: 'OperationTimedOut' } },
  { later: { status: 500, code: 'OperationTimedOut' } },
  { refuse: { status: 503, code: 'ServerBusy' } },
  { trickle: 1, pause: 3_000 },
] as readonly Fate[];
const faults: readonly Fault[] = [
  { kind: 'stall', at: 'middle' },
  { kind: 'trickle' },
  { kind: 'drop', at: 'start' },
  { kind: 'drop', at: 'middle' },
  { kind: 'partial' },
  { kind: 'throttle', retryAfter: 1 },
  { kind: 'unavailable' },
];

let scene: Scene;
before(async () => {
  if (many === 0) return;
  const settings = {
    ...{ LEASE: '1m', AUDIT_RECHECK: '30d', AzureFunctionsJobHost__functionTimeout: '00:05:00' },
    // The blobs are three weeks old, and nobody sends an event again whose worker died.
    ...{ EXPORT_LOOKBACK: '90d', EXPORT_REFRESH: '0m' },
  };
  scene = await startScene({ hours: HOURS, signals: 'requests', settings });
  assert.equal((await scene.call('planWindows')).error, '');
});
after(() => scene?.close());

let [windows, blobs] = [0, 0];
const acts: Readonly<Record<string, () => Promise<readonly [name: string, text?: string]>>> = {
  window: async () => ['runWindow', message(8 + (windows++ % 15))],
  again: async () => ['runWindow', message(8 + chance.int(0, Math.max(0, Math.min(windows, 15) - 1)))],
  blob: async () => ['transformBlob', await scene.blob(chance.int(0, 5), blobs++)],
  plan: async () => ['planWindows'],
  sweep: async () => ['sweepBlobs'],
  audit: async () => ['auditWindows'],
  poison: async () => ['runWindow', poison[chance.int(0, poison.length - 1)] ?? ''],
};
/** What no message of ours says, and what it says of windows that are none. */
const poison: readonly string[] = [
  ...['', 'null', '{}', '[]', '{"app":"shop"', '\u0000\ufffd', '"shop"', message(9, 'spans')],
  ...[message(9).replace('shop', 'nobody'), message(9).replace('"query"', '"other"')],
  ...[message(9).replace('T09:00', 'T09:07'), message(9).replace('T10:00', 'T08:00'), message(24 * 400)],
];
/** With which the other worker comes back. */
const settings: readonly Readonly<Record<string, string>>[] = [
  ...[{}, { LAKE_GZIP: 'true' }, { LAKE_PARTITION: 'day' }, { EXPORT_WINDOW: '6h' }, { QUERY_WINDOW: '2h' }],
  { LAKE_PATH: '{app}/{signal}/{yyyy}{MM}{dd}/{source}_{start}_{end}.{ext}' },
];
const lines = ['fast-clock.ts', 'slow-calls.ts'].map((name) => `--import=${import.meta.resolve(`./${name}`)}`);
const slowly = { NODE_OPTIONS: lines.join(' '), SLOW_CALLS: '1500' };

const order = ['window', 'blob', 'window', 'again', 'plan', 'window', 'sweep', 'poison', 'audit'];

test(`${many} calls of two workers under hangs and cuts`, { skip: many === 0 && 'set WORKER_CHAOS' }, async (t) => {
  t.diagnostic(`CHAOS_SEED=${seed}`);
  let [struck, deaths, called, failed, poisoned] = [0, 0, 0, 0, 0];
  let strike: { readonly until: number; readonly words: string; readonly fate: Fate } | undefined;
  scene.front.fate = (call) => {
    const words = stepOf(call);
    if (strike !== undefined && Date.now() < strike.until && strike.words === words) return strike.fate;
    if (!chance.hit(0.06)) return undefined;
    struck++;
    const fate = fates[chance.int(0, fates.length - 1)];
    if (chance.hit(0.1)) strike = { until: Date.now() + chance.int(1, 6) * MINUTE, words, fate };
    return fate;
  };
  for (const fault of faults) scene.simulator.fault({ ...fault, probability: 0.04 });
  const turns = async (first: Worker, dies: boolean): Promise<void> => {
    let worker = first;
    while (called < many) {
      const make = acts[order[called++ % order.length] ?? ''] ?? assert.fail();
      const [name, text] = await make();
      const run = scene.call(name, text ?? '', worker);
      if (dies && chance.hit(0.15)) {
        await Promise.race([run, until(() => false, chance.int(1, 5) * 1000)]);
        await worker.kill(chance.hit(0.5) ? 'SIGTERM' : undefined);
        const changes = settings[chance.int(0, settings.length - 1)];
        worker = await startWorker({ ...scene.env, ...changes, ...(chance.hit(0.4) && slowly) });
        deaths++;
      }
      const { took, error } = await run;
      poisoned += name === 'runWindow' && poison.includes(text ?? '') ? 1 : 0;
      failed += error === '' ? 0 : 1;
      assert.ok(took <= 20 * MINUTE, `${name} took ${Math.round(took / 1000)} s`);
    }
    if (worker !== scene.worker) await worker.kill();
  };
  await Promise.all([turns(scene.worker, false), turns(await startWorker(scene.env), true)]);
  scene.front.fate = undefined;
  scene.simulator.clearFaults();
  t.diagnostic(
    `${struck} calls struck, ${await scene.front.applyLater()} done later, ${deaths} deaths, ${poisoned} poisoned, ${failed} failed`,
  );

  const whole = async () => {
    await scene.call('planWindows');
    await scene.call('sweepBlobs');
    for (const { window, state, again } of await scene.entries()) {
      if (['done', 'halved'].includes(state) && !again) continue;
      await scene.call('runWindow', windowMessage(window));
    }
    return scene.isWhole();
  };
  await until(whole, 120 * MINUTE);
  for (const entry of await scene.entries())
    if (entry.state !== 'done' || entry.again) t.diagnostic(JSON.stringify({ ...entry, files: entry.files.length }));
  t.diagnostic(`${await scene.assertWhole()} rows, in the ${scene.worker.kind}`);
  const held = (await scene.entries()).filter(
    ({ state, leaseUntil }) => state === 'running' || leaseUntil > Date.now(),
  );
  assert.deepEqual(held, []);
  const foreign = (await scene.entries()).filter(({ window }) => !['shop', 'other'].includes(window.app));
  assert.deepEqual(foreign, [], 'windows that nobody planned');
});

const windowMessage = (window: { readonly start: number; readonly end: number }): string =>
  JSON.stringify({ ...window, start: new Date(window.start).toISOString(), end: new Date(window.end).toISOString() });
