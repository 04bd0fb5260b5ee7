import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '../../shared/lake/store-memory.ts';
import { splitStore } from '../../shared/lake/store-split.ts';

const bytes = new TextEncoder().encode('x');

test('what lies in the folder goes to the other store, all else stays', async () => {
  const [lake, other] = [createMemoryStore(), createMemoryStore()];
  const both = splitStore(lake, other, '_quarantine');
  const tags = [await both.put('_quarantine/a', bytes, undefined), await both.put('_quarantines/b', bytes, undefined)];
  assert.deepEqual(await Promise.all([other.head('_quarantine/a'), lake.head('_quarantines/b')]), tags);
  assert.deepEqual(await Promise.all([lake.head('_quarantine/a'), other.head('_quarantines/b')]), [
    undefined,
    undefined,
  ]);
  assert.deepEqual([await both.head('_quarantine/a'), await both.head('_quarantines/b')], tags);
  const names: string[] = [];
  for await (const { name } of both.list('_quarantine/')) names.push(name);
  assert.deepEqual(names, ['_quarantine/a']);
  for await (const piece of both.read('_quarantine/a')) assert.deepEqual(Buffer.from(piece).toString(), 'x');
  assert.equal(await both.remove('_quarantine/a', tags[0] ?? ''), true);
  assert.equal(await other.head('_quarantine/a'), undefined);
});
