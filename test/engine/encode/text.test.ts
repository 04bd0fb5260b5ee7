import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import { putDecimal } from '../../../shared/engine/encode/text/digits.ts';
import { csv, json } from '../../../shared/engine/encode/text/line.ts';
import { jsonReal, plainReal } from '../../../shared/engine/encode/text/real.ts';
import { csvHead, textEncoding } from '../../../shared/engine/encode/text/text.ts';
import { timeText } from '../../../shared/engine/encode/text/time.ts';
import { Sink } from '../../../shared/engine/sink.ts';
import fc from '../../seeds.ts';
import { answer, encoded, openReader } from './duckdb.ts';
import { lineRows, linesOf } from './lines.ts';
import { type Cell, rowsOf, type Typed } from './rows.ts';

let reader: DuckDBConnection;
before(async () => {
  reader = await openReader();
});
after(() => reader.closeSync());

const columns: readonly Typed[] = [
  { name: 'time', type: 'timestamp' },
  { name: 'few', type: 'string' },
  { name: 'flag', type: 'boolean' },
  { name: 'others', type: 'string' },
  { name: 'text', type: 'string' },
  { name: 'json', type: 'dynamic' },
  { name: 'whole', type: 'integer' },
  { name: 'long', type: 'long' },
];
const types = ['BIGINT', 'VARCHAR', 'BOOLEAN', 'VARCHAR', 'VARCHAR', 'VARCHAR', 'BIGINT', 'BIGINT'];

const signs = [...'aé"\',\n\r\t#;|\\ \u0001\u0000\u007f\u2028\u{1f600}\ufeff=', 'NULL', 'null'];
const text = fc.array(fc.constantFrom(...signs), { maxLength: 12 }).map((parts) => parts.join(''));
const cells: fc.Arbitrary<Cell[]> = fc.tuple(
  fc.option(fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n })),
  fc.option(fc.constantFrom('', 'a', ' b', '"')),
  fc.option(fc.boolean()),
  fc.option(text),
  fc.option(text),
  fc.option(fc.json({ maxDepth: 2, stringUnit: 'grapheme' })),
  fc.option(fc.bigInt({ min: -9n, max: 9n })),
  fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
);

const literal = (value: Cell): string =>
  typeof value === 'string' ? `'${value.replaceAll("'", "''").replaceAll('\0', "' || chr(0) || '")}'` : `${value}`;

/** The rows as a relation of DuckDB, and what its own functions make of each column. */
async function spelled(
  rows: readonly Cell[][],
  spell: (name: string, type: Typed['type']) => string,
): Promise<string[]> {
  const values = rows.map(
    (row, index) => `(${index}, ${row.map((cell, at) => `(${literal(cell)})::${types[at]}`).join(', ')})`,
  );
  const relation = `(VALUES ${values.join(', ')}) found(i, ${columns.map(({ name }) => `"${name}"`).join(', ')})`;
  const list = columns.map(({ name, type }) => spell(`"${name}"`, type));
  const found = await answer(reader, `SELECT concat(${list.join(`, ',', `)}) FROM ${relation} ORDER BY i`);
  return found.map(([line]) => String(line));
}

const iso = (name: string): string => `strftime(make_timestamp(${name}), '%Y-%m-%dT%H:%M:%S.%fZ')`;

test('lines of JSON are as DuckDB spells them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(cells, { minLength: 10, maxLength: 60 }), async (rows) => {
      const lines = await spelled(rows, (name, type) => {
        const value = type === 'timestamp' ? `to_json(${iso(name)})` : type === 'dynamic' ? name : `to_json(${name})`;
        return `'${JSON.stringify(name.slice(1, -1))}:' || coalesce(${value}::VARCHAR, 'null')`;
      });
      assert.equal(linesOf(columns, rows, json), lines.map((line) => `{${line}}\n`).join(''));
    }),
    { numRuns: 30 },
  );
});

test('CSV is as DuckDB writes it; besides, text that begins or ends with a blank is quoted', async () => {
  const special = (name: string) =>
    `${['"', ',', '\n', '\r', '#'].map((sign) => `contains(${name}, '${sign}')`).join(' OR ')} OR ${name} = ''
     OR regexp_matches(${name}, '^[ \\t]|[ \\t]$')`;
  await fc.assert(
    fc.asyncProperty(fc.array(cells, { minLength: 10, maxLength: 60 }), async (rows) => {
      const lines = await spelled(rows, (name, type) => {
        if (type === 'timestamp') return `coalesce(${iso(name)}, '')`;
        if (type !== 'string' && type !== 'dynamic') return `coalesce(${name}::VARCHAR, '')`;
        return (
          `coalesce(CASE WHEN ${special(name)} THEN '"' || replace(${name}, '"', '""') || '"' ELSE ${name} END, ` +
          "'')"
        );
      });
      assert.equal(linesOf(columns, rows, csv), lines.map((line) => `${line}\n`).join(''));
    }),
    { numRuns: 30 },
  );
});

