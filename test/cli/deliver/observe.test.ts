import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blame, observedBegin, observedStore } from '../../../cli/deliver/observe.ts';
import type { Chunk } from '../../../shared/model.ts';
import { refusalOf } from '../../../shared/source/query/refusal.ts';

test('whom a failure concerns: the app, the table, the files; all where it names nobody', () => {
  const marks = blame();
  for (const [status, of] of [
    [400, 'table'],
    [401, 'app'],
    [403, 'app'],
    [404, 'app'],
    [405, undefined],
  ] as const) {
    const error = refusalOf(status, `query of ${status}`, 'no; mend it');
    marks.mark('source', error);
    const seen = marks.of(`query of ${status}: no; mend it`);
    assert.deepEqual(seen, { side: 'source', refused: of && { of, reason: 'no; mend it' } });
  }
  const files = blame(true);
  files.mark('source', new Error('read x: it cannot be opened'));
  assert.equal(files.of('read x: it cannot be opened').refused?.of, 'files');
  assert.deepEqual(marks.of('never seen'), { side: 'unknown', refused: undefined });
});

test('a full temporary disk is no fault of the source, nor of the engine; a full destination is its own', () => {
  const marks = blame();
  const full = new Error('ENOSPC: no space left on device, write');
  marks.mark('source', full);
  assert.equal(marks.of(full.message).side, 'machine');
  assert.equal(marks.of('IO Error: Could not write all bytes: No space left on device').side, 'machine');
  const text = 'put a.parquet in /lake: the disk is full; make room or choose another folder (ENOSPC)';
  marks.mark('destination', new Error(text));
  assert.equal(marks.of(text).side, 'destination');
});

test('progress tells what the engine has read, less where it takes back', async () => {
  const reads = [2, 5, 2, 2];
  const counts = { read: 0, written: 0, deduplicated: 0, quarantined: 0 };
  const next = async () => {
    counts.read = reads.shift() ?? 0;
    return [];
  };
  const told: (readonly [number, number])[] = [];
  const begin = observedBegin(
    async () => ({ counts, add: next, finish: next, close: async () => {} }),
    (records, read) => told.push([records, read]),
  );
  const draft = await begin({ app: 'shop', signal: 'requests', source: 'query', start: 0, end: 1 }, '', 1);
  const chunk: Chunk = { bytes: new Uint8Array(9), layout: 'query', columns: [], segments: [], faults: [] };
  for (let n = 0; n < 3; n++) await draft.add(chunk);
  await draft.finish();
  assert.deepEqual(told, [
    [2, 9],
    [3, 9],
    [-3, 9],
    [0, 0],
  ]);
});

test('whatever the lake refuses is its own side, listings and reads as well', async () => {
  const refused = async (what: string): Promise<never> => {
    throw new Error(`${what}: not allowed (AuthorizationFailure)`);
  };
  const refusedList = async function* (what: string): AsyncIterable<never> {
    yield await refused(what);
  };
  const marks = blame();
  const store = observedStore(
    {
      ...{ place: 'lake', prepare: () => refused('prepare'), head: () => refused('head') },
      ...{ put: () => refused('put'), remove: () => refused('remove'), list: () => refusedList('list') },
      ...{ folders: () => refusedList('folders'), read: () => refusedList('read') },
    },
    marks,
  );
  const calls: Record<string, () => Promise<unknown>> = {
    prepare: store.prepare,
    head: () => store.head('a'),
    put: () => store.put('a', new Uint8Array(), undefined),
    remove: () => store.remove('a', '1'),
    list: () => Array.fromAsync(store.list('')),
    folders: () => Array.fromAsync(store.folders('')),
    read: () => Array.fromAsync(store.read('a')),
  };
  for (const [what, call] of Object.entries(calls)) {
    await assert.rejects(call, /AuthorizationFailure/);
    assert.equal(marks.of(`${what}: not allowed (AuthorizationFailure)`).side, 'destination', what);
  }
});
