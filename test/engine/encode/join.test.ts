import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf } from '../../../shared/engine/encode/check-rows.ts';
import { joinRows } from '../../../shared/engine/encode/join.ts';
import type { Rows } from '../../../shared/engine/vectors.ts';
import fc from '../../seeds.ts';
import { rowsIn } from '../decode/rows.ts';
import { type Cell, rowsOf, type Typed } from './rows.ts';

const columns: readonly Typed[] = [
  { name: 'few', type: 'string' },
  { name: 'mixed', type: 'string' },
  { name: 'text', type: 'dynamic' },
  { name: 'long', type: 'long' },
  { name: 'real', type: 'real' },
  { name: 'flag', type: 'boolean' },
];
const cellsOf = (rows: Rows) =>
  rowsIn(
    { signal: 'requests', partition: 0, raw: 0, rows },
    columns.map(({ name }) => name),
  );
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
      assert.deepEqual(cellsOf(joined), cellsOf(expected));
    }),
  );
});

test('a long text that many rows share stands once, even where other rows have none that repeat', () => {
  const long = `"${'l'.repeat(40_000)}"`;
  const shared = Array.from({ length: 120 }, (_, n): Cell[] => [
    n % 9 === 0 ? null : long,
    long,
    '"a"',
    1n,
    null,
    true,
  ]);
  const other = Array.from({ length: 300 }, (_, n): Cell[] => [
    n % 5 === 0 ? null : `"${n}"`,
    `"${n}"`,
    '"b"',
    2n,
    3,
    null,
  ]);
  const texts = ['few', 'mixed'];
  const parts = [rowsOf(columns, shared, texts), rowsOf(columns, other), rowsOf(columns, shared, texts)];
  for (const some of [parts, parts.slice(0, 2), parts.slice(1)]) {
    const joined = joinRows(some);
    const all = some.flatMap((part) => (part === parts[1] ? other : shared));
    assert.deepEqual(cellsOf(joined), cellsOf(rowsOf(columns, all, texts)));
    // Written out, each of two columns is less than 10 MB; both together are not.
    assert.ok(bytesOf(joined) < 10e6, `${bytesOf(joined)} bytes`);
  }
});
