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

test('the records of each blob of a chunk are read once, and have what belongs to their blob', () => {
  const plain = JSON.stringify({ request: [{ id: 'a' }], context: {} });
  const blobs = [
    'x_0123456789abcdef0123456789abcdef/1.blob',
    'y-z_01234567-89ab-cdef-0123-456789abcdef/2.blob',
    'none/3.blob',
  ];
  const texts = [`${plain}\n${plain}\n`, plain, `${plain}\n`];
  const bytes = Buffer.from(texts.map((text) => (text.endsWith('\n') ? text : `${text}\n`)).join(''));
  let position = 0;
  const segments = texts.map((text, index) => {
    const segment = { blob: blobs[index] ?? '', offset: 0, position, length: text.length };
    position += text.length + (text.endsWith('\n') ? 0 : 1);
    return segment;
  });
  const { rows, counts } = decodeRows(windowOf('requests'), [recordsOf(bytes, { segments })]);
  assert.deepEqual(
    rows.map(({ appName, iKey }) => [appName, iKey]),
    [
      ['x', '01234567-89ab-cdef-0123-456789abcdef'],
      ['x', '01234567-89ab-cdef-0123-456789abcdef'],
      ['y-z', '01234567-89ab-cdef-0123-456789abcdef'],
      [null, null],
    ],
  );
  assert.equal(counts.read, 4);
});
