import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../shared/model.ts';
import { isStoreFailure, outlast } from '../../shared/pipeline/outage/outlast.ts';

const away = () => Object.assign(new Error('the table is away'), { code: 'ServerBusy' });

/** Pauses pass at once; `fails` so many calls. */
function place(fails: number, error: () => Error = away) {
  let [time, calls] = [0, 0];
  const pauses: Millis[] = [];
  const call = async () => {
    calls += 1;
    if (calls <= fails) throw error();
    return calls;
  };
  const clock = {
    now: () => time,
    sleep: async (ms: Millis) => {
      pauses.push(ms);
      time += ms;
    },
  };
  return { call, clock, pauses };
}

test('an outage is sat out, with pauses of ten seconds at most', async () => {
  const { call, clock, pauses } = place(7);
  assert.equal(await outlast(call, isStoreFailure, 100_000, clock), 8);
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
});

test('where a try costs much they grow further, and each failure is heard', async () => {
  const { call, clock, pauses } = place(7);
  const heard: string[] = [];
  const hear = (error: unknown) => void heard.push(String(error));
  assert.equal(await outlast(call, isStoreFailure, 200_000, clock, { hear, longest: 30_000 }), 8);
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  assert.deepEqual(heard, Array<string>(7).fill('Error: the table is away'));
});

test('one that lasts is told in time', async () => {
  const { call, clock } = place(1_000);
  await assert.rejects(outlast(call, isStoreFailure, 60_000, clock), /the table is away/);
  assert.ok(clock.now() < 60_000 && clock.now() >= 50_000, String(clock.now()));
});

test('without time, and for faults that are no outage, there is one call', async () => {
  const late = place(1);
  await assert.rejects(outlast(late.call, isStoreFailure, 0, late.clock), /away/);
  const fault = place(1, () => new Error('others change it all the time'));
  await assert.rejects(outlast(fault.call, isStoreFailure, 60_000, fault.clock), /others/);
  assert.deepEqual([late.pauses, fault.pauses], [[], []]);
});
