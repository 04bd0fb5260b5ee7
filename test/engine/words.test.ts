import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copy, hashOf, SHORT, same, viewOf } from '../../shared/engine/words.ts';
import { plainEnd, STOP } from '../../shared/framing/strict.ts';
import fc from '../seeds.ts';

const texts = fc.uint8Array({ maxLength: 80 });
const places = fc.nat(9);

/** The text somewhere in memory that other things stand in, at any distance from a word's first byte. */
function placed(text: Uint8Array, before: number): { bytes: Uint8Array; view: DataView } {
  const memory = new Uint8Array(before + text.length + 13).fill(0xa5);
  memory.set(text, before + 3);
  const bytes = memory.subarray(3);
  return { bytes, view: viewOf(bytes) };
}

test('texts are compared, hashed and copied wherever they stand', () => {
  fc.assert(
    fc.property(texts, places, places, fc.nat(80), (text, one, other, changed) => {
      const [a, b] = [placed(text, one), placed(text, other)];
      assert.ok(same(a.bytes, a.view, one, b.bytes, b.view, other, text.length));
      assert.equal(hashOf(a.bytes, a.view, one, text.length), hashOf(b.bytes, b.view, other, text.length));
      const target = placed(new Uint8Array(text.length), other);
      copy(a.bytes, a.view, one, target.bytes, target.view, other, text.length);
      assert.deepEqual(target.bytes, b.bytes);
      if (changed >= text.length) return;
      b.bytes[other + changed] = (b.bytes[other + changed] as number) ^ 1;
      assert.ok(!same(a.bytes, a.view, one, b.bytes, b.view, other, text.length));
    }),
  );
});

test('a long text is copied whole', () => {
  const text = Uint8Array.from({ length: SHORT + 1 }, (_, index) => index);
  const target = new Uint8Array(text.length + 2);
  copy(text, viewOf(text), 0, target, viewOf(target), 1, text.length);
  assert.deepEqual(target.subarray(1, -1), text);
});

test('the plain part of a string ends at the first byte that says something, and within the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), (text, start) => {
      const bytes = Uint8Array.from([...text, 0x0a]);
      const from = Math.min(start, text.length);
      const expected = bytes.findIndex((byte, index) => index >= from && STOP[byte] === 1);
      assert.equal(plainEnd(bytes, viewOf(bytes), from), expected);
    }),
    { numRuns: 2000 },
  );
});
