import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDecoder } from '../../../shared/engine/decode/decoder.ts';
import { windowOf } from '../chunks.ts';
import { recordsOf } from './rows.ts';

const ELEMENTS = 40_000;
const start = () => createDecoder({ window: windowOf('requests'), partition: 'hour', dedupe: 'id' });
const record = (id: string, elements: number) =>
  recordsOf(
    `${JSON.stringify({
      request: Array.from({ length: elements }, (_, n) => ({ id: `e${n}`, name: 'GET' })),
      internal: { data: { id } },
      context: { data: { eventTime: '2026-11-21T03:00:00Z' } },
    })}\n`,
  );

// Runs of the queue, of a backfill and of a blob's arrival go on side by side in one process.
test('a record of many rows is left and gone on with: what others decode meanwhile is nothing to it', () => {
  const one = start();
  let pauses = 0;
  for (const id of ['x', 'x', 'y', 'z'])
    for (const _ of one.decode(record(id, ELEMENTS))) {
      pauses += 1;
      for (const _other of start().decode(record('other', 1))) assert.fail('one row is no group yet');
    }
  for (const _ of one.finish());
  assert.ok(pauses >= 3, `${pauses} pauses`);
  assert.deepEqual([one.counts.read, one.counts.deduplicated], [4 * ELEMENTS, ELEMENTS]);
});
