/** Ticks of the planner that are asked for at the same time, by its timer and at the end of a pause. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { LakeHealth } from '../../shared/model.ts';
import { healthyLake } from '../../shared/pipeline/health/decide.ts';
import { sharedTicks } from '../../shared/wire/plan.ts';

function scene() {
  const begun: boolean[] = [];
  const waiting: { end(state: LakeHealth['state']): void; fail(): void }[] = [];
  const ticks = sharedTicks((atOnce) => {
    begun.push(atOnce);
    return new Promise((resolve, reject) => {
      waiting.push({
        end: (state) => resolve({ feeds: [], errors: [], health: { ...healthyLake, state } }),
        fail: () => reject(new Error('away')),
      });
    });
  });
  const next = async () => {
    await setImmediate();
    return waiting.shift() ?? assert.fail('none is under way');
  };
  return { ticks, begun, next };
}

test('one tick of a process at a time: timer and end of a pause share it', async () => {
  const { ticks, begun, next } = scene();
  const planned = ticks.plan();
  ticks.woke();
  assert.equal(ticks.plan(), planned);
  (await next()).end('active');
  await planned;
  await setImmediate();
  assert.deepEqual(begun, [false]);
  const after = ticks.plan();
  assert.notEqual(after, planned);
  (await next()).end('active');
  await after;
});

test('a tick that had seen the pause still is followed by one that sends; a failure is nobody’s', async () => {
  const { ticks, begun, next } = scene();
  const planned = ticks.plan();
  ticks.woke();
  (await next()).end('paused');
  await planned;
  (await next()).fail();
  await setImmediate();
  assert.deepEqual(begun, [false, true]);
  const after = ticks.plan();
  (await next()).fail();
  await assert.rejects(after, /away/);
});
