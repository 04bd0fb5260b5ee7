import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asExportRecord } from '../../../local/telemetry/asExportRecord.ts';
import { telemetryRows } from '../../../local/telemetry/telemetryRows.ts';
import type { Layout, Signal } from '../../../shared/model.ts';
import { RECORDS } from '../../source/records.ts';
import { hour, windowOf } from '../chunks.ts';
import { decodeRows, recordsOf } from './rows.ts';

const VALUE = /(?<=: ?)(?:"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|\{\}|\[\])/g;
/** What may stand in the place of a value: of the same kind, so that the form stays, of another, or nothing valid. */
const OTHERS = [
  ...[
    '"a"',
    '""',
    '"\\u00e9\\n"',
    '"longer than the one before"',
    '"ends in \\\\"',
    '7',
    '-0.5',
    '1.5e3',
    'true',
    'false',
  ],
  ...[
    '{"x":1}',
    '{}',
    '[1,{"y":"z"}]',
    '[]',
    'null',
    '[ ]',
    '"true"',
    '01',
    '"\u0001"',
    '',
    '"x',
    '12345678901234567890',
  ],
];

const generated = (signal: Signal): string => {
  const shop = {
    seed: 'forms',
    app: 'shop',
    perHour: 1000,
    signal,
    start: hour,
    end: hour + 3_600_000,
  };
  const [row] = telemetryRows(shop);
  assert.ok(row, signal);
  return JSON.stringify(asExportRecord(row));
};
/** With what a form has to tell apart: fields that nobody knows, two dimensions, a metric. */
const full = generated('requests')
  .replace('"dimensions":[', '"dimensions":[{"a":"b"},{"c":1},')
  .replace('"metrics":[]', '"metrics":[{"m":{"value":6,"count":3}}]')
  .replace('{"request":[{', '{"new":{"a":[1,{"b":"c"}]},"request":[{"own":"x","list":[2],');
const records: readonly (readonly [Signal, Layout, string])[] = [
  ['requests', 'continuous', full],
  ['exceptions', 'continuous', generated('exceptions')],
  ['customMetrics', 'continuous', generated('customMetrics')],
  ['requests', 'diagnostics', RECORDS.find((record) => record.includes('"AppRequests"')) ?? ''],
];

const texts = (rows: readonly object[]): string[] =>
  rows.map((row) => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))).toSorted();

const told = (drift: readonly unknown[]): number =>
  drift.reduce((sum: number, each) => sum + (each as { readonly count: number }).count, 0);

for (const [signal, layout, record] of records)
  test(`a record becomes the same rows after others of its form, whichever value differs: ${signal}, ${layout}`, () => {
    const decoded = (lines: readonly string[]) =>
      decodeRows(
        windowOf(signal),
        lines.map((line) => recordsOf(line, { layout })),
        { dedupe: 'none' },
      );
    const values = [...record.matchAll(VALUE)];
    const step = Math.ceil(values.length / 45);
    for (const { index, 0: value } of values.filter((_, n) => n % step === 0)) {
      const lines = OTHERS.map((other) => record.slice(0, index) + other + record.slice(index + value.length));
      const alone = lines.map((line) => decoded([line]));
      for (const together of [decoded(lines), decoded(lines.toReversed())]) {
        assert.deepEqual(texts(together.rows), texts(alone.flatMap(({ rows }) => rows)), lines[0]);
        assert.equal(together.faults.length, alone.flatMap(({ faults }) => faults).length, lines[0]);
        assert.equal(
          told(together.drift),
          alone.reduce((sum, { drift }) => sum + told(drift), 0),
          lines[0],
        );
      }
    }
  });

test('more forms than are kept in mind, and then one of them again and again', () => {
  const record = (key: string, n: number) =>
    `{"request":[{"id":"${n}","${key}":${n}}],"internal":{"data":{"id":"i${n}"}},"context":{"data":{"eventTime":"2026-11-21T03:10:00Z"}}}`;
  const keyOf = (n: number) => (n < 3000 ? `k${n % 1500}` : 'same');
  const lines = Array.from({ length: 26_000 }, (_, n) => record(keyOf(n), n));
  const { rows, counts } = decodeRows(windowOf('requests'), [recordsOf(lines.join('\n'))]);
  assert.equal(counts.read, lines.length);
  for (const n of [0, 1, 2999, 3000, 25_999])
    assert.deepEqual([rows[n]?.id, rows[n]?.extra], [String(n), `{"request":{"${keyOf(n)}":${n}}}`]);
});
