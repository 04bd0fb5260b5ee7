import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action, AddFile } from '../../../shared/lake/delta/actions.ts';
import { folderValues, logPath, ownFile, pathInLog } from '../../../shared/lake/delta/names.ts';
import { publicationActions, retirementActions } from '../../../shared/lake/delta/publish.ts';
import { afterEntry, emptySnapshot } from '../../../shared/lake/delta/snapshot.ts';

/** As `new org.apache.hadoop.fs.Path(path).toUri().toString()` has it, which Spark compares names by. */
const spelled: readonly (readonly [path: string, log: string])[] = [
  ['app=shop/date=2026-01-01/a_r1.parquet', 'app=shop/date=2026-01-01/a_r1.parquet'],
  ['app=ä b%2Fc/x', 'app=ä%20b%252Fc/x'],
  ['app=日本 電/x', 'app=日本%20電/x'],
  ['app=𝒳½/x', 'app=𝒳½/x'],
  ['app=%C3%A4/x', 'app=%25C3%25A4/x'],
  ['app=a.b,c@d(e)~f-g_h/x', 'app=a.b,c@d(e)~f-g_h/x'],
];

test('a path in the log is spelled as Java spells it, and read whoever spelled it', () => {
  for (const [path, log] of spelled) {
    assert.equal(logPath(path), log);
    assert.equal(pathInLog(log), path);
    assert.equal(pathInLog(encodeURI(path)), path, 'as delta-rs and we did before');
    assert.equal(pathInLog(path.split('/').map(encodeURIComponent).join('/')), path);
  }
  assert.equal(pathInLog('part-100%.parquet'), 'part-100%.parquet', 'no URL');
});

test('a window is called the same in every log, old or new', () => {
  const path = 'app=ä b%2Fc/date=2026-01-01/query_20260101T0000Z_20260101T0100Z_r7_2.parquet';
  assert.deepEqual(ownFile(path), {
    window: 'app=%C3%A4%20b%252Fc/query_20260101T0000Z_20260101T0100Z',
    revision: 7,
  });
  assert.deepEqual(folderValues(path), { app: 'ä b/c', date: '2026-01-01' });
});

const window = 'app=%C3%A4%20b/query_1T_2T';
const path = (revision: number) => `app=ä b/date=2026-01-01/query_1T_2T_r${revision}.parquet`;
const file = (name: string, values: AddFile['partitionValues'] = { app: 'ä b', date: '2026-01-01' }): AddFile => ({
  ...{ path: name, partitionValues: values, size: 1, modificationTime: 0, dataChange: true },
});
const seen: Action = { txn: { appId: window, version: 1 } };
const again = {
  ...{ window, revision: 2, columns: [], marked: true },
  add: [file(logPath(path(2)))],
};

test('a file that the log spells in the old way goes by that name, and is known by its path', () => {
  const old = encodeURI(path(1));
  assert.notEqual(old, logPath(path(1)));
  const snapshot = afterEntry(emptySnapshot, 0, [{ add: file(old) }, seen]);
  const wanted = { ...again, known: [{ path: path(1), rows: 1 }], afterDone: true };
  const actions = publicationActions(snapshot, wanted, 0, () => 'id');
  const after = afterEntry(snapshot, 1, actions);
  assert.deepEqual(
    actions.flatMap((action) => ('remove' in action ? [action.remove.path] : [])),
    [old],
  );
  assert.deepEqual([...after.files.keys()], [path(2)]);
  assert.deepEqual([...after.removed.keys()], [path(1)]);
});

test('rows that another engine merged into a folder of another spelling are seen, ledger or none', () => {
  for (const merged of ['app=%25C3%25A4%2520b/date=2026-01-01/part-0.parquet', 'part-0.parquet'])
    for (const [known, afterDone] of [
      [[], false],
      [[{ path: path(1), rows: 1 }], true],
    ] as const) {
      const snapshot = afterEntry(emptySnapshot, 0, [{ add: file(merged) }, seen]);
      const publish = () => publicationActions(snapshot, { ...again, known, afterDone }, 0, () => 'id');
      assert.throws(publish, /OPTIMIZE/, merged);
    }
  // Of another app nothing is said.
  const other = file('part-0.parquet', { app: 'other', date: '2026-01-01' });
  const snapshot = afterEntry(emptySnapshot, 0, [{ add: other }, { add: file(logPath(path(1))) }, seen]);
  const wanted = { ...again, known: [{ path: path(1), rows: 1 }], afterDone: true };
  assert.equal(publicationActions(snapshot, wanted, 0, () => 'id').length, 5);
});

test('windows that go take their files with them, however the log spells these', () => {
  for (const name of [encodeURI(path(1)), logPath(path(1))]) {
    const snapshot = afterEntry(emptySnapshot, 0, [{ add: file(name) }, seen]);
    for (const known of [[path(1)], []]) {
      const going = [{ window, revision: 2, known, fresh: false }];
      const gone = retirementActions(snapshot, going, 0).flatMap((action) =>
        'remove' in action ? [action.remove.path] : [],
      );
      assert.deepEqual(gone, [name]);
    }
  }
});