test('doubles are spelled as DuckDB spells them', async () => {
  const known = [
    0, -0, 1, 1e15, 1e16, 123_456_789_012_345_680, 1e20, 1e21, 1e-4, 1e-5, 1.5e-7, 5e-324, 1e100, 12_345.678,
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 50 }), async (more) => {
      const values = [...known, ...more];
      const list = values.map((value, index) => `(${index}, '${Object.is(value, -0) ? '-0' : value}'::DOUBLE)`);
      const found = await answer(
        reader,
        `SELECT x::VARCHAR, to_json(x)::VARCHAR FROM (VALUES ${list.join(', ')}) v(i, x) ORDER BY i`,
      );
      assert.deepEqual(
        found,
        values.map((value) => [plainReal(value), jsonReal(value)]),
      );
    }),
    { numRuns: 40 },
  );
});

test('a double of four decimals at most is written as it is spelled, and no other', () => {
  const decimal = fc.tuple(fc.integer({ min: -(10 ** 14), max: 10 ** 14 }), fc.integer({ min: 0, max: 9 }));
  const known = [0, -0, 1, 100, 0.1, 0.5, 1e-4, 1e-5, 25.0835, 2 ** 31 - 1, 2 ** 31 - 1e-4, 2 ** 31, Number.NaN, 1 / 0];
  const check = (value: number) => {
    const sink = new Sink(1);
    if (!putDecimal(sink, value)) assert.equal(sink.length, 0, String(value));
    else for (const spell of [jsonReal, plainReal]) assert.equal(Buffer.from(sink.written()).toString(), spell(value));
    return sink.length > 0;
  };
  assert.deepEqual(
    known.map(check),
    known.map((value) =>
      [0, 1, 100, 0.1, 0.5, 1e-4, 25.0835, 2 ** 31 - 1, 2 ** 31 - 1e-4].some((one) => Object.is(one, value)),
    ),
  );
  fc.assert(fc.property(decimal, ([whole, places]) => void check(whole / 10 ** places)));
  fc.assert(fc.property(fc.double(), (value) => void check(value)));
});

test('JSON knows no NaN and no infinity: they are strings', () => {
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  assert.deepEqual(values.map(jsonReal), ['"NaN"', '"Infinity"', '"-Infinity"']);
  assert.deepEqual(values.map(plainReal), ['NaN', 'Infinity', '-Infinity']);
});

test('times have exactly six digits, in years from 1 to 9999', () => {
  const table: readonly (readonly [micros: bigint, text: string])[] = [
    [0n, '1970-01-01T00:00:00.000000Z'],
    [-1n, '1969-12-31T23:59:59.999999Z'],
    [-62_135_596_800_000_000n, '0001-01-01T00:00:00.000000Z'],
    [253_402_300_799_999_999n, '9999-12-31T23:59:59.999999Z'],
    [1_709_251_199_000_001n, '2024-02-29T23:59:59.000001Z'],
  ];
  for (const [micros, expected] of table) assert.equal(timeText(micros), expected);
});

test('long cells, and more rows than a piece holds', () => {
  const column: Typed[] = [
    { name: 'few', type: 'string' },
    { name: 'text', type: 'string' },
  ];
  const rows = Array.from({ length: 40 }, (_, n) => [n % 2 === 0 ? 'x'.repeat(5000) : null, `${n}"\n`.repeat(40_000)]);
  const lines = linesOf(column, rows, json).match(/.*\n/g) ?? [];
  assert.deepEqual(
    lines.map((line) => Object.values(JSON.parse(line))),
    rows,
  );
  const groups = [lineRows(...lines.slice(0, 30)), lineRows(...lines.slice(30))];
  assert.ok(encoded(textEncoding(Buffer.from('head\n')), groups).equals(Buffer.from(`head\n${lines.join('')}`)));
  // What is packed is packed by the piece: one that is spoilt takes its own lines with it and no others.
  const pieces = Array.from(textEncoding().rows(lineRows(...lines)), (piece) => Buffer.from(piece).toString());
  assert.ok(pieces.length > 5 && pieces.every((piece) => piece.endsWith('}\n')));
});

test('what are no lines does not get into a file of lines, nor does a file end that lacks some', () => {
  const dictionary = rowsOf([{ name: 'line', type: 'string' }], [['a\n']], ['line']);
  assert.throws(() => encoded(textEncoding(), [dictionary]), /rows of dictionary, and no lines/);
  const encoding = textEncoding();
  for (const _ of encoding.rows(lineRows('a\n'))); // one row
  assert.throws(() => encoding.end(2), /1 of 2 rows are in the file/);
});

test('names of columns are quoted where they must be', () => {
  const odd: Typed[] = [
    { name: 'a,b', type: 'string' },
    { name: 'c"d', type: 'string' },
  ];
  assert.equal(Buffer.from(csvHead(odd)).toString(), '"a,b","c""d"\n');
  assert.equal(linesOf(odd, [['x', null]], json), '{"a,b":"x","c\\"d":null}\n');
});
