import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileRecord, LedgerEntry, Millis } from '../../../shared/model.ts';
import { weigh } from '../../../shared/pipeline/adopt/weigh.ts';
import { claimedEntry, finishedEntry, plannedEntry } from '../../../shared/pipeline/entry.ts';

const day = 86_400_000;
const feed = { app: 'shop', signal: 'requests', source: 'query' } as const;
const window = { ...feed, start: 10 * day, end: 11 * day };
const files: readonly FileRecord[] = [1, 2].map((n) => ({ path: `p${n}`, signal: 'requests', rows: 3, bytes: 9 }));
const counts = { read: 6, written: 6, deduplicated: 0, quarantined: 0 };
const doneAt = (at: Millis, own = files): LedgerEntry =>
  finishedEntry(claimedEntry(plannedEntry(window), at, 1), at, { fingerprint: 'rows:6', counts, asked: 1, files: own });
const retired = 40 * day;
const changeOf = (entry: LedgerEntry, there: readonly FileRecord[]) => {
  const found = there.length > 0 ? [{ window, revision: 1, files: there }] : [];
  return weigh(feed, [entry], found, { now: 100 * day, retired }).change;
};

test('what was brought in after its time was let go stays, with its files there, or without a row', () => {
  assert.deepEqual(changeOf(doneAt(90 * day), files), []);
  assert.deepEqual(changeOf(doneAt(90 * day, []), []), []);
});

test('of what was brought in since and lacks a file nothing is removed: it runs again', () => {
  const [change] = changeOf(doneAt(90 * day), files.slice(0, 1));
  assert.deepEqual([change?.retired ?? false, change?.again, change?.gone], [false, true, ['p2']]);
});

test('a window that a copy has back is retired: its files are gone, or it was done before its time was let go', () => {
  for (const [at, there] of [
    [90 * day, []],
    [90 * day, files.map((file) => ({ ...file, bytes: 0 }))],
    [11 * day, files],
    [0, []],
  ] as const)
    assert.equal(changeOf(at === 0 ? plannedEntry(window) : doneAt(at), there)[0]?.retired, true, `${at}`);
});
