import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameOf } from '../../../shared/engine/decode/walk/members.ts';
import fc from '../../seeds.ts';

test('a key is the name that JSON has it for, whichever were met before', () => {
  // Few letters, so that many share a place and a length, and some are met again.
  const name = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '"', '\\', '\n'), maxLength: 4 });
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 40 }), (names) => {
      for (const each of names) {
        const bytes = Buffer.from(` ${JSON.stringify(each)}:1`);
        assert.equal(nameOf(bytes, 1, bytes.lastIndexOf('"')), each);
      }
    }),
  );
  const long = 'x'.repeat(500);
  const bytes = Buffer.from(JSON.stringify(long));
  for (let round = 0; round < 2; round++) assert.equal(nameOf(bytes, 0, bytes.length - 1), long);
});
