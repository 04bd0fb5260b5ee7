import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import { parquetEncoding } from '../../../shared/engine/encode/parquet/parquet.ts';
import fc from '../../seeds.ts';
import { workFolder } from '../chunks.ts';
import { answer, cellsIn, encoded, openReader, writeBytes } from './duckdb.ts';
import { type Cell, rowsOf, type Typed } from './rows.ts';

const work = workFolder();
let reader: DuckDBConnection;
before(async () => {
  reader = await openReader();
});
after(() => reader.closeSync());

const columns: readonly Typed[] = [
  { name: 'time', type: 'timestamp' },
  { name: 'few', type: 'string' },
  { name: 'many', type: 'string' },
  { name: 'json', type: 'dynamic' },
  { name: 'whole', type: 'integer' },
  { name: 'long', type: 'long' },
  { name: 'real', type: 'real' },
  { name: 'flag', type: 'boolean' },
];
const dictionary = ['few'];

const YEAR_1 = -62_135_596_800_000_000n;
const YEAR_9999 = 253_402_300_799_999_999n;

const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 4 });
const cells: fc.Arbitrary<Cell[]> = fc.tuple(
  orNull(fc.bigInt({ min: YEAR_1, max: YEAR_9999 })),
  orNull(fc.constantFrom('', 'a', 'b', 'é', '\0', 'z'.repeat(40), '\u{10ffff}')),
  orNull(fc.string({ unit: 'grapheme', maxLength: 90 })),
  orNull(fc.json({ maxDepth: 1 })),
  orNull(fc.bigInt({ min: -(2n ** 31n), max: 2n ** 31n - 1n })),
  orNull(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  orNull(fc.double()),
  orNull(fc.boolean()),
);
/** Lone halves of surrogate pairs are no UTF-8: nothing that is decoded has them. */
const wellFormed = (row: Cell[]): Cell[] => row.map((cell) => (typeof cell === 'string' ? cell.toWellFormed() : cell));
/** Rows repeated, so that runs are among them. */
const group = fc
  .array(fc.tuple(cells.map(wellFormed), fc.constantFrom(1, 1, 2, 9, 40)), { maxLength: 40 })
  .map((runs) => runs.flatMap(([row, times]) => Array<Cell[]>(times).fill(row)));

test('what was put is read, group by group', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(group, { maxLength: 3 }), async (groups) => {
      const bytes = encoded(
        parquetEncoding(columns, { some: 'fact' }),
        groups.map((rows) => rowsOf(columns, rows, dictionary)),
      );
      const path = writeBytes(work, 'any.parquet', bytes);
      assert.deepEqual(await cellsIn(reader, path, columns), groups.flat());
    }),
    { seed: -638992200, numRuns: 60 },
  );
});

test('a row group without a value in a column of a dictionary has no page of indices', async () => {
  const column = [{ name: 'few', type: 'string' as const }];
  const groups = [
    [['a'], ['a']],
    [[null], [null]],
    [['b'], ['b'], [null]],
  ].map((rows) => rowsOf(column, rows, ['few']));
  const path = writeBytes(work, 'null.parquet', encoded(parquetEncoding(column, {}), groups));
  const encodings = await answer(reader, `SELECT encodings FROM parquet_metadata('${path}') ORDER BY row_group_id`);
  assert.deepEqual(
    encodings.map(([text]) => /DICTIONARY/.test(String(text))),
    [true, false, true],
  );
  assert.deepEqual(await cellsIn(reader, path, column), [['a'], ['a'], [null], [null], ['b'], ['b'], [null]]);
});

test('the greatest and least of every filter are found', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(group, { minLength: 1, maxLength: 3 }), fc.nat(), async (groups, pick) => {
      const rows = groups.flat();
      const asked = rows[pick % Math.max(rows.length, 1)];
      if (asked === undefined) return;
      const bytes = encoded(
        parquetEncoding(columns, {}),
        groups.map((one) => rowsOf(columns, one, dictionary)),
      );
      const path = writeBytes(work, 'asked.parquet', bytes);
      for (const [index, { name, type }] of columns.entries()) {
        const value: Cell = asked[index] ?? null;
        if (value === null || type === 'real' || type === 'boolean' || type === 'timestamp') continue;
        const literal: string =
          typeof value === 'string'
            ? `'${value.replaceAll("'", "''").replaceAll('\0', "' || chr(0) || '")}'`
            : String(value);
        const equal: number = rows.filter((row) => row[index] === value).length;
        const [[found]] = (await answer(reader, `SELECT count(*) FROM '${path}' WHERE "${name}" = ${literal}`)) as [
          [bigint],
        ];
        assert.equal(Number(found), equal, `${name} = ${literal}`);
      }
    }),
    { numRuns: 30 },
  );
});

/** A row group of each list, one column of a type. */
async function statisticsOf(type: Typed['type'], groups: readonly (readonly Cell[])[], words: readonly string[] = []) {
  const column = [{ name: 'a', type }];
  const bytes = encoded(
    parquetEncoding(column, {}),
    groups.map((values) =>
      rowsOf(
        column,
        values.map((value) => [value]),
        words,
      ),
    ),
  );
  const path = writeBytes(work, 'statistics.parquet', bytes);
  return answer(
    reader,
    `SELECT stats_min_value, stats_max_value, stats_null_count FROM parquet_metadata('${path}') ORDER BY row_group_id`,
  );
}

const none = (nulls: bigint) => [null, null, nulls];

