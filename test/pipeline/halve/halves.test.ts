import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Window } from '../../../shared/model.ts';
import { halvesOf } from '../../../shared/pipeline/halve/in-two.ts';
import fc from '../../seeds.ts';

const at = (time: string): number => Date.parse(`2026-01-31T${time}Z`);
const windowOf = (start: number, end: number, source = 'query'): Window => ({
  app: 'shop',
  signal: 'requests',
  source,
  start,
  end,
});

describe('halvesOf', () => {
  const rows: readonly [string, Window, string | undefined][] = [
    ['an hour', windowOf(at('03:00'), at('04:00')), '03:30'],
    ['an odd number of minutes', windowOf(at('03:00'), at('03:05')), '03:03'],
    ['two minutes', windowOf(at('03:00'), at('03:02')), '03:01'],
    ['a second more than a minute', windowOf(at('03:00'), at('03:01:01')), '03:01'],
    ['from the middle of a minute', windowOf(at('03:00:59.900'), at('03:02')), '03:01'],
    ['a minute', windowOf(at('03:00'), at('03:01')), undefined],
    ['seconds across a whole minute', windowOf(at('03:00:40'), at('03:01:20')), undefined],
    ['an hour folder of blobs', windowOf(at('03:00'), at('04:00'), 'continuous'), undefined],
    ['a day of blobs', windowOf(at('00:00'), at('00:00') + 86_400_000, 'diagnostics'), '12:00'],
    ['three hours of blobs', windowOf(at('03:00'), at('06:00'), 'dataExport'), '05:00'],
    ['a loose file', windowOf(at('03:00'), at('04:00'), 'file-01234567'), undefined],
  ];
  for (const [what, window, cut] of rows)
    test(`${what}: ${cut ?? 'none'}`, () =>
      assert.equal(halvesOf(window)?.[0].end, cut === undefined ? undefined : at(cut)));

  test('halves of halves tile the window without overlap or gap, down to a minute or less', () => {
    const times = fc.tuple(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 86_400_000 }));
    fc.assert(
      fc.property(times, ([start, length]) => {
        let end = start;
        const leaves = (window: Window): Window[] => halvesOf(window)?.flatMap(leaves) ?? [window];
        for (const leaf of leaves(windowOf(start, start + length))) {
          assert.deepEqual({ ...leaf, start: 0, end: 0 }, windowOf(0, 0));
          assert.equal(leaf.start, end);
          assert.ok(leaf.end > leaf.start && leaf.end - leaf.start <= 60_000);
          end = leaf.end;
        }
        assert.equal(end, start + length);
      }),
      { numRuns: 200 },
    );
  });
});
