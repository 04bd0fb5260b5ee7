import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '../../shared/lake/store-memory.ts';
import { storeContract } from '../contracts/store.ts';

storeContract('memory', { make: async () => createMemoryStore() });

test('steps: a throw before changes nothing, a throw after loses only the answer', async () => {
  let killAt = '';
  const seen: string[] = [];
  const onStep = async (step: string) => {
    seen.push(step);
    if (step === killAt) throw new Error('killed');
  };
  const store = createMemoryStore({ onStep });
  killAt = 'put a';
  await assert.rejects(store.put('a', new Uint8Array(1), undefined), /killed/);
  assert.equal(await store.head('a'), undefined);
  killAt = 'put a: done';
  await assert.rejects(store.put('a', new Uint8Array(1), undefined), /killed/);
  assert.notEqual(await store.head('a'), undefined);
  assert.deepEqual(seen, ['put a', 'head a', 'head a: done', 'put a', 'put a: done', 'head a', 'head a: done']);
});
