import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { inflated } from '../../shared/source/blobs/gzip/inflate.ts';
import fc from '../seeds.ts';

async function* cutAt(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  // The memory of a piece is used again for the next one, as readers of files do.
  const memory = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    memory.set(piece);
    yield memory.subarray(0, piece.length);
    memory.fill(0xee);
  }
}

async function unpacked(bytes: Uint8Array, size = 65_536) {
  const { pieces, gaps } = inflated(cutAt(bytes, size));
  const out: Uint8Array[] = [];
  for await (const piece of pieces) out.push(piece.slice());
  return { text: Buffer.concat(out).toString('latin1'), gaps: gaps() };
}

const one = gzipSync('{"n":1}\n');
const two = gzipSync('{"n":2}\n');
const junk = Buffer.from('this is no gzip data');
const zeros = Buffer.alloc(1000);
const flagged = Buffer.concat([two.subarray(0, 3), Buffer.of(0xff), two.subarray(4)]);
const method = Buffer.concat([two.subarray(0, 2), Buffer.of(7), two.subarray(3)]);
const damaged = Buffer.from(two);
damaged.fill(0xff, 10, 14);
const checksum = Buffer.from(two);
checksum[two.length - 8] = (checksum[two.length - 8] ?? 0) ^ 1;
/** With a name, a comment, an extra field and a checksum of the header. */
const adorned = Buffer.concat([
  Buffer.of(0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 2, 0, 0x41, 0x42),
  Buffer.from('name\0comment\0ab'),
  two.subarray(10),
]);

/** What comes out, and the places and lengths of what does not. */
const table: readonly (readonly [what: string, bytes: Uint8Array[], text: string, gaps: [number, number][]])[] = [
  ['one member', [one], '{"n":1}\n', []],
  ['two', [one, two], '{"n":1}\n{"n":2}\n', []],
  ['two, padding between and behind', [one, zeros, two, zeros], '{"n":1}\n{"n":2}\n', []],
  ['a header with everything', [one, adorned], '{"n":1}\n{"n":2}\n', []],
  ['an empty member between', [one, gzipSync(''), two], '{"n":1}\n{"n":2}\n', []],
  ['other bytes behind', [one, junk], '{"n":1}\n', [[one.length, junk.length]]],
  ['other bytes behind padding', [one, zeros, junk], '{"n":1}\n', [[one.length + 1000, junk.length]]],
  ['other bytes between', [one, junk, two], '{"n":1}\n\n{"n":2}\n', [[one.length, junk.length]]],
  ['a broken header behind padding', [one, zeros, flagged], '{"n":1}\n', [[one.length + 1000, two.length]]],
  ['a header of another method, then a member', [one, method, two], '{"n":1}\n\n{"n":2}\n', [[one.length, two.length]]],
  ['a damaged member between', [one, damaged, two], '{"n":1}\n\n{"n":2}\n', [[one.length, two.length]]],
  [
    'a checksum of other bytes',
    [one, checksum, two],
    '{"n":1}\n{"n":2}\n\n{"n":2}\n',
    [[one.length + two.length - 8, 8]],
  ],
  ['cut short in a member', [one, two.subarray(0, -9)], '{"n":1}\n{"n":2}\n', [[one.length + two.length - 9, 0]]],
  ['cut short in a header', [one, two.subarray(0, 5)], '{"n":1}\n', [[one.length, 5]]],
  [
    'two breaks',
    [junk.subarray(0, 0), one, junk, two, junk],
    '{"n":1}\n\n{"n":2}\n',
    [
      [one.length, 20],
      [one.length + 20 + two.length, 20],
    ],
  ],
];

