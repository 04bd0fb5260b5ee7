import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectStore } from '../../shared/model.ts';
import { askFor } from '../../shared/pipeline/ask/ask.ts';
import { runWindow } from '../../shared/pipeline/run.ts';
import { holeIn, verdictOf } from '../../shared/pipeline/verdict.ts';
import { blobName, brokenStore, exportStore, exportsWorld, pathOf } from './exports-world.ts';

const hour = 3_600_000;
const start = Date.UTC(2026, 10, 21, 3);
const window = { app: 'shop', signal: 'requests', source: 'continuous', start, end: start + hour } as const;
const path = pathOf('requests', window);

/** A container that can go away and come back. */
function fleeting() {
  const exports = exportStore();
  let gone = '';
  const broken = () => brokenStore(gone, 'list: it is not there');
  const store: ObjectStore = {
    ...exports,
    list: (prefix) => (gone === '' ? exports.list(prefix) : broken().list(prefix)),
    folders: (prefix) => (gone === '' ? exports.folders(prefix) : broken().folders(prefix)),
  };
  return {
    store,
    write: exports.write,
    drop: exports.drop,
    lose: (code: string) => (gone = code),
    find: () => (gone = ''),
  };
}

for (const emptied of ['keep', 'follow'] as const)
  for (const code of ['ContainerNotFound', 'ContainerBeingDeleted'])
    test(`an hour in two containers, one ${code}: the lake stays as it is, and that is said (${emptied})`, async () => {
      const [one, other, third] = [fleeting(), fleeting(), fleeting()];
      third.lose('ContainerNotFound');
      const stores = { one: one.store, other: other.store, third: third.store };
      const here = await exportsWorld({ stores, start: start + hour, emptied });
      await one.write(blobName.continuous(start, 'Requests', 1), '{"n":1}\n');
      await other.write(blobName.continuous(start, 'Requests', 2), '{"n":2}\n');
      await here.sweep();
      await here.settle();
      const whole = { [path]: '{"n":1}\n{"n":2}' };
      assert.deepEqual(here.lake.contents(), whole, 'one that never held anything of it may be missing');
      other.lose(code);
      assert.equal((await here.sweep()).enqueued, 0);
      // An event comes for what can be seen, and a message for what was asked for again.
      await one.write(blobName.continuous(start, 'Requests', 3), '{"n":3}\n');
      const { enqueued, kept, missing } = await here.sweep();
      assert.deepEqual([enqueued, kept, missing], [0, 1, ['other', 'third']]);
      await askFor(window, here.ports);
      here.clock.advance(hour);
      const outcome = await runWindow(window, here.ports);
      assert.equal(outcome.state, 'unchanged');
      assert.match(outcome.error, /its blobs are in other, which is not there \(or not any more\), and its files stay/);
      one.lose(code);
      await here.sweep();
      await here.settle();
      assert.deepEqual(here.lake.contents(), whole);
      one.find();
      other.find();
      await here.sweep();
      await here.settle();
      assert.deepEqual(here.lake.contents(), { [path]: '{"n":1}\n{"n":2}\n{"n":3}' });
      await here.close();
    });

test('a window that was emptied follows, although a container that never held any of it is missing', async () => {
  const [one, other] = [fleeting(), fleeting()];
  other.lose('ContainerNotFound');
  const here = await exportsWorld({
    stores: { one: one.store, other: other.store },
    start: start + hour,
    emptied: 'follow',
  });
  await one.write(blobName.continuous(start), '{"n":1}\n');
  await here.sweep();
  await here.settle();
  await one.drop(blobName.continuous(start));
  assert.equal((await here.sweep()).enqueued, 1);
  await here.settle();
  assert.deepEqual(here.lake.contents(), { [path]: '' });
  await here.close();
});

test('what was read before fingerprints told where: any container that is missing may have held some', () => {
  const unseen = [{ key: 'aa', name: 'old' }];
  assert.equal(holeIn('hash+tail', { unseen }), 'old');
  assert.equal(holeIn('hash+tail+in=bb.cc', { unseen }), '');
  assert.equal(holeIn('hash+in=bb.aa+requeued', { unseen }), 'old');
  assert.equal(holeIn('', { unseen }), '');
  assert.equal(verdictOf('hash', { fingerprint: 'hash', empty: false, unseen }), 'same');
  assert.equal(verdictOf('hash+in=bb', { fingerprint: 'hash+open', empty: false }), 'same');
  assert.equal(verdictOf('hash', { fingerprint: 'other', empty: false, unseen }), 'kept');
});
