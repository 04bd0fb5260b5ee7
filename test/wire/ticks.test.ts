/** Ticks of the planner that are asked for at the same time, by its timer and at the end of a pause. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { LakeHealth } from '../../shared/model.ts';
import { healthyLake } from '../../shared/pipeline/health/decide.ts';
import { type PlanOutcome, sharedTicks, sweepsOwed } from '../../shared/wire/plan.ts';

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

test('after the first tick that is made again blobs are swept, until that has come to its end, and not all the time', async () => {
  const good: PlanOutcome = { feeds: [], errors: [], health: healthyLake };
  const red = { ...good, errors: ['no table'] };
  let next: PlanOutcome | undefined;
  let now = 0;
  const ends: (string[] | undefined)[] = [];
  const owed = sweepsOwed(
    async () => next ?? assert.fail('not its lake'),
    async () => ({ errors: ends.shift() ?? assert.fail('killed') }),
    () => now,
  );
  const tick = async (outcome: PlanOutcome | undefined, minutes: number): Promise<string> => {
    [next, now] = [outcome, now + minutes * 60_000];
    const planned = await owed.plan().catch(() => undefined);
    const swept = await owed.sweepOwed().catch(() => 'killed' as const);
    return `${planned === undefined ? 'refused' : 'made'} ${typeof swept === 'object' ? swept.errors.length : swept}`;
  };
  assert.deepEqual([await tick(good, 0), await tick(undefined, 5)], ['made undefined', 'refused undefined']);
  // It was killed, and comes again; then a container cannot be read: that is the next sweep's, by its schedule.
  assert.deepEqual([await tick(good, 5), await tick(good, 5)], ['made killed', 'made undefined']);
  ends.push(['logs: 403']);
  assert.equal(await tick(good, 5), 'made 1');
  assert.deepEqual([await tick(good, 10), await tick(good, 10)], ['made undefined', 'made undefined']);
  // A state that comes and goes.
  ends.push([]);
  assert.deepEqual(
    [await tick(red, 5), await tick(good, 1), await tick(red, 1)],
    ['made undefined', 'made 0', 'made undefined'],
  );
  assert.equal(await tick(good, 1), 'made undefined');
});
