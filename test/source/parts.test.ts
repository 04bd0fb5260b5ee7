import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partsOf } from '../../shared/source/blobs/records/parts.ts';

/** A record first, so that it is taken for lines, and then nothing that is one: a fault for every other byte. */
const texts: Readonly<Record<string, string>> = {
  x: 'x\n'.repeat(100_000),
  'lines, then x': `{"a":1}\n{"a":2}\n${'x\n'.repeat(300_000)}{"a":3}\n`,
  'the start of a record': `{"a":1}\n${'{\n'.repeat(100_000)}`,
};

test('what bytes are does not depend on how they come', async () => {
  const [zip, tar] = [Buffer.alloc(40), Buffer.alloc(512)];
  zip.write('PK\x03\x04', 'latin1');
  tar.write('ustar', 257);
  for (const head of [zip, tar])
    for (const size of [1, 3, 100, 4096]) {
      const bytes = Buffer.concat([head, Buffer.from('{"a":1}\n'.repeat(200))]);
      const pieces = async function* () {
        const memory = Buffer.alloc(size);
        for (let at = 0; at < bytes.length; at += size) yield memory.subarray(0, bytes.copy(memory, 0, at));
      };
      const parts = (await Array.fromAsync(partsOf(pieces()))).flat();
      const [{ kind, length, bytes: kept } = assert.fail(), more] = parts;
      assert.deepEqual([kind, length, more, bytes.equals(kept)], ['fault', bytes.length, undefined, true]);
    }
});

for (const [name, text] of Object.entries(texts))
  test(`${name}: however little is held, no group of parts is large`, async () => {
    for (const size of [text.length, 256 * 1024]) {
      const pieces = async function* () {
        for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size));
      };
      let [most, bytes, all, faults] = [0, 0, 0, 0];
      for await (const parts of partsOf(pieces())) {
        most = Math.max(most, parts.length);
        all += parts.length;
        for (const part of parts) bytes += part.bytes.length;
        for (const part of parts) faults += part.kind === 'fault' ? (part.records ?? 1) : 0;
      }
      assert.ok(most <= 250, `${most} parts at once`);
      assert.ok(bytes >= text.replaceAll('\n', '').length, 'every byte that is no line end');
      if (name !== 'x') continue;
      // Neighbours are told together, and counted each.
      assert.equal(faults, text.split('x').length - 1);
      assert.ok(all < 40, `${all} parts`);
    }
  });
