import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { heeding } from '../../shared/pure/heeding.ts';

test('pieces come until it is aborted, also while the next one does not come', async () => {
  const stop = new AbortController();
  let ended = false;
  async function* standing() {
    try {
      yield 1;
      yield 2;
      await new Promise(() => undefined);
    } finally {
      ended = true;
    }
  }
  const got: number[] = [];
  const reading = (async () => {
    for await (const piece of heeding(standing(), stop.signal)) {
      got.push(piece);
      if (piece === 2) setImmediate(() => stop.abort(new Error('enough')));
    }
  })();
  await assert.rejects(reading, /enough/);
  assert.deepEqual(got, [1, 2]);
  assert.equal(ended, false, 'nobody waits for what stands still');

  async function* whole() {
    try {
      yield* [1, 2, 3];
    } finally {
      ended = true;
    }
  }
  assert.deepEqual(await Array.fromAsync(heeding(whole(), new AbortController().signal)), [1, 2, 3]);
  ended = false;
  for await (const _ of heeding(whole(), new AbortController().signal)) break;
  assert.equal(ended, true, 'who stops early ends what gives');
  await assert.rejects(Array.fromAsync(heeding(whole(), AbortSignal.abort(new Error('before')))), /before/);
});

test('a piece that was read is not kept while the others come', async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const first: WeakRef<Uint8Array>[] = [];
  async function* many() {
    for (let n = 0; n < 20; n++) {
      const piece = new Uint8Array(1024);
      if (n === 0) first.push(new WeakRef(piece));
      yield piece;
      await new Promise(setImmediate);
    }
    collect();
    assert.equal(first[0]?.deref(), undefined);
  }
  let bytes = 0;
  for await (const piece of heeding(many(), new AbortController().signal)) bytes += piece.length;
  assert.equal(bytes, 20 * 1024);
});
