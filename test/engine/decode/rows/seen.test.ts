import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seen } from '../../../../shared/engine/decode/rows/seen.ts';

/** Spread like a hash, and the same each time. */
function* words(): Generator<number, never> {
  for (let at = 1; ; at++) {
    const mixed = Math.imul(at ^ (at >>> 15), 0x85ebca6b);
    yield Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  }
}

test('what was added is known, and nothing else', () => {
  const seen = new Seen();
  const all = Array.from({ length: 200_000 }, (_, at) => at);
  const source = words();
  const rows = all.map(() => [source.next().value, source.next().value, source.next().value] as const);
  for (const row of rows) assert.ok(seen.add(...row));
  for (const row of rows.toReversed()) assert.ok(!seen.add(...row));
  // A single bit of any of the 72 makes another row.
  for (let bit = 0; bit < 72; bit++) {
    const [one, two, three] = rows[bit] as (typeof rows)[number];
    const other = [bit < 8 ? one ^ (1 << bit) : one, two, three] as [number, number, number];
    if (bit >= 8) other[bit < 40 ? 1 : 2] ^= 1 << ((bit - 8) % 32);
    assert.ok(seen.add(...other), `bit ${bit}`);
  }
});

test('hashes that were made to lie in one bucket are told apart as well, in bounded memory', () => {
  const seen = new Seen();
  const before = process.memoryUsage().arrayBuffers;
  for (let three = 0; three < 5000; three++) assert.ok(seen.add(7, 7, three));
  for (let three = 0; three < 5000; three++) assert.ok(!seen.add(7, 7, three));
  assert.ok(seen.add(8, 7, 0));
  assert.ok(process.memoryUsage().arrayBuffers - before < 64 * 1024 * 1024);
});

test('a million rows take at most sixteen bytes each', () => {
  const before = process.memoryUsage().arrayBuffers;
  const seen = new Seen();
  const source = words();
  for (let at = 0; at < 1_000_000; at++) seen.add(source.next().value, source.next().value, source.next().value);
  const taken = process.memoryUsage().arrayBuffers - before;
  assert.ok(taken < 16e6, `${taken} bytes`);
});
