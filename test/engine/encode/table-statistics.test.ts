import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parquetEncoding } from '../../../shared/engine/encode/parquet/parquet.ts';
import { type Cell, rowsOf, type Typed } from './rows.ts';

const columns: readonly Typed[] = [
  { name: 'timestamp', type: 'timestamp' },
  { name: 'itemCount', type: 'integer' },
  { name: 'duration', type: 'real' },
  { name: 'a "name"', type: 'string' },
];
const of = (...parts: readonly (readonly (readonly Cell[])[])[]) => {
  const encoding = parquetEncoding(columns, {});
  for (const part of parts) for (const _ of encoding.rows(rowsOf(columns, part)));
  return JSON.parse(encoding.statistics?.() ?? '', (_key, value, context?: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) ? context?.source : value,
  );
};
const at = (text: string, micros = 0n) => BigInt(Date.parse(text)) * 1000n + micros;

test('times are rounded outwards to the millisecond, over all parts of a file', () => {
  const found = of(
    [[at('2026-11-21T00:00:00.001Z', 999n), 1n, 1, 'x']],
    [
      [at('2026-11-21T05:00:00.001Z', 1n), null, Number.NaN, null],
      [null, 3n, 2, null],
    ],
  );
  assert.deepEqual(found, {
    numRecords: 3,
    minValues: { timestamp: '2026-11-21T00:00:00.001Z', itemCount: 1 },
    maxValues: { timestamp: '2026-11-21T05:00:00.002Z', itemCount: 3 },
    nullCount: { timestamp: 1, itemCount: 1, duration: 0, 'a "name"': 2 },
  });
});

test('times before 1970, years 1 and 9999, and numbers beyond 2^53', () => {
  const [first, last] = [at('0001-01-01T00:00:00.000Z', 1n), at('9999-12-31T23:59:59.999Z', 1n)];
  const found = of([
    [first, 2n ** 63n - 1n, 0, ''],
    [last, -(2n ** 63n), 0, ''],
    [at('1969-12-31T23:59:59.999Z', 500n), 0n, 0, ''],
  ]);
  assert.deepEqual(found.minValues, { timestamp: '0001-01-01T00:00:00.000Z', itemCount: '-9223372036854775808' });
  assert.deepEqual(found.maxValues, { itemCount: '9223372036854775807' }, 'the year 10000 is spelled by nobody');
});

test('columns without a value have no range', () => {
  const found = of([[null, null, null, null]]);
  assert.deepEqual([found.minValues, found.maxValues], [{}, {}]);
});
