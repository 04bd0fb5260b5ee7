import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationOf, durationText, instantOf } from '../../shared/config/values.ts';
import fc from '../seeds.ts';

test('durations and instants', () => {
  for (const [text, length] of [
    ['30s', 30_000],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['', undefined],
    ['1', undefined],
    ['1.5h', undefined],
    ['-1h', undefined],
    ['1H', undefined],
  ] as const)
    assert.equal(durationOf(text), length, text);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 99_999 }), (seconds) =>
      assert.equal(durationOf(durationText(seconds * 1000)), seconds * 1000),
    ),
  );
  for (const [text, iso] of [
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31T06:30', '2026-01-31T06:30:00.000Z'],
    ['2026-01-31 06:30:15', '2026-01-31T06:30:15.000Z'],
    ['2026-01-31T06:30:15.1234567Z', '2026-01-31T06:30:15.123Z'],
    ['2026-01-31T06:30:00-02:00', '2026-01-31T08:30:00.000Z'],
  ] as const)
    assert.equal(new Date(instantOf(text) ?? 0).toISOString(), iso);
  for (const text of [
    '',
    'now',
    'yesterday',
    '2026',
    '2026-1-1',
    '2026-13-01',
    '2026-02-29',
    '2026-01-01T24:00',
    '2026-01-01T25:00Z',
    '1769839200',
  ])
    assert.equal(instantOf(text), undefined, text);
});