test('every byte of a gzip blob is unpacked, padding, or told with its place', async () => {
  for (const [what, bytes, text, gaps] of table)
    for (const size of [1, 7, 65_536]) {
      const found = await unpacked(Buffer.concat(bytes), size);
      assert.equal(found.text, text, `${what}, pieces of ${size}`);
      assert.deepEqual(
        found.gaps.map(({ place, length }) => [place, length]),
        gaps,
        `${what}, pieces of ${size}`,
      );
      for (const gap of found.gaps) {
        const whole = Buffer.concat(bytes);
        assert.deepEqual(Buffer.from(gap.bytes), whole.subarray(gap.place, gap.place + gap.length), what);
        assert.ok(gap.reason.endsWith(`: byte ${gap.place} of the file as it lies, ${gap.length} bytes`), gap.reason);
      }
    }
});

test('whatever lies between members, each whole one comes out, and what does not adds up', async () => {
  const part = fc.oneof(
    fc.string({ minLength: 1, maxLength: 40 }).map((text) => ({ kind: 'member' as const, text: `${text}\n` })),
    fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => ({ kind: 'junk' as const, bytes })),
    fc.integer({ min: 1, max: 3000 }).map((length) => ({ kind: 'zeros' as const, length })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 8 }), fc.integer({ min: 1, max: 200 }), async (parts, size) => {
      const bytes = parts.map((each) =>
        each.kind === 'member' ? gzipSync(each.text) : each.kind === 'junk' ? each.bytes : Buffer.alloc(each.length),
      );
      const { text, gaps } = await unpacked(Buffer.concat([one, ...bytes]), size);
      for (const each of parts)
        if (each.kind === 'member') assert.ok(text.includes(Buffer.from(each.text).toString('latin1')), each.text);
      const places = gaps.map(({ place, length }) => [place, place + length] as const);
      for (const [n, [, end]] of places.entries()) assert.ok((places[n + 1]?.[0] ?? end) >= end);
      const junkBytes = parts.flatMap((each) =>
        each.kind === 'junk' ? [...each.bytes].filter((byte) => byte !== 0) : [],
      );
      const told = gaps.reduce((sum, { length }) => sum + length, 0);
      assert.ok(told >= junkBytes.length - 20 * parts.length, `${told} of ${junkBytes.length}`);
    }),
    { numRuns: 300 },
  );
});

test('a long member between two breaks, and junk of any length, hold no more than they must', async () => {
  const long = Buffer.from('{"text":"abcdefghij"}\n'.repeat(200_000));
  const noise = Buffer.alloc(3_000_000, 0xaa);
  const { text, gaps } = await unpacked(Buffer.concat([one, noise, gzipSync(long), noise]), 1024 * 1024);
  assert.equal(text.length, 8 + 1 + long.length);
  assert.deepEqual(
    gaps.map(({ length, bytes }) => [length, bytes.length]),
    [
      [3_000_000, 1024 * 1024],
      [3_000_000, 1024 * 1024],
    ],
  );
});

test('what only looks like a header takes no data with it, nor the members in what it calls its name', async () => {
  const lines = Array.from({ length: 400 }, (_, n) => `{"n":${Math.imul(n + 1, 2_654_435_761) >>> 0}}\n`).join('');
  const many = gzipSync(lines);
  for (const flag of [4, 8, 16]) {
    const wrong = Buffer.from(many);
    wrong[3] = flag;
    const { text, gaps } = await unpacked(Buffer.concat([one, wrong, two, many, two]));
    assert.equal(text, `{"n":1}\n\n{"n":2}\n${lines}{"n":2}\n`, `flag ${flag}`);
    assert.deepEqual(
      gaps.map(({ place, length }) => [place, length]),
      [[one.length, many.length]],
    );
  }
  const name = Buffer.concat([
    Buffer.of(0x1f, 0x8b, 8, 8),
    Buffer.from('  {"n":3}\nwhat nobody packed\n'),
    Buffer.of(0),
  ]);
  const { gaps } = await unpacked(Buffer.concat([one, name]));
  assert.deepEqual(
    gaps.map(({ place, bytes }) => [place, Buffer.from(bytes).toString('latin1')]),
    [[one.length, name.toString('latin1')]],
  );
});