test('bounds stand in all row groups of a file or in none', async () => {
  assert.deepEqual(await statisticsOf('string', [['b', 'a', null], ['c']]), [
    ['a', 'b', 1n],
    ['c', 'c', 0n],
  ]);
  assert.deepEqual(
    await statisticsOf('string', [
      ['b', 'a'],
      ['c', 'd'.repeat(65)],
    ]),
    [none(0n), none(0n)],
  );
  assert.deepEqual(await statisticsOf('string', [['b', 'a'], [null]]), [none(0n), none(1n)]);
  assert.deepEqual(await statisticsOf('string', [['x'.repeat(4 * 1024 * 1024), 'a']]), [none(0n)]);
  assert.deepEqual(await statisticsOf('long', [[3n, -5n, null], [2n ** 62n]]), [
    ['-5', '3', 1n],
    [String(2n ** 62n), String(2n ** 62n), 0n],
  ]);
  assert.deepEqual(await statisticsOf('long', [[3n], [null, null]]), [none(0n), none(2n)]);
});

test('bounds of text are in the order of bytes, and of a dictionary those of its entries', async () => {
  assert.deepEqual(await statisticsOf('string', [['é', 'z', '\u{10000}', '\uffee']]), [['z', '\u{10000}', 0n]]);
  assert.deepEqual(await statisticsOf('string', [['not', 'not', null]], ['a']), [['not', 'not', 1n]]);
});

test('doubles and JSON have no bounds', async () => {
  assert.deepEqual(await statisticsOf('real', [[1, Number.NaN, null], [2]]), [none(1n), none(0n)]);
  assert.deepEqual(await statisticsOf('dynamic', [['{}']]), [none(0n)]);
  assert.deepEqual(await statisticsOf('boolean', [[true, null]]), [none(1n)]);
});

test('NaN, infinities and -0 keep their bits', async () => {
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 5e-324];
  const column: Typed[] = [{ name: 'a', type: 'real' }];
  const bytes = encoded(parquetEncoding(column, {}), [
    rowsOf(
      column,
      values.map((value) => [value]),
    ),
  ]);
  const found = await cellsIn(reader, writeBytes(work, 'real.parquet', bytes), column);
  assert.deepEqual(
    found,
    values.map((value) => [value]),
  );
});

test('types, metadata and compression', async () => {
  const bytes = encoded(parquetEncoding(columns, { insights_lake_schema: '1', é: 'ü' }), [
    rowsOf(columns, [[0n, 'a', 'b', '{}', 1n, 2n, 3, true]], dictionary),
    rowsOf(columns, [columns.map(() => null)], dictionary),
  ]);
  const path = writeBytes(work, 'types.parquet', bytes);
  const described = await answer(reader, `SELECT column_name, column_type FROM (DESCRIBE FROM '${path}')`);
  const types = ['TIMESTAMP WITH TIME ZONE', 'VARCHAR', 'VARCHAR', 'VARCHAR', 'BIGINT', 'BIGINT', 'DOUBLE', 'BOOLEAN'];
  assert.deepEqual(
    described,
    columns.map(({ name }, index) => [name, types[index]]),
  );
  const facts = await answer(reader, `SELECT decode(key), decode(value) FROM parquet_kv_metadata('${path}')`);
  assert.deepEqual(facts, [
    ['insights_lake_schema', '1'],
    ['é', 'ü'],
  ]);
  const codecs = await answer(reader, `SELECT DISTINCT compression FROM parquet_metadata('${path}')`);
  assert.deepEqual(codecs, [['ZSTD']]);
  const repeated = await answer(
    reader,
    `SELECT DISTINCT repetition_type FROM parquet_schema('${path}') WHERE num_children IS NULL`,
  );
  assert.deepEqual(repeated, [['OPTIONAL']]);
});

test('without rows', async () => {
  for (const groups of [[], [rowsOf(columns, [])]]) {
    const path = writeBytes(work, 'empty.parquet', encoded(parquetEncoding(columns, {}), groups));
    assert.deepEqual(await cellsIn(reader, path, columns), []);
  }
});

test('a file that lacks rows is not ended', () => {
  const encoding = parquetEncoding(columns, {});
  for (const _piece of encoding.rows(rowsOf(columns, [[0n, 'a', 'b', '{}', 1n, 2n, 3, true]]))) break;
  assert.throws(() => encoding.end(1), /0 of 1 rows/);
});

test('long texts have pages of their own; a dictionary longer than its values is not written', async () => {
  const column: Typed[] = [{ name: 'a', type: 'string' }];
  const long = Array.from({ length: 9 }, (_, n) => [n % 3 === 0 ? null : String(n).repeat(600_000)]);
  const path = writeBytes(work, 'long.parquet', encoded(parquetEncoding(column, {}), [rowsOf(column, long, ['a'])]));
  assert.deepEqual(await cellsIn(reader, path, column), long);
  const encodings = await answer(reader, `SELECT encodings FROM parquet_metadata('${path}')`);
  assert.deepEqual(encodings, [['RLE, PLAIN']]);
});

test('a dictionary of many entries, in runs and without', async () => {
  const column: Typed[] = [{ name: 'a', type: 'string' }];
  const rows = Array.from({ length: 30_000 }, (_, n) => [n % 1000 < 300 ? 'run' : `entry ${(n * 7919) % 5000}`]);
  const path = writeBytes(work, 'many.parquet', encoded(parquetEncoding(column, {}), [rowsOf(column, rows, ['a'])]));
  assert.deepEqual(await cellsIn(reader, path, column), rows);
  const encodings = await answer(reader, `SELECT encodings FROM parquet_metadata('${path}')`);
  assert.match(String(encodings), /RLE_DICTIONARY/);
});
