import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFramer } from '../../shared/framing/framer.ts';

/**
 * Bytes that ask for much, and what must come of them. Looked at without an end, each of them takes minutes or more.
 */
const hostile: readonly (readonly [what: string, text: string, documents: number])[] = [
  ['objects in objects', '{"b":'.repeat(100_000), 0],
  ['arrays in arrays', '['.repeat(200_000), 0],
  ['the same head again and again on one line', '{"b":x'.repeat(40_000), 0],
  ['as deep as may be, and then broken', `${'{"b":'.repeat(250)}x`.repeat(800), 0],
  ['texts without an end', '{"b":"abc'.repeat(40_000), 0],
  ['lines that are none, and a record behind them', `${'x\n'.repeat(30_000)}{"a":1}\n`, 1],
  ['objects in objects, and a record behind them', `${'{"b":'.repeat(300)}\n{"a":1}\n`, 1],
];

for (const [what, text, documents] of hostile) {
  test(`${what}: every byte is accounted for, in linear time`, () => {
    const bytes = Buffer.from(text);
    const framer = createFramer();
    const found = [...framer.feed(bytes)].map(({ kind, bytes: { length } }) => ({ kind, length }));
    found.push(...[...framer.end()].map(({ kind, bytes: { length } }) => ({ kind, length })));
    assert.equal(found.filter(({ kind }) => kind === 'document').length, documents);
    const faulty = found.reduce((sum, { kind, length }) => sum + (kind === 'fault' ? length : 0), 0);
    // Up to eight brackets may be wrappers of records.
    const white = text.match(/\n/g)?.length ?? 0;
    assert.ok(faulty >= bytes.length - white - documents * 7 - 8, `${faulty} of ${bytes.length}`);
  });
}

test('NUL without end: what has come is handed on piece by piece, so that no byte is looked at again and again', () => {
  const framer = createFramer();
  const piece = new Uint8Array(64 * 1024);
  let [fed, told] = [0, 0];
  for (let n = 0; n < 512; n++) {
    for (const { kind, bytes } of framer.feed(piece)) {
      assert.equal(kind, 'fault');
      told += bytes.length;
    }
    fed += piece.length;
    // What is held is looked at anew with each piece that comes: never more than one fault's worth of it.
    assert.ok(fed - told <= 1024 * 1024 + piece.length, `${fed - told} bytes are held`);
  }
  for (const { bytes } of framer.end()) told += bytes.length;
  assert.equal(told, fed);
});
