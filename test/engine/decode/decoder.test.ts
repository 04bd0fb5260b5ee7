import assert from 'node:assert/strict';
import { test } from 'node:test';
import { windowOf } from '../chunks.ts';
import { decodeRows, recordsOf } from './rows.ts';

const record = {
  request: [
    {
      id: 'a',
      name: 'GET',
      success: true,
      responseCode: 200,
      count: 2,
      durationMetric: { value: 5000, count: 2 },
      new: 1,
    },
  ],
  internal: { data: { id: 'i', documentVersion: '1.61' } },
  context: {
    data: { eventTime: '2026-11-21T03:10:00.1234567Z' },
    custom: { dimensions: [{ a: 'x' }, { b: 'y\n"' }], metrics: [{ m: { value: 6, count: 3 } }] },
  },
};
const line = JSON.stringify(record);

test('a classic request, twice, and a line that is none between them', () => {
  const { rows, faults, counts, drift } = decodeRows(windowOf('requests'), [recordsOf(`${line}\nbroken\n${line}\n`)]);
  const [row, ...others] = rows;
  assert.deepEqual(others, []);
  assert.deepEqual(
    [row?.timestamp, row?.id, row?.name, row?.success, row?.resultCode, row?.duration, row?.performanceBucket],
    [1795230600123456n, 'a', 'GET', true, '200', 0.25, '<250ms'],
  );
  assert.deepEqual(
    [row?.itemCount, row?.customDimensions, row?.customMeasurements, row?.itemId, row?.exportWindow],
    [2n, '{"a":"x","b":"y\\n\\""}', '{"m":2}', 'i', '20261121T0300Z_20261121T0400Z'],
  );
  assert.deepEqual(JSON.parse(String(row?.extra)), {
    request: { durationMetric: { count: 2 }, new: 1 },
    internal: { data: { documentVersion: '1.61' } },
    context: { custom: { metrics: [{ m: { value: 6, count: 3 } }] } },
  });
  assert.deepEqual(
    faults.map(({ offset, length, reason }) => [offset, length, reason]),
    [[line.length + 1, 6, 'not JSON']],
  );
  assert.deepEqual(counts, { read: 2, deduplicated: 1, filtered: 0 });
  assert.deepEqual(drift, [{ signal: 'requests', path: 'request.new', count: 1 }]);
});
