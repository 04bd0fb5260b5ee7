import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { nextTick, scheduleOf } from '../../shared/config/schedule.ts';
import fc from '../seeds.ts';

interface Judged {
  readonly schedule: string;
  readonly accepted: boolean;
  readonly next?: readonly string[];
}
const corpus: readonly Judged[] = readFileSync(
  join(import.meta.dirname, '..', 'corpus', 'schedules', 'ncrontab.jsonl'),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const asked = Date.parse('2026-11-25T13:00:00Z');
const soon = asked + 9 * 365.25 * 86_400_000;

/** What we say of a schedule, in the corpus's words. One that never fires is taken by the host and refused here. */
function judged(text: string): Omit<Judged, 'schedule'> {
  const schedule = scheduleOf(text);
  if (typeof schedule === 'string') return { accepted: schedule.includes('fires some day'), next: [] };
  const next: number[] = [];
  for (let after = asked; next.length < 3; next.push(after)) {
    after = nextTick(schedule, after);
    if (after > soon) break;
  }
  return { accepted: true, next: next.map((time) => new Date(time).toISOString().replace('.000', '')) };
}

test('schedules are taken, refused and next due as the host’s own parser has it', () => {
  assert.equal(corpus.length, 700);
  const other = corpus.filter(({ schedule, accepted, next = [] }) => {
    const ours = judged(schedule);
    return ours.accepted !== accepted || JSON.stringify(ours.next) !== JSON.stringify(next);
  });
  assert.deepEqual(other, []);
});

const refused: readonly (readonly [text: string, says: RegExp])[] = [
  ['*/5 * * * *', /of five fields put the second in front: 0 \*\/5 \* \* \* \*$/],
  ['0 0 0 31 2 *', /that fires some day: no month of these has such a day$/],
  ['0 0 0 30-31 feb *', /fires some day/],
  ['0 0 0 31 4,6,9,11 *', /fires some day/],
  ['0 0 0 * * 7', /; 7 is no weekday \(0 to 6\)$/],
  ['0 0 25 * * *', /; 25 is no hour \(0 to 23\)$/],
  ['hourly', /such as 0 \*\/5 \* \* \* \*$/],
  ['', /^a schedule of six fields/],
];
for (const [text, says] of refused)
  test(`"${text}" is refused with what is wrong`, () => assert.match(String(scheduleOf(text)), says));

test('a day that is rare is waited for', () => {
  const schedule = scheduleOf('0 0 0 29 2 0');
  assert.ok(typeof schedule === 'object');
  // 2100 is no leap year.
  assert.equal(new Date(nextTick(schedule, Date.UTC(2088, 2))).toISOString(), '2128-02-29T00:00:00.000Z');
});

test('the next time lies ahead, matches, and nothing between matches', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 59 }),
      fc.integer({ min: 0, max: 59 }),
      fc.integer({ min: 0, max: 4e12 }),
      (second, minute, after) => {
        const schedule = scheduleOf(`${second} ${minute} * * * *`);
        assert.ok(typeof schedule === 'object');
        const next = nextTick(schedule, after);
        const date = new Date(next);
        assert.deepEqual([date.getUTCSeconds(), date.getUTCMinutes()], [second, minute]);
        assert.ok(next > after && next - after <= 3_600_000);
      },
    ),
  );
});
