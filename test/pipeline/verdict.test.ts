import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Look } from '../../shared/model.ts';
import { loses, requeuedFingerprint, type Verdict, verdictOf } from '../../shared/pipeline/verdict.ts';

const seen = (fingerprint: string, archived = 0): Look => ({ fingerprint, empty: false, archived });
const nothing: Look = { fingerprint: '', empty: true };

const table: readonly (readonly [what: string, known: string, look: Look, verdict: Verdict])[] = [
  ['a window that was never done', '', seen('a'), 'run'],
  ['one that is still appended to', '', seen('a+open'), 'run'],
  ['one of which a part is archived', '', seen('a', 1), 'run'],
  ['nothing to bring', '', nothing, 'same'],
  ['as it was', 'a', seen('a'), 'same'],
  ['as it was, and may still grow', 'a', seen('a+open'), 'same'],
  ['grown', 'a', seen('b+open'), 'run'],
  ['a record that is cut short waits', 'a+tail', seen('a+open'), 'same'],
  ['until the window has settled', 'a+tail', seen('a'), 'run'],
  ['or its blob goes on', 'a+tail', seen('b+open'), 'run'],
  ['blobs that moved to the archive', 'a', seen('a', 2), 'same'],
  ['some archived, the rest changed: a run would lose rows', 'a', seen('b', 1), 'kept'],
  ['a last run that can no longer read everything', 'a+tail', seen('a', 1), 'kept'],
  ['done without archived blobs, which are still there', 'a+archived', seen('a', 1), 'same'],
  ['and back from the archive', 'a+archived', seen('a'), 'run'],
  ['and changed', 'a+archived', seen('b', 1), 'kept'],
  ['a tail, without archived blobs, settled', 'a+tail+archived', seen('a', 1), 'run'],
  ['a folder that was emptied', 'a', nothing, 'kept'],
  ['or archived whole', 'a', { ...nothing, archived: 3 }, 'kept'],
  ['an emptied folder that the lake follows', 'a', seen(''), 'run'],
  ['requeued', requeuedFingerprint('a'), seen('a'), 'run'],
  ['requeued, and archived since', requeuedFingerprint('a'), seen('a', 1), 'kept'],
  ['requeued, done without archived blobs', requeuedFingerprint('a+archived'), seen('a', 1), 'run'],
  ['a query, which is not known before it is read', '7|2026-01-01T00:00:00Z', { fingerprint: '', empty: false }, 'run'],
  ['marks are at the end alone', 'a+b', seen('a'), 'run'],
];
for (const [what, known, look, verdict] of table)
  test(`${what}: ${verdict}`, () => assert.equal(verdictOf(known, look), verdict));

test('a run that would lose rows is none', () => {
  for (const [, known, look, verdict] of table) if (loses(known, look) !== '') assert.notEqual(verdict, 'run');
  assert.match(loses('a', seen('a', 1)), /^1 of its blobs are archived, .*; rehydrate/);
  assert.match(loses('a', nothing), /^its blobs are gone, .*; set EXPORT_EMPTIED=follow/);
  for (const [known, look] of [
    ['a+archived', seen('a', 1)],
    ['a', seen('b')],
    ['', nothing],
    ['', seen('a', 1)],
  ] as const)
    assert.equal(loses(known, look), '');
});

test('requeued once or twice is the same; what was never done is due anyway', () => {
  assert.equal(requeuedFingerprint(requeuedFingerprint('a+tail')), requeuedFingerprint('a+tail'));
  assert.equal(requeuedFingerprint(''), '');
});
