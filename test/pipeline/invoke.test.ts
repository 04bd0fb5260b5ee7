import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { LakeHealth, Window } from '../../shared/model.ts';
import { healthyLake } from '../../shared/pipeline/health/decide.ts';
import { createInvoke } from '../../shared/pipeline/outage/invoke.ts';
import { type RunState, unrun } from '../../shared/pipeline/run.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';

const window: Window = { app: 'shop', signal: 'requests', source: 'query', start: 0, end: 3_600_000 };
const outcome = (state: RunState) => async () => unrun(state, window, undefined);

function scene(timeout?: number) {
  let now = 1_000_000;
  const said: string[] = [];
  const health: { is: LakeHealth } = { is: healthyLake };
  const ports = {
    ledger: createMemoryLedger(),
    hints: {
      prepare: async () => {},
      send: async (_: Window, delay: number) => void said.push(`message in ${delay / 1000}`),
    },
    clock: {
      now: () => now,
      random: () => 0,
      sleep: async (ms: number, abort?: AbortSignal) => {
        await setImmediate();
        if (!abort?.aborted) now += ms;
      },
    },
  };
  const invoke = createInvoke(ports, {
    look: async () => health.is,
    watched: (run) => run(),
    lakeReady: async () => {},
    refuseStranger: (lakeThere) => lakeThere,
    ...{ timeout, outage: 0, troubleWithin: () => '' },
  });
  const run = async () => {
    const ran = await invoke(outcome('done'), outcome('held'), (call) => call());
    said.push(ran.state);
  };
  const paused = (probeIn: number, by: LakeHealth['by'] = 'itself'): void => {
    health.is = { ...healthyLake, state: 'paused', by, probeAfter: now + probeIn };
  };
  return { said, health, invoke, run, paused };
}

test('while the lake is paused one message comes back for each probe, and none when it is over', async () => {
  const { said, health, run, paused } = scene();
  await run();
  paused(60_000);
  for (let n = 0; n < 3; n++) await run();
  paused(120_000); // the probe has failed
  for (let n = 0; n < 2; n++) await run();
  health.is = healthyLake;
  for (let n = 0; n < 2; n++) await run();
  const expected = ['done', 'message in 60', 'held', 'held', 'held', 'message in 120', 'held', 'held'];
  assert.deepEqual(said, [...expected, 'done', 'done']);
});

test('who paused it by hand wants it to stay so, and nobody comes back', async () => {
  const { said, health, run, paused } = scene();
  paused(60_000, 'hand');
  await run();
  health.is = { ...health.is, state: 'disabled', by: 'itself' };
  await run();
  assert.deepEqual(said, ['held', 'held']);
});

test('a run whose time is over hears of it, so that it renews its lease no more', async () => {
  const { invoke } = scene(300_000);
  let over: AbortSignal | undefined;
  const hangs = (ports: { readonly over?: AbortSignal }) => {
    over = ports.over;
    return new Promise<never>(() => {});
  };
  await assert.rejects(
    invoke(hangs, outcome('held'), (call) => call()),
    /not done in 4\.8 min/,
  );
  assert.equal(over?.aborted, true);
});
