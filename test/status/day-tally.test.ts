import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerEntry, Window } from '../../shared/model.ts';
import {
  claimedEntry,
  failedEntry,
  finishedEntry,
  halvedEntry,
  plannedEntry,
  unavailableEntry,
} from '../../shared/pipeline/entry.ts';
import { addSums, dayOf, NOTHING, tallyOf } from '../../shared/status/day-tally.ts';

const hour = 3_600_000;
const day = Date.UTC(2026, 10, 21);
const feed = { app: 'shop', signal: 'requests', source: 'query' } as const;
const window = (n: number): Window => ({ ...feed, start: day + n * hour, end: day + (n + 1) * hour });
const file = (rows: number, bytes: number) => ({ path: `${rows}`, signal: feed.signal, rows, bytes });

/** Done `after` the end of its window. */
function done(entry: LedgerEntry, after: number, read: number, asked = 2, wasted = 0): LedgerEntry {
  const counts = { read, written: read - 1, deduplicated: 1, quarantined: 0 };
  const finish = { fingerprint: `rows:${read}`, counts, asked, wasted, files: [file(read - 1, 100), file(0, 9)] };
  return finishedEntry(claimedEntry(entry, entry.window.end + after - 1000, 60_000), entry.window.end + after, finish);
}

test('neighbours of one state are one stretch; what is not covered is not there', () => {
  const entries = [
    done(plannedEntry(window(0)), 60_000, 10),
    done(plannedEntry(window(1)), 60_000, 10),
    { ...done(plannedEntry(window(2)), 60_000, 10), again: true },
    failedEntry(claimedEntry(plannedEntry(window(3)), day, 1), day, 0, 'give the role Reader', 4),
    claimedEntry(plannedEntry(window(4)), day, 1),
    plannedEntry(window(6)),
    unavailableEntry(plannedEntry(window(7)), day, 1, 'not kept'),
  ];
  const tally = tallyOf(feed, day, entries);
  assert.deepEqual(
    tally.stretches.map(({ start, end, state }) => `${(start - day) / hour}-${(end - day) / hour} ${state}`),
    ['0-2 done', '2-3 again', '3-4 failed', '4-5 running', '6-7 due', '7-8 unavailable'],
  );
  assert.deepEqual(tally.sums.windows, {
    done: 2,
    again: 1,
    failed: 1,
    running: 1,
    due: 1,
    unavailable: 1,
    retired: 0,
  });
  assert.deepEqual(tally.failure, { ...interval(3), attempts: 1, error: 'give the role Reader' });
  assert.deepEqual(
    [tally.sums.asked, tally.sums.wasted, tally.sums.runs],
    [3 * 2 + 4 + 1, 4, 5],
    'a failed run has cost its requests for nothing',
  );
});

const interval = (n: number) => ({ start: window(n).start, end: window(n).end });

test('rows, bytes, files, delay and run time are those of the windows as they stand', () => {
  const first = done(plannedEntry(window(0)), 60_000, 10, 5, 3);
  const { sums } = tallyOf(feed, day, [first, done(plannedEntry(window(1)), 120_000, 20)]);
  const { read, written, deduplicated, files, bytes, delay, delayed, duration, asked, wasted } = sums;
  assert.deepEqual(
    { read, written, deduplicated, files, bytes, delay, delayed, duration, asked, wasted },
    {
      ...{ read: 30, written: 28, deduplicated: 2, files: 2, bytes: 200, delay: 180_000, delayed: 2, duration: 2000 },
      ...{ asked: 7, wasted: 3 },
    },
  );
});

test('rows that a later run finds are late; those it does not find any more were purged; delay stays the first', () => {
  const first = done(plannedEntry(window(0)), 60_000, 10);
  const later = done({ ...first, again: true }, 5 * hour, 13);
  const last = done({ ...later, again: true }, 9 * hour, 12);
  assert.deepEqual(last.totals, { asked: 6, wasted: 0, late: 3, purged: 1, delay: 60_000 });
});

test('blobs that come within the hour after their folder are not late', () => {
  const blobs: Window = { ...window(0), source: 'continuous' };
  const early = done(plannedEntry(blobs), -30 * 60_000, 10);
  const whole = done({ ...early, again: true }, 20 * 60_000, 30);
  const after = done({ ...whole, again: true }, 3 * hour, 40);
  const again = done({ ...after, again: true }, 4 * hour, 45);
  assert.deepEqual(
    [whole, after, again].map(({ totals }) => totals?.late),
    [0, 0, 5],
  );
});

test('of a halved window only what it cost is left, all of it in vain', () => {
  const entry = failedEntry(claimedEntry(plannedEntry(window(0)), day, 1), day, 0, 'too much', 4);
  const halved = halvedEntry(claimedEntry(entry, day, 1), [file(0, 5)], 'halved', 3);
  const { stretches, sums, failure } = tallyOf(feed, day, [halved]);
  assert.deepEqual([stretches, failure], [[], undefined]);
  assert.deepEqual(sums, { ...NOTHING, runs: 2, asked: 7, wasted: 7 });
});

test('sums add up, whatever is added to nothing stays, days are those of starts', () => {
  const one = tallyOf(feed, day, [done(plannedEntry(window(0)), 60_000, 10)]).sums;
  assert.deepEqual(addSums(NOTHING, one), one);
  assert.equal(addSums(one, one).written, 18);
  assert.equal(addSums(one, one).windows.done, 2);
  assert.deepEqual([dayOf(day), dayOf(day + 24 * hour - 1), dayOf(day - 1)], [day, day, day - 24 * hour]);
});
