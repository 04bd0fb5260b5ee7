import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dueWindows, gridLine } from '../../../shared/pipeline/grid/tile.ts';
import fc from '../../seeds.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const at = (text: string): number => Date.parse(text);
const spell = (windows: readonly { start: number; end: number }[]): string[] =>
  windows.map(
    ({ start, end }) => `${new Date(start).toISOString().slice(0, 16)} ${new Date(end).toISOString().slice(0, 16)}`,
  );

describe('dueWindows', () => {
  const rows: readonly [
    what: string,
    horizon: string,
    now: string,
    size: number,
    lag: number,
    until: string | undefined,
    expected: string[],
  ][] = [
    [
      'nothing is due before the lag has passed',
      '2026-03-01T10:00Z',
      '2026-03-01T11:09Z',
      hour,
      10 * minute,
      undefined,
      [],
    ],
    [
      'a window is due when its end is a lag ago',
      '2026-03-01T10:00Z',
      '2026-03-01T11:10Z',
      hour,
      10 * minute,
      undefined,
      ['2026-03-01T10:00 2026-03-01T11:00'],
    ],
    [
      'an outage is made up in one go, across a month end',
      '2026-02-28T22:00Z',
      '2026-03-01T01:30Z',
      hour,
      0,
      undefined,
      ['2026-02-28T22:00 2026-02-28T23:00', '2026-02-28T23:00 2026-03-01T00:00', '2026-03-01T00:00 2026-03-01T01:00'],
    ],
    [
      'a larger size meets the grid by one shorter window',
      '2026-03-01T10:15Z',
      '2026-03-01T12:00Z',
      hour,
      0,
      undefined,
      ['2026-03-01T10:15 2026-03-01T11:00', '2026-03-01T11:00 2026-03-01T12:00'],
    ],
    [
      'until cuts the last window',
      '2026-03-01T10:00Z',
      '2026-03-02T00:00Z',
      hour,
      0,
      '2026-03-01T10:30Z',
      ['2026-03-01T10:00 2026-03-01T10:30'],
    ],
    ['nothing comes after until', '2026-03-01T10:30Z', '2026-03-02T00:00Z', hour, 0, '2026-03-01T10:30Z', []],
  ];
  for (const [what, horizon, now, size, lag, until, expected] of rows) {
    test(what, () => {
      const tiling = { size, lag, until: until === undefined ? undefined : at(until) };
      assert.deepEqual(spell(dueWindows(at(horizon), at(now), tiling, 100)), expected);
    });
  }

  const sizes = fc.constantFrom(5 * minute, 15 * minute, hour, 6 * hour, day);
  const instants = fc
    .integer({ min: at('2020-01-01T00:00Z') / 1000, max: at('2030-01-01T00:00Z') / 1000 })
    .map((seconds) => seconds * 1000);

  test('restarts, limits and changed sizes leave no gap and no overlap', () => {
    const step = fc.record({
      size: sizes,
      lag: fc.integer({ min: 0, max: 2 * day }),
      wait: fc.integer({ min: 0, max: 3 * day }),
      limit: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(instants, fc.array(step, { minLength: 1, maxLength: 20 }), (from, steps) => {
        let [horizon, now] = [from, from];
        for (const { size, lag, wait, limit } of steps) {
          now += wait;
          const windows = dueWindows(horizon, now, { size, lag, until: undefined }, limit);
          for (const window of windows) {
            assert.equal(window.start, horizon, 'each window starts where the last one ended');
            assert.ok(window.end > window.start && window.end - window.start <= size);
            assert.equal(window.end % size, 0, 'each ends on the grid');
            assert.ok(window.end + lag <= now, 'none is taken before it is due');
            horizon = window.end;
          }
          if (windows.length < limit) assert.ok(gridLine(horizon, size) + size + lag > now, 'all that is due is taken');
        }
      }),
    );
  });
});
