import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machineJobs, worthwhile } from '../../../cli/deliver/jobs.ts';
import { taskOrder } from '../../../cli/deliver/task-order.ts';
import type { Window } from '../../../shared/model.ts';
import { tasksOf } from '../fake.ts';

const tasks = (...weights: number[]) =>
  tasksOf(weights.map((weight, start) => ({ window: { start } as Window, weight })));
const orderOf = (...given: Parameters<typeof taskOrder>) => [...taskOrder(...given)].map(({ at }) => at);

test('one at a time: as they come', () => {
  assert.deepEqual(orderOf(tasks(1, 9, 1), 1), [0, 1, 2]);
});

test('several at once: a large window begins first, the others as they come', () => {
  assert.deepEqual(orderOf(tasks(1, 1, 1, 1, 9, 1, 20), 2), [6, 4, 0, 1, 2, 3, 5]);
  assert.deepEqual(
    orderOf(tasks(...Array<number>(20).fill(1)), 2),
    Array.from({ length: 20 }, (_, index) => index),
  );
  assert.deepEqual(orderOf(tasks(5, 5, 5), 2), [0, 1, 2]);
  assert.deepEqual(orderOf(tasks(), 2), []);
});

test('begun so, a large window ends with the others', () => {
  const weights = [...Array<number>(30).fill(1), 25];
  const ends = [0, 0];
  for (const index of orderOf(tasks(...weights), 2)) {
    const free = (ends[0] as number) <= (ends[1] as number) ? 0 : 1;
    ends[free] = (ends[free] as number) + (weights[index] as number);
  }
  assert.ok(Math.max(...ends) <= 28, String(ends));
});

test('jobs of a machine: its cores, as far as memory goes', () => {
  const gib = 1024 ** 3;
  assert.equal(machineJobs(2, 16 * gib), 2);
  assert.equal(machineJobs(16, 4 * gib), 8);
  assert.equal(machineJobs(16, 0.4 * gib), 1);
  assert.equal(machineJobs(128, 1024 * gib), 64);
});

test('threads only where there is work for them', () => {
  const mib = 1024 * 1024;
  assert.equal(worthwhile(4, { command: 'transform' }, tasks(mib, mib, mib)), 1);
  assert.equal(worthwhile(4, { command: 'transform' }, tasks(9 * mib, 9 * mib, 9 * mib)), 3);
  assert.equal(worthwhile(4, { command: 'transform' }, tasks(900 * mib)), 1);
  assert.equal(worthwhile(4, { command: 'export' }, tasks(1, 1)), 2);
  assert.equal(worthwhile(4, { command: 'export' }, tasks()), 1);
});
