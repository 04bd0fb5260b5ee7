import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences, lineShape } from './shapes.ts';

/** The comparison itself: what it must find. */

test('a field too many, too few, or of another type is found, also within lists', () => {
  const example = { a: 1, list: [{ b: 'x' }], none: [{ c: 1 }] };
  assert.deepEqual(differences(example, { a: 2, list: [{ b: 'y' }, { b: '' }], none: [] }), []);
  assert.deepEqual(differences(example, { a: '2', list: [{ b: 'y', d: 1 }], none: [] }), [
    'only in the example:.a number',
    'not in the example:.a string',
    'not in the example:.list[].d number',
  ]);
  assert.deepEqual(differences({ a: 1 }, {}), ['only in the example:.a number']);
});

test('lines are one but for numbers, times and addresses', () => {
  assert.equal(
    lineShape('ok  lake  https://mylake.blob.core.windows.net/lake/: 12 files'),
    lineShape('ok lake http://127.0.0.1:9/devstoreaccount1/lake/: 3 files'),
  );
  assert.notEqual(lineShape('ok lake: 12 files'), lineShape('ok lake: 12 blobs'));
});
