import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences } from './compare.ts';
import { canonicalJson, chain, type LakeRow, microseconds, windowAt } from './truth.ts';

/** The judge of the other tests of this folder is judged here. */
const row = (more: LakeRow = {}): LakeRow => ({
  itemId: 'a',
  name: 'n',
  duration: 1.5,
  success: true,
  extra: null,
  ...more,
});

const cases: readonly (readonly [
  what: string,
  lake: readonly LakeRow[],
  lines: readonly string[],
  blanks?: boolean,
])[] = [
  ['the same', [row({ filename: 'f' })], []],
  ['a row less', [], ['a: not in the lake']],
  ['a row twice', [row({ filename: 'f' }), row({ filename: 'g' })], ['a: 2 times, in f and g']],
  ['a row more', [row(), row({ itemId: 'b' })], ['b: in the lake, not at the source']],
  ['another number', [row({ duration: 1.5000001 })], ['a duration: 1.5000001 instead of 1.5 (undefined)']],
  ['another type', [row({ success: 'true' })], ['a success: "true" instead of true (undefined)']],
  ['a column less', [{ itemId: 'a', name: 'n', duration: 1.5 }], ['a success: undefined instead of true (undefined)']],
  ['a column more', [row({ stray: 1 })], ['a stray: 1 instead of undefined (undefined)']],
  ['a column more without values', [row({ stray: null })], []],
  ['nothing for an empty string', [row({ name: null })], ['a name: null instead of "n" (undefined)'], true],
];

for (const [what, lake, lines, blanks = false] of cases) {
  test(`differences: ${what}`, () => assert.deepEqual(differences([row()], lake, { blanks }), lines));
}

test('an empty string and nothing differ, unless they cannot be told apart', () => {
  const [truth, lake] = [[row({ name: '' })], [row({ name: null })]];
  assert.equal(differences(truth, lake).length, 1);
  assert.deepEqual(differences(truth, lake, { blanks: true }), []);
});

test('canonical values', () => {
  assert.equal(microseconds('2024-05-10T06:00:00.1234567Z'), '1715320800123456');
  assert.equal(microseconds('2024-05-10T06:00:00Z'), '1715320800000000');
  assert.equal(microseconds('2024-05-10 06:00:00.5+00'), '1715320800500000');
  assert.throws(() => microseconds('2024-05-10T06:00:00+02:00'), /not in UTC/);
  assert.equal(canonicalJson({ b: [1, { d: null, c: 'x' }], a: '1' }), '{"a":"1","b":[1,{"c":"x","d":null}]}');
  assert.equal(windowAt('1715324399999999', 3_600_000), '20240510T0600Z_20240510T0700Z');
  assert.equal(
    chain('[{"type":"T","id":"1","outerId":"0","message":"m","parsedStack":[]}]'),
    '[{"id":"1","message":"m","outerId":"0","parsedStack":[]}]',
  );
});
