import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesText, spanText, timeText } from '../../../cli/terminal/numbers.ts';
import type { Interval } from '../../../shared/model.ts';
import { tileRange } from '../../../shared/pipeline/grid/tile-range.ts';
import fc from '../../seeds.ts';

const table: readonly (readonly [
  what: string,
  range: Interval,
  size: number,
  known: Interval[],
  expected: Interval[],
])[] = [
  [
    'grid lines',
    { start: 20, end: 40 },
    10,
    [],
    [
      { start: 20, end: 30 },
      { start: 30, end: 40 },
    ],
  ],
  [
    'ends between grid lines',
    { start: 25, end: 42 },
    10,
    [],
    [
      { start: 25, end: 30 },
      { start: 30, end: 40 },
      { start: 40, end: 42 },
    ],
  ],
  ['within one window', { start: 21, end: 22 }, 10, [], [{ start: 21, end: 22 }]],
  [
    'a window that is known',
    { start: 20, end: 40 },
    10,
    [{ start: 25, end: 33 }],
    [
      { start: 20, end: 25 },
      { start: 25, end: 33 },
      { start: 33, end: 40 },
    ],
  ],
  [
    'one that reaches beyond',
    { start: 20, end: 30 },
    10,
    [
      { start: 28, end: 50 },
      { start: 0, end: 21 },
    ],
    [
      { start: 0, end: 21 },
      { start: 21, end: 28 },
      { start: 28, end: 50 },
    ],
  ],
  ['one that only touches', { start: 20, end: 30 }, 10, [{ start: 30, end: 40 }], [{ start: 20, end: 30 }]],
];
for (const [what, range, size, known, expected] of table)
  test(`tiles: ${what}`, () => assert.deepEqual(tileRange(range, size, known), expected));

test('whatever is asked for in whatever order and size, the windows of a lake tile time', () => {
  const asked = fc.tuple(
    fc.integer({ min: 0, max: 300 }),
    fc.integer({ min: 1, max: 100 }),
    fc.constantFrom(1, 5, 10, 60),
  );
  fc.assert(
    fc.property(fc.array(asked, { maxLength: 8 }), (requests) => {
      let known: Interval[] = [];
      for (const [start, length, size] of requests) {
        const range = { start, end: start + length };
        const tiles = tileRange(range, size, known);
        const inside = tiles.reduce(
          (sum, tile) => sum + Math.min(tile.end, range.end) - Math.max(tile.start, range.start),
          0,
        );
        assert.equal(inside, length);
        known = [...known.filter((old) => !tiles.some((tile) => tile.start === old.start)), ...tiles].sort(
          (a, b) => a.start - b.start,
        );
        for (const [index, tile] of known.entries())
          assert.ok(tile.start < tile.end && tile.end <= (known[index + 1]?.start ?? 1e9));
      }
    }),
  );
});

test('numbers for people', () => {
  assert.deepEqual([0, 999, 1_000, 1_234_567, 123_456_789, 5e12].map(bytesText), [
    '0 B',
    '999 B',
    '1.0 kB',
    '1.2 MB',
    '123 MB',
    '5.0 TB',
  ]);
  assert.deepEqual([0, 1, 59_000, 65_000, 3_660_000].map(spanText), ['0s', '1s', '59s', '1m 05s', '1h 01m']);
  assert.deepEqual([Date.UTC(2026, 0, 31, 6), Date.UTC(2026, 0, 31, 6, 0, 5)].map(timeText), [
    '2026-01-31T06:00Z',
    '2026-01-31T06:00:05Z',
  ]);
});
