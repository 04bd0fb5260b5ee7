import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nextOccurrence } from '../../local/host/ncrontab.ts';

const table: readonly [expression: string, after: string, next: string][] = [
  ['*/2 * * * * *', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:02.000Z'],
  ['*/2 * * * * *', '2026-01-01T00:00:01.999Z', '2026-01-01T00:00:02.000Z'],
  ['0 */5 * * * *', '2026-01-01T00:00:00.000Z', '2026-01-01T00:05:00.000Z'],
  ['0 */5 * * * *', '2026-01-01T23:57:12.345Z', '2026-01-02T00:00:00.000Z'],
  ['30 10,40 6-8 * * *', '2026-01-01T08:40:30.000Z', '2026-01-02T06:10:30.000Z'],
  ['0 5/20 * * * *', '2026-01-01T00:25:00.000Z', '2026-01-01T00:45:00.000Z'],
  ['0 0 0 1 * *', '2026-01-15T00:00:00.000Z', '2026-02-01T00:00:00.000Z'],
  ['0 0 0 29 2 *', '2026-01-01T00:00:00.000Z', '2028-02-29T00:00:00.000Z'],
  ['0 0 12 * Dec Mon-Fri', '2026-12-04T12:00:00.000Z', '2026-12-07T12:00:00.000Z'],
  // both day and day of week must match: Friday the 13th
  ['0 0 0 13 * 5', '2026-03-14T00:00:00.000Z', '2026-11-13T00:00:00.000Z'],
];

for (const [expression, after, next] of table) {
  test(`${expression} after ${after}`, () => {
    assert.equal(new Date(nextOccurrence(expression, Date.parse(after))).toISOString(), next);
  });
}

for (const wrong of [
  '* * * * *',
  '60 * * * * *',
  '* * * 0 * *',
  '* * * * 13 *',
  '*/0 * * * * *',
  '5-1 * * * * *',
  'a * * * * *',
  '1- * * * * *',
  '* * * * 1/2/3 *',
  '0 0 0 31 2 *',
]) {
  test(`"${wrong}" is refused`, () => {
    assert.throws(() => nextOccurrence(wrong, 0), new RegExp(`schedule "${wrong.replace(/[*/]/g, '\\$&')}"`));
  });
}

test('the next time lies ahead, matches, and nothing between matches', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 59 }),
      fc.integer({ min: 0, max: 59 }),
      fc.integer({ min: 0, max: 4e12 }),
      (second, minute, after) => {
        const next = nextOccurrence(`${second} ${minute} * * * *`, after);
        const date = new Date(next);
        assert.deepEqual([date.getUTCSeconds(), date.getUTCMinutes()], [second, minute]);
        assert.ok(next > after && next - after <= 3_600_000);
      },
    ),
  );
});
