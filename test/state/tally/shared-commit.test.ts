import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransactionAction } from '../../../shared/state/table-calls.ts';
import { createShared } from '../../../shared/state/tally/shared-commit.ts';

const row = (rowKey: string): TransactionAction => ['upsert', { partitionKey: 'days', rowKey }, 'Replace'];
const rowsOf = (changes: readonly TransactionAction[]) => changes.map(([, { rowKey }]) => rowKey);

test('what comes while a transaction is under way shares the next one; none holds a row twice, or more than 100', async () => {
  const committed: string[][] = [];
  const commit = createShared(async (changes) => {
    committed.push(rowsOf(changes));
    await new Promise((go) => setImmediate(go));
  });
  const many = Array.from({ length: 60 }, (_, n) => commit([row(`a${n}`), row(`b${n}`)]));
  await Promise.all([...many, commit([row('a7')]), commit(Array.from({ length: 100 }, (_, n) => row(`c${n}`)))]);
  assert.deepEqual(committed[0], ['a0', 'b0']);
  assert.equal(committed.flat().length, 221);
  for (const rows of committed) assert.ok(rows.length <= 100 && new Set(rows).size === rows.length);
  assert.ok(committed.length <= 5, `${committed.length} transactions`);
  await commit([row('later')]);
  assert.deepEqual(committed.at(-1), ['later']);
});

test('one that is refused fails its own caller and no other', async () => {
  const kept = new Set<string>();
  const commit = createShared(async (changes) => {
    await new Promise((go) => setImmediate(go));
    if (rowsOf(changes).includes('bad')) throw Object.assign(new Error('refused'), { code: 'RequestBodyTooLarge' });
    for (const each of rowsOf(changes)) kept.add(each);
  });
  const names = ['first', 'one', 'bad', 'two'];
  const ended = await Promise.allSettled(names.map((name) => commit([row(name)])));
  assert.deepEqual(
    ended.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual([...kept].sort(), ['first', 'one', 'two']);
});

test('a table that is away fails all that share a transaction by one call', async () => {
  let calls = 0;
  const commit = createShared(async () => {
    calls += 1;
    await new Promise((go) => setImmediate(go));
    throw Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' });
  });
  const ended = await Promise.allSettled(Array.from({ length: 31 }, (_, n) => commit([row(`a${n}`)])));
  assert.ok(ended.every(({ status }) => status === 'rejected'));
  assert.equal(calls, 2, 'the first alone, and thirty together');
});
