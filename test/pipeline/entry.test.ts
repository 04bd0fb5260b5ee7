import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LedgerEntry } from '../../shared/model.ts';
import {
  askedAgain,
  claimedEntry,
  failedEntry,
  finishedEntry,
  halvedEntry,
  hintDue,
  hintedEntry,
  intendedEntry,
  isOpen,
  mayRun,
  plannedEntry,
} from '../../shared/pipeline/entry.ts';

const window = { app: 'shop', signal: 'requests', source: 'query', start: 0, end: 3_600_000 } as const;
const planned = plannedEntry(window, 1000);
const running = claimedEntry(planned, 2000, 500);
const failed = failedEntry(running, 3000, 0.5, 'no');
const done = finishedEntry(running, 4000, { fingerprint: 'f', counts: running.counts, asked: 1, files: [] });
const empty = { path: 'a', signal: 'requests', rows: 0, bytes: 7 } as const;
const counts = { read: 5, written: 4, deduplicated: 0, quarantined: 1 };
const heavy = { ...askedAgain(done, 5000), state: 'running', died: 2, counts, files: [{ ...empty, rows: 5 }] } as const;
const halved = halvedEntry(heavy, [empty], 'heavy');

describe('mayRun', () => {
  const rows: readonly [string, LedgerEntry, number, string][] = [
    ['a planned window', planned, 1000, 'run'],
    ['a live lease', running, 2499, 'busy'],
    ['an expired lease', running, 2500, 'run'],
    ['within the back-off', failed, 3000, 'early'],
    ['after the back-off', failed, 3000 + 60_000, 'run'],
    ['done', done, 9000, 'done'],
    ['asked for again', askedAgain(done, 5000), 5000, 'run'],
    ['asked for again, too early', askedAgain(done, 5000), 4999, 'early'],
    ['halved', halved, 9000, 'halved'],
    ['halved, whatever was asked of it', askedAgain(halved, 5000), 9000, 'halved'],
  ];
  for (const [what, entry, now, expected] of rows)
    test(`${what}: ${expected}`, () => assert.equal(mayRun(entry, now), expected));
});

test('a claim raises revision and attempts; done forgets the attempts', () => {
  assert.deepEqual(
    [running.revision, running.attempts, failed.attempts, done.attempts, done.revision],
    [1, 1, 1, 0, 1],
  );
});

describe('runs that ended without a word', () => {
  const again = claimedEntry(running, 2500, 500);
  const rows: readonly [string, LedgerEntry, number][] = [
    ['none before the first claim', running, 0],
    ['a lease that ran out', again, 1],
    ['two in a row', claimedEntry(again, 3000, 500), 2],
    ['a reported failure is none', claimedEntry(failed, 70_000, 500), 0],
    ['and does not undo them', claimedEntry(failedEntry(again, 3000, 0.5, 'no'), 200_000, 500), 1],
    ['asked for again while it ran', claimedEntry(askedAgain(running, 2100), 2500, 500), 1],
    [
      'done forgets them',
      finishedEntry(again, 4000, { fingerprint: 'f', counts: running.counts, asked: 1, files: [] }),
      0,
    ],
  ];
  for (const [what, entry, expected] of rows) test(`${what}: ${expected}`, () => assert.equal(entry.died, expected));
});

test('a halved window is settled and keeps nothing of its own but its empty files', () => {
  const { state, again, doneAt, fingerprint, files, error, leaseUntil } = halved;
  assert.deepEqual(
    { state, again, doneAt, fingerprint, counts: halved.counts, files, error, leaseUntil },
    {
      state: 'halved',
      again: false,
      doneAt: 0,
      fingerprint: '',
      counts: planned.counts,
      files: [empty],
      error: 'heavy',
      leaseUntil: 0,
    },
  );
  assert.deepEqual([isOpen(halved), isOpen(askedAgain(halved, 1))], [false, false]);
});

test('asked for again while it runs, a window stays open after it is done', () => {
  const asked = askedAgain(running, 7000);
  assert.equal(
    mayRun(finishedEntry(asked, 4000, { fingerprint: 'f', counts: asked.counts, asked: 1, files: [] }), 7000),
    'run',
  );
});

test('a message that met its window running is sent anew by the next tick', () => {
  const met = finishedEntry(hintedEntry(askedAgain(running, 7000), 4000), 8000, {
    fingerprint: 'f',
    counts: running.counts,
    asked: 1,
    files: [],
  });
  const ahead = finishedEntry(hintedEntry(askedAgain(running, 9000), 4000), 8000, {
    fingerprint: 'f',
    counts: running.counts,
    asked: 1,
    files: [],
  });
  assert.deepEqual([hintDue(met, 8000, 900_000), hintDue(ahead, 9000, 900_000)], [true, false]);
});

test('requeued while it runs, it runs once more; requeued before, it does not', () => {
  const finish = { fingerprint: 'f2', counts: running.counts, asked: 1, files: [] };
  const before = claimedEntry({ ...done, fingerprint: 'f+requeued' }, 4000, 500);
  assert.equal(finishedEntry(before, 5000, finish).fingerprint, 'f2');
  assert.equal(finishedEntry({ ...before, fingerprint: 'f+requeued' }, 5000, finish).fingerprint, 'f2+requeued');
});

test('the back-off doubles from a minute to an hour, less a tenth', () => {
  const waits = [1, 2, 3, 6, 7, 50].map(
    (attempts) => failedEntry({ ...running, attempts }, 0, 0.5, 'no').notBefore / 60_000,
  );
  assert.deepEqual(
    waits.map((wait) => wait / 0.9),
    [1, 2, 4, 32, 60, 60],
  );
});

test('an intended path is remembered once, with what is known of it', () => {
  const file = { path: 'a', signal: 'requests', rows: 5, bytes: 50 } as const;
  const entry = intendedEntry({ ...running, files: [file] }, [
    { ...file, rows: 0, bytes: 0 },
    { ...file, path: 'b', rows: 0, bytes: 0 },
  ]);
  assert.deepEqual(
    entry.files.map((known) => [known.path, known.rows]),
    [
      ['a', 5],
      ['b', 0],
    ],
  );
});

describe('hintDue', () => {
  const patience = 900_000;
  const rows: readonly [string, LedgerEntry, number, boolean][] = [
    ['just planned: its hint is on the way', planned, 2000, false],
    ['planned, and the hint led to nothing', planned, 1000 + patience, true],
    ['running', running, 2400, false],
    ['its runner died', running, 2500, true],
    ['its runner died and a hint was sent since', { ...running, hintedAt: 2600 }, 3000, false],
    ['failed, within the back-off', failed, 4000, false],
    ['failed, the back-off has passed', failed, 3000 + 60_000, true],
    ['asked for again: a delayed hint is on the way', hintedEntry(askedAgain(done, 5000), 4000), 5000, false],
    ['asked for again, and no hint was sent', askedAgain(done, 5000), 5000, true],
    ['asked for again, and the hint was lost', hintedEntry(askedAgain(done, 5000), 4000), 5000 + patience, true],
  ];
  for (const [what, entry, now, expected] of rows)
    test(what, () => assert.equal(hintDue(entry, now, patience), expected));
});
