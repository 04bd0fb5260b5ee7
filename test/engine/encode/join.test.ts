import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { joinRows } from '../../../shared/engine/encode/join.ts';
import { ndjsonEncoding } from '../../../shared/engine/encode/text/text.ts';
import { encoded } from './duckdb.ts';
import { type Cell, rowsOf, type Typed } from './rows.ts';

const columns: readonly Typed[] = [
  { name: 'few', type: 'string' },
  { name: 'mixed', type: 'string' },
  { name: 'text', type: 'dynamic' },
  { name: 'long', type: 'long' },
  { name: 'real', type: 'real' },
  { name: 'flag', type: 'boolean' },
];
const words = fc.option(fc.constantFrom('"a"', '"b"', '"éé"', '""'));
const cells: fc.Arbitrary<Cell[]> = fc.tuple(
  words,
  words,
  words,
  fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  fc.option(fc.double()),
  fc.option(fc.boolean()),
);

test('rows of several parts are the rows of one, whether they have dictionaries or not', () => {
  fc.assert(
    fc.property(fc.array(fc.array(cells, { maxLength: 12 }), { minLength: 1, maxLength: 4 }), (parts) => {
      const joined = joinRows(parts.map((rows, n) => rowsOf(columns, rows, n % 2 === 0 ? ['few', 'mixed'] : ['few'])));
      const expected = rowsOf(columns, parts.flat());
      assert.equal(joined.count, expected.count);
      assert.equal(
        encoded(ndjsonEncoding(columns), [joined]).toString(),
        encoded(ndjsonEncoding(columns), [expected]).toString(),
      );
    }),
  );
});
