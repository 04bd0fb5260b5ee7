import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HealthStore } from '../../../shared/model.ts';
import { createGate } from '../../../shared/pipeline/health/gate.ts';
import { createMemoryHealth } from '../../../shared/state/health-memory.ts';

const minute = 60_000;
const start = Date.UTC(2026, 0, 1);

function world() {
  const inner = createMemoryHealth();
  let now = start;
  let broken: Error | undefined;
  const count = { reads: 0, writes: 0, probes: 0, woke: 0 };
  const store: HealthStore = {
    read: () => {
      count.reads++;
      return inner.read();
    },
    write: (...given) => {
      count.writes++;
      return inner.write(...given);
    },
  };
  const clock = { now: () => now, random: () => 0.5, sleep: async () => {} };
  const probe = async () => {
    count.probes++;
    if (broken !== undefined) throw broken;
  };
  return {
    count,
    inner,
    gate: () => createGate({ store, clock, probe, woke: () => void count.woke++ }),
    advance: (by: number) => {
      now += by;
    },
    now: () => now,
    setBroken: (error: Error | undefined) => {
      broken = error;
    },
  };
}

const failing = async (here: ReturnType<typeof world>, gate = here.gate()) => {
  here.setBroken(new Error('the account is gone'));
  for (let n = 0; n < 6; n++) {
    await gate.tell('the account is gone');
    here.advance(minute);
  }
  return gate;
};

test('writes that fail for a while pause the lake; probes resume it', async () => {
  const here = world();
  const gate = await failing(here);
  const seen = (await here.inner.read())?.value;
  assert.equal(seen?.commits.length, 6);
  assert.deepEqual([seen?.state, seen?.by, seen?.reason], ['paused', 'itself', 'the account is gone']);
  assert.equal((await gate.look()).state, 'paused');
  assert.equal(here.count.probes, 1, 'due a minute after it was paused');
  await gate.look();
  assert.equal(here.count.probes, 1, 'the next is due later');
  here.advance(2 * minute);
  here.setBroken(undefined);
  assert.equal(here.count.woke, 0);
  assert.equal((await gate.look()).state, 'active');
  assert.deepEqual([here.count.probes, here.count.woke], [2, 1]);
});

test('of several instances one probes, and all see what came of it', async () => {
  const here = world();
  await failing(here);
  here.setBroken(undefined);
  const gates = Array.from({ length: 4 }, here.gate);
  await Promise.all(gates.map((gate) => gate.look()));
  assert.equal(here.count.probes, 1);
  here.advance(minute);
  for (const gate of gates) assert.equal((await gate.look()).state, 'active');
  assert.deepEqual([here.count.probes, here.count.woke], [1, 1], 'who probed sends for what was held');
});

test('what a person says while a probe is under way holds', async () => {
  const here = world();
  const store = here.inner;
  await failing(here);
  const clock = { now: here.now, random: () => 0.5, sleep: async () => {} };
  const other = here.gate();
  const gate = createGate({ store, clock, probe: () => other.order('pause', 'not yet') });
  assert.deepEqual([(await gate.look()).state, (await gate.look()).by], ['paused', 'hand']);
  assert.equal((await store.read())?.value.reason, 'not yet');
});

test('a week later it is disabled; only a person resumes it', async () => {
  const here = world();
  const gate = await failing(here);
  here.advance(7 * 24 * 60 * minute);
  const probes = here.count.probes;
  here.setBroken(undefined);
  assert.equal((await gate.look()).state, 'disabled');
  here.advance(30 * 24 * 60 * minute);
  assert.equal((await here.gate().look()).state, 'disabled');
  assert.equal(here.count.probes, probes);
  const report = await here.gate().order('resume', 'mended');
  assert.deepEqual([report.state, report.by, report.reason], ['active', 'hand', 'mended']);
  here.advance(minute);
  assert.equal((await gate.look()).state, 'active', 'another instance sees it');
});

test('two instances count together', async () => {
  const here = world();
  const [one, other] = [here.gate(), here.gate()];
  for (let n = 0; n < 6; n++) {
    await (n % 2 === 0 ? one : other).tell('throttled');
    here.advance(minute);
  }
  assert.equal((await here.inner.read())?.value.state, 'paused');
  const well = world();
  const [bad, good] = [well.gate(), well.gate()];
  for (let n = 0; n < 12; n++) {
    await bad.tell('its network');
    await good.tell(undefined);
    await good.tell(undefined);
    well.advance(minute);
  }
  assert.equal((await well.inner.read())?.value.state, 'active', 'an instance in trouble is not the lake');
});

test('an hour of ten windows every five minutes costs at most 13 readings and 24 writings', async () => {
  const here = world();
  const gate = here.gate();
  for (let tick = 0; tick < 12; tick++) {
    for (let n = 0; n < 10; n++) {
      await gate.look();
      await gate.tell(undefined);
    }
    here.advance(5 * minute);
  }
  assert.ok(here.count.reads <= 13 && here.count.writes <= 24, JSON.stringify(here.count));
  assert.deepEqual([(await gate.report()).commits, (await gate.report()).succeeded], [20, 20]);
});
