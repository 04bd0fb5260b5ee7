import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { type Answer, readAnswer } from '../../../shared/source/query/answer.ts';

const CORPUS = join(import.meta.dirname, '../../corpus/query-api');
let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'answer-'));
});
after(() => rm(folder, { recursive: true }));

async function* cutAt(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts.map((n) => n % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    // A copy with foreign bytes behind it, as a socket's buffer has.
    const piece = Buffer.concat([bytes.subarray(from, cut), Buffer.from('"]')]);
    yield piece.subarray(0, cut - from);
    from = cut;
  }
}

interface Read extends Answer {
  readonly content: readonly unknown[];
}

async function read(bytes: Uint8Array, cuts: readonly number[] = [], asked = 'requests'): Promise<Read> {
  const answer = await readAnswer(cutAt(bytes, cuts), asked, (n) => join(folder, `rows-${n}`));
  const content: unknown[] = [];
  for (const file of answer.files) {
    const text = await readFile(file.path);
    assert.equal(text.length, file.bytes);
    const lines = text.toString('utf8').split('\n');
    assert.equal(lines.pop(), '');
    assert.equal(lines.length, file.lines);
    assert.equal(Math.max(...lines.map((line) => Buffer.byteLength(line))), file.longestLine);
    content.push(...lines.map((line) => JSON.parse(line)));
  }
  assert.deepEqual(
    (await readdir(folder)).sort(),
    answer.files.map((file) => file.path.slice(folder.length + 1)).sort(),
  );
  for (const file of answer.files) await rm(file.path);
  return { ...answer, content };
}

interface Document {
  readonly tables: readonly {
    readonly name: string;
    readonly columns: readonly Record<string, string>[];
    readonly rows: unknown[][];
  }[];
  readonly error?: unknown;
}

describe('recorded answers, however they are cut', async () => {
  for (const name of (await readdir(CORPUS)).filter((file) => file.endsWith('.json'))) {
    test(name, async () => {
      const bytes = await readFile(join(CORPUS, name));
      const document: Document = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''));
      const table = document.tables?.find((t) => t.name === 'traces') ?? document.tables?.[0];
      const property = fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
        const answer = await read(bytes, cuts, 'traces');
        assert.deepEqual(answer.error, document.error);
        if (table === undefined) return assert.equal(answer.fault?.kind, 'noTable');
        assert.equal(answer.fault, undefined);
        assert.deepEqual(answer.columns, table.columns);
        assert.equal(answer.rows, table.rows.length);
        assert.deepEqual(answer.content, document.error === undefined ? table.rows : []);
      });
      await fc.assert(property, { numRuns: 25 });
    });
  }
});

const anyCell = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.jsonValue({ maxDepth: 3 }).filter((value) => !Object.is(value, -0)),
  fc.constantFrom('\\', '"', '\\"', '],[', '}', '\u2028', '\n\r\t', '💥', '\ud800', ''),
);
const anyTable = fc.record({
  name: fc.constantFrom('PrimaryResult', 'requests', 'Table_0', 'other'),
  width: fc.integer({ min: 0, max: 4 }),
  cells: fc.array(anyCell, { maxLength: 24 }),
});
const anyDocument = fc.record({
  tables: fc.array(anyTable, { minLength: 1, maxLength: 4 }),
  space: fc.constantFrom(undefined, 1, '\t', ' \r\n'),
  order: fc.shuffledSubarray(['name', 'columns', 'rows', 'extra'], { minLength: 4 }),
  first: fc.constantFrom('error', 'tables', 'statistics'),
  error: fc.boolean(),
  bom: fc.boolean(),
  cuts: fc.array(fc.nat(5000), { maxLength: 20 }),
});

function documentOf({
  tables,
  order,
  first,
  error,
}: typeof anyDocument extends fc.Arbitrary<infer T> ? T : never): Document {
  const all = tables.map(({ name, width, cells }) => {
    const columns = Array.from({ length: width }, (_, i) => ({ name: `c${i}`, type: 'string' }));
    const rows =
      width === 0
        ? [[]]
        : Array.from({ length: Math.floor(cells.length / width) }, (_, i) => cells.slice(i * width, (i + 1) * width));
    const table = { name, columns, rows, extra: { rows: [[1, ['x']], { tables: null }] } };
    return Object.fromEntries(order.map((key) => [key, table[key as 'name']])) as unknown as Document['tables'][number];
  });
  const document = {
    tables: all,
    statistics: { tables: [{ rows: [[1]] }] },
    ...(error ? { error: { code: 'PartialError', details: [] } } : {}),
  };
  const keys = [first, ...Object.keys(document).filter((key) => key !== first)].filter((key) => key in document);
  return Object.fromEntries(keys.map((key) => [key, document[key as 'tables']])) as unknown as Document;
}

test('any document reads as JSON.parse reads it', async () => {
  const property = fc.asyncProperty(anyDocument, async (shape) => {
    const document = documentOf(shape);
    const text = JSON.stringify(document, null, shape.space);
    const answer = await read(Buffer.from((shape.bom ? '\uFEFF' : '') + text), shape.cuts);
    const names = ['PrimaryResult', 'requests'];
    const best =
      names.flatMap((name) => document.tables.filter((table) => table.name === name))[0] ?? document.tables[0];
    assert.equal(answer.fault, undefined);
    assert.deepEqual(answer.error, document.error);
    assert.deepEqual(answer.columns, best?.columns);
    assert.equal(answer.rows, best?.rows.length);
    assert.deepEqual(answer.content, document.error === undefined ? JSON.parse(JSON.stringify(best?.rows)) : []);
  });
  await fc.assert(property, { numRuns: 300 });
});

