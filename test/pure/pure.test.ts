import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inTurn } from '../../shared/pure/in-turn.ts';
import { readText } from '../../shared/pure/read-text.ts';

test('calls in turn: each begins when the one before has ended, in success or failure', async () => {
  const inOrder = inTurn();
  const seen: string[] = [];
  const call = (name: string, fails: boolean) =>
    inOrder(async () => {
      seen.push(`${name} begins`);
      await new Promise((go) => setImmediate(go));
      seen.push(`${name} ends`);
      if (fails) throw new Error(name);
    });
  const ends = await Promise.allSettled([call('a', false), call('b', true), call('c', false)]);
  assert.deepEqual(
    ends.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(
    seen,
    ['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]),
  );
});

/** A store in which the document has these tags in turn; reading with any but the last fails, as it was replaced. */
function replaced(tags: readonly (string | undefined)[]) {
  let at = 0;
  return {
    head: async () => tags[Math.min(at, tags.length - 1)],
    async *read(_name: string, range?: { readonly etag?: string }) {
      at++;
      if (range?.etag !== tags[Math.min(at, tags.length - 1)]) throw new Error('read document: it was replaced');
      // A character in two pieces.
      yield Uint8Array.of(0xc3);
      yield Uint8Array.of(0xbc);
    },
  };
}

test('a document that is replaced while it is read is read again', async () => {
  assert.deepEqual(await readText(replaced(['1', '2', '3', '3']), 'document'), { value: 'ü', etag: '3' });
  assert.equal(await readText(replaced([undefined]), 'document'), undefined);
  assert.equal(await readText(replaced(['1', undefined]), 'document'), undefined, 'removed meanwhile');
});

test('a document that cannot be read though nobody replaced it is an error', async () => {
  // biome-ignore lint/correctness/useYield: it fails before
  async function* read(): AsyncGenerator<Uint8Array> {
    throw new Error('read document: no way');
  }
  const broken = { head: async () => '1', read };
  await assert.rejects(readText(broken, 'document'), /no way/);
});
