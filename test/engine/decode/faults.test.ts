import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFaults, MOST_QUARANTINED } from '../../../shared/engine/decode/faults.ts';

const text = (length: number) => Buffer.alloc(length, 0x78);
const at = (offset: number, length: number, reason = 'not JSON') => ({
  ...{ blob: 'a', offset, length, reason },
  bytes: text(length),
});

test('neighbouring faults are one entry, however many they are', () => {
  const faults = createFaults();
  for (let n = 0; n < 100_000; n++) faults.add(at(n * 2, 1), Buffer.from('\n'));
  const [entry, ...more] = faults.take();
  assert.deepEqual([entry?.offset, entry?.length, entry?.records, more.length], [0, 199_999, 100_000, 0]);
  assert.deepEqual(faults.counts, { found: 100_000, leftOut: 0, leftOutBytes: 0, reasons: ['not JSON'] });
});

test('entries and their bytes have a cap in a window, and what is left out is counted', () => {
  const faults = createFaults();
  let [entries, bytes] = [0, 0];
  for (let n = 0; n < 3 * MOST_QUARANTINED.entries; n++) {
    faults.add(at(n * 1_000_000, 100_000, `reason ${n % 2}`));
    if (n % 100 !== 99) continue;
    for (const entry of faults.take()) {
      entries += 1;
      bytes += entry.bytes.length;
      assert.equal(entry.length, 100_000, 'its true length, whatever is kept of it');
    }
  }
  assert.equal(entries, MOST_QUARANTINED.entries);
  assert.equal(bytes, MOST_QUARANTINED.bytes);
  const leftOut = 2 * MOST_QUARANTINED.entries;
  const { reasons, ...counts } = faults.counts;
  assert.deepEqual(counts, { found: 3 * MOST_QUARANTINED.entries, leftOut, leftOutBytes: leftOut * 100_000 });
  assert.deepEqual(reasons, ['reason 0', 'reason 1']);
});

test('one entry keeps a mebibyte at most', () => {
  const faults = createFaults();
  faults.add(at(0, 5 * MOST_QUARANTINED.entryBytes));
  const [entry] = faults.take();
  assert.deepEqual(
    [entry?.length, entry?.bytes.length],
    [5 * MOST_QUARANTINED.entryBytes, MOST_QUARANTINED.entryBytes],
  );
});

test('neighbours beyond a mebibyte go on in an entry of their own, while there is room; a line in pieces is one line', () => {
  const faults = createFaults();
  const pieces = 20;
  for (let n = 0; n < pieces; n++) {
    faults.add(at(n * MOST_QUARANTINED.entryBytes, MOST_QUARANTINED.entryBytes));
    if (n === 10) assert.equal(faults.take(true).length, 10, 'the last may go on');
  }
  const found = faults.take();
  const whole = found.at(-1);
  assert.equal(found.length, 6, 'as many as there is room for, 16 with those before');
  assert.deepEqual(
    [whole?.bytes.length, whole?.length],
    [MOST_QUARANTINED.entryBytes, 5 * MOST_QUARANTINED.entryBytes],
    'the last tells the length of all that follows',
  );
  assert.deepEqual(faults.counts, { found: 1, leftOut: 0, leftOutBytes: 0, reasons: ['not JSON'] });
});

test('a line is counted once whatever is wrong with its parts, and a few reasons are kept', () => {
  const faults = createFaults();
  for (let n = 0; n < 100; n++) faults.add(at(n, 1, `reason ${n}`));
  assert.deepEqual([faults.counts.found, faults.counts.reasons.length], [1, 5]);
  const entries = faults.take();
  assert.deepEqual([entries.length, entries[0]?.records, entries[1]?.records], [100, undefined, 0]);
});
