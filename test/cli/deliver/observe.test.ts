import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blame, observedSource } from '../../../cli/deliver/observe.ts';
import type { Source, Window } from '../../../shared/model.ts';
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

test('progress counts a chunk whose memory went to a thread', async () => {
  const bytes = Buffer.from('{"a":1}\n{"a":2}\n');
  const source: Source = {
    open: async () => ({
      ...{ fingerprint: '', empty: false, asked: 1 },
      async *chunks() {
        yield { bytes: new Uint8Array(bytes), layout: 'query', columns: [], segments: [], faults: [] };
      },
    }),
  };
  const told: number[] = [];
  const { signal } = new AbortController();
  const observed = observedSource(source, blame(), (records, read) => told.push(records, read), signal);
  const window: Window = { app: 'shop', signal: 'requests', source: 'query', start: 0, end: 1 };
  for await (const chunk of (await observed.open(window, signal)).chunks(''))
    structuredClone(chunk, { transfer: [chunk.bytes.buffer as ArrayBuffer] });
  assert.deepEqual(told, [2, bytes.length]);
});
