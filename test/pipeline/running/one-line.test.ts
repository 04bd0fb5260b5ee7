import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oneLine } from '../../../shared/pipeline/running/give-up.ts';

test('what a service said is told in one line that no console obeys', () => {
  const said = new Error('status 500: \u001b[31mred\u001b]0;title\u0007\r\nnext \u009b2J \u202etxt');
  assert.equal(oneLine(said), 'status 500: \\u001b[31mred\\u001b]0;title\\u0007 next \\u009b2J \\u202etxt');
  assert.equal(oneLine('no error: äöü\t漢字'), 'no error: äöü 漢字');
});
