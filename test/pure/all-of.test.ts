import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { allOf } from '../../shared/pure/all-of.ts';

test('what all answer, in their order', async () => {
  const [one, other] = await allOf([turn(1), Promise.resolve('b')]);
  assert.deepEqual([one + 1, other.length], [2, 1]);
});

test('a failure is thrown when the others have ended', async () => {
  let ended = false;
  const other = async () => {
    for (let n = 0; n < 20; n++) await turn();
    ended = true;
  };
  await assert.rejects(allOf([other(), Promise.reject(new Error('one'))]), /one/);
  assert.ok(ended);
});