test('an answer that ends early is never taken for whole', async () => {
  const bytes = await readFile(join(CORPUS, 'datacontract_partial_Requests.json'));
  const whole = bytes.toString('utf8').trimEnd();
  const property = fc.asyncProperty(fc.nat(Buffer.byteLength(whole) - 1), async (length) => {
    const answer = await read(bytes.subarray(0, length));
    assert.deepEqual(answer.files, []);
    assert.equal(answer.fault?.kind, length === 0 ? 'empty' : 'cut');
  });
  await fc.assert(property, { numRuns: 200 });
});

const TABLE = '{"name":"PrimaryResult","columns":[{"name":"a","type":"int"},{"name":"b","type":"string"}],"rows":';
const FAULTS: readonly (readonly [what: string, body: string, kind: string, reason: RegExp])[] = [
  ['nothing', '', 'empty', /empty/],
  ['only a BOM', '\uFEFF', 'cut', /after 3 bytes/],
  ['HTML', '<!doctype html><p>', 'malformed', /no JSON object, near byte 0/],
  ['a list', '[]', 'malformed', /no JSON object/],
  ['no table', '{"tables":[]}', 'noTable', /without a result table/],
  ['tables null', '{"tables":null}', 'noTable', /without/],
  ['a second document', '{"tables":[]}{}', 'malformed', /behind the end/],
  ['too few cells', `{"tables":[${TABLE}[[1,"x"],[1]]}]}`, 'malformed', /a row of 1 cells behind rows of 2/],
  ['cells without columns', `{"tables":[{"name":"x","rows":[[1]]}]}`, 'malformed', /rows of 1 cells under 0 columns/],
  ['a row that is an object', `{"tables":[${TABLE}[{"Exceptions":["x"]}]}]}`, 'malformed', /no list/],
  ['missing comma between cells', `{"tables":[${TABLE}[[1 2,"x"]]}]}`, 'malformed', /without a comma/],
  ['missing comma between rows', `{"tables":[${TABLE}[[1,"x"][1,"x"]]}]}`, 'malformed', /no comma/],
  ['trailing comma', `{"tables":[${TABLE}[[1,"x"],]}]}`, 'malformed', /no list/],
  ['a raw newline in a string', `{"tables":[${TABLE}[[1,"x\ny"]]}]}`, 'malformed', /control character/],
  ['a NUL', `{"tables":[${TABLE}[[1,\u0000]]}]}`, 'malformed', /control character/],
  ['a bad column list', '{"tables":[{"columns":[1]}]}', 'malformed', /no object/],
  ['a key without a value', '{"tables":}', 'malformed', /no value/],
];

test('what is no answer', async () => {
  for (const [what, body, kind, reason] of FAULTS) {
    const answer = await read(Buffer.from(body));
    assert.equal(answer.fault?.kind, kind, what);
    assert.match(answer.fault.reason, reason, what);
    assert.deepEqual(answer.files, [], what);
  }
});

test('old answers: names of keys in any case, .NET types', async () => {
  const columns = [
    { ColumnName: 'timestamp', DataType: 'DateTime', ColumnType: 'datetime' },
    { ColumnName: 'success', DataType: 'SByte' },
    { ColumnName: 'n', DataType: 'System.Int64' },
    { ColumnName: 'd', DataType: 'System.Data.SqlTypes.SqlDecimal' },
  ];
  const rows = [['2017-01-01T00:00:00Z', 1, 2, '3']];
  const body = {
    Tables: [
      { TableName: 'Table_0', Columns: columns, Rows: rows },
      { TableName: 'Table_1', Columns: [], Rows: [[]] },
    ],
  };
  const answer = await read(Buffer.from(JSON.stringify(body)));
  assert.deepEqual(answer.content, rows);
  assert.deepEqual(
    answer.columns.map((column) => `${column.name}:${column.type}`),
    ['timestamp:datetime', 'success:bool', 'n:long', 'd:decimal'],
  );
});

test('a long answer goes into several files, a row of 20 MB into one', async () => {
  const rows = [
    ...Array.from({ length: 400 }, (_, i) => [i, 'é"\\'.repeat(33_000)]),
    [400, 'x'.repeat(20_000_000)],
    [401, ''],
  ];
  const answer = await read(Buffer.from(`{"tables":[${TABLE}${JSON.stringify(rows)}}]}`), [1, 1e6, 3e7]);
  assert.equal(answer.fault, undefined);
  assert.deepEqual(answer.content, rows);
  assert.ok(answer.files.length >= 3);
  for (const file of answer.files) assert.ok(file.bytes <= 64 * 1024 * 1024);
});

test('a failing body and unusable rows leave nothing behind', async () => {
  // More than is buffered, so that files have been begun.
  const rows = JSON.stringify(Array.from({ length: 1000 }, (_, i) => [i, 'x'.repeat(1000)]));
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`{"tables":[${TABLE}${rows}`);
    assert.equal((await readdir(folder)).length, 1);
    throw new Error('dropped');
  }
  await assert.rejects(
    readAnswer(failing(), 'requests', (n) => join(folder, `rows-${n}`)),
    /dropped/,
  );
  assert.deepEqual(await readdir(folder), []);
  for (const end of ['}],"error":{"code":"PartialError"}}', '}', '}]}}']) {
    const answer = await read(Buffer.from(`{"tables":[${TABLE}${rows}${end}`));
    assert.deepEqual(answer.files, []);
  }
});
