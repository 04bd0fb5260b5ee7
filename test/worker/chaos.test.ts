/**
 * Two workers at once on what comes next (windows, blobs, ticks, sweeps, audits), while calls to storage and questions
 * to the query API are not answered, or half, or cut off, or done and not answered, by chance; and now and then a
 * worker dies in the middle. When it is over the lake is whole, and nobody holds a window. WORKER_CHAOS: so many calls
 * of functions (left out: none); CHAOS_SEED repeats a run as far as two processes can be repeated.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Fault } from '../../local/simulator/faults.ts';
import { chanceOf } from '../../local/telemetry/chance.ts';
import type { Fate } from '../front/storageFront.ts';
import { HOUR, MINUTE, message, START } from './inputs.ts';
import { type Scene, startScene, until } from './scene.ts';
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
] as readonly Fate[];
const faults: readonly Fault[] = [
  { kind: 'stall', at: 'middle' },
  { kind: 'drop', at: 'start' },
  { kind: 'drop', at: 'middle' },
  { kind: 'partial' },
  { kind: 'throttle', retryAfter: 1 },
  { kind: 'unavailable' },
];

let scene: Scene;
before(async () => {
  if (many === 0) return;
  const settings = { LEASE: '1m', AUDIT_RECHECK: '30d', AzureFunctionsJobHost__functionTimeout: '00:05:00' };
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
};
const order = ['window', 'blob', 'window', 'again', 'plan', 'window', 'sweep', 'audit'];

test(`${many} calls of two workers under hangs and cuts`, { skip: many === 0 && 'set WORKER_CHAOS' }, async (t) => {
  t.diagnostic(`CHAOS_SEED=${seed}`);
  let [struck, deaths, called, failed] = [0, 0, 0, 0];
  scene.front.fate = () => {
    if (!chance.hit(0.06)) return undefined;
    struck++;
    return fates[chance.int(0, fates.length - 1)];
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
        worker = await startWorker(scene.env);
        deaths++;
      }
      const { took, error } = await run;
      failed += error === '' ? 0 : 1;
      assert.ok(took <= 20 * MINUTE, `${name} took ${Math.round(took / 1000)} s`);
    }
    if (worker !== scene.worker) await worker.kill();
  };
  await Promise.all([turns(scene.worker, false), turns(await startWorker(scene.env), true)]);
  scene.front.fate = undefined;
  scene.simulator.clearFaults();
  t.diagnostic(
    `${struck} calls struck, ${await scene.front.applyLater()} done later, ${deaths} deaths, ${failed} failed`,
  );

  const whole = async () => {
    await scene.call('planWindows');
    await scene.call('sweepBlobs');
    for (const { window, state, again } of await scene.entries()) {
      if (state === 'done' && !again) continue;
      if (window.source === 'query') await scene.call('runWindow', message((window.start - START) / HOUR));
      else await scene.call('runWindow', windowMessage(window));
    }
    return scene.isWhole();
  };
  await until(whole, 60 * MINUTE);
  t.diagnostic(`${await scene.assertWhole()} rows, in the ${scene.worker.kind}`);
  const held = (await scene.entries()).filter(
    ({ state, leaseUntil }) => state === 'running' || leaseUntil > Date.now(),
  );
  assert.deepEqual(held, []);
});

const windowMessage = (window: { readonly start: number; readonly end: number }): string =>
  JSON.stringify({ ...window, start: new Date(window.start).toISOString(), end: new Date(window.end).toISOString() });
