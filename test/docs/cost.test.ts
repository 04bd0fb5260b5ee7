import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COUNTS, costTables, monthOf, PRICE_LIST, priceTable } from '../../bench/cost.ts';
import { textOf } from './fences.ts';

test('docs/cost.md has the tables that bench/cost.ts makes', () => {
  assert.ok(textOf('docs/cost.md').includes(costTables()), 'node bench/cost.ts');
});

test('each price stands there with where it is from, and one that is an assumption says so', () => {
  assert.ok(textOf('docs/cost.md').includes(priceTable()), 'node bench/cost.ts');
  for (const { source } of Object.values<{ readonly source: string }>(PRICE_LIST))
    assert.match(source, /^$|\d{4}-\d\d-\d\d/);
});

test('a month is counted from what tests hold', () => {
  // test/front/transactions.test.ts: at most 6 calls a window, 15 a tick of ten feeds.
  assert.ok(COUNTS.windowCalls >= 5.5 && COUNTS.idleTickCalls * 10 >= 11);
  const { windows, requests, blobWrites } = monthOf(100);
  assert.deepEqual([windows, requests, blobWrites], [7300, 14_600 + 1000 + 730, 14_600]);
});
