import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Answer, readAnswer } from '../../../shared/source/query/answer.ts';
import { errorText } from '../../../shared/source/query/error-text.ts';
import type { RowsTaker } from '../../../shared/source/query/reply.ts';
import { createHeldRows } from '../../../shared/source/query/survey/held-rows.ts';
import fc from '../../seeds.ts';

const CORPUS = join(import.meta.dirname, '../../corpus/query-api');

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
  /** Of an answer that is complete. */
  readonly content: readonly unknown[];
  /** Lengths of what was taken while it came. */
  readonly taken: readonly number[];
  /** Lengths of the memory in which that came. */
  readonly memory: readonly number[];
}

/** `most`: bytes that are held before they are taken. */
async function read(bytes: Uint8Array, cuts: readonly number[] = [], asked = 'requests', most?: number): Promise<Read> {
  const taken: number[] = [];
  const held = createHeldRows();
  const memory = new Set<ArrayBufferLike>();
  const take: RowsTaker['take'] = async (rows, columns) => {
    memory.add(rows.buffer);
    assert.equal(rows.at(-1), 0x0a, 'whole rows');
    assert.ok(columns.length > 0);
    taken.push(rows.length);
    await held.take(rows, columns);
    rows.fill(0); // the memory belongs to the reader again
  };
  const taker = { take, takeBack: () => assert.fail('who asked takes back') };
  const answer = await readAnswer(cutAt(bytes, cuts), asked, taker, most);
  const complete = answer.fault === undefined && answer.error === undefined;
  if (!complete) assert.equal(answer.rest.length, 0);
  const content = complete ? held.lines(answer.rest).map((line) => JSON.parse(line)) : [];
  return { ...answer, content, taken, memory: [...memory].map(({ byteLength }) => byteLength) };
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
        const answer = await read(bytes, cuts, 'traces', bytes.length % 7 === 0 ? 1 : undefined);
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
  order: fc.shuffledSubarray(['name', 'columns', 'rows', 'tableKind'], { minLength: 4 }),
  first: fc.constantFrom('error', 'tables', 'statistics'),
  error: fc.boolean(),
  bom: fc.boolean(),
  cuts: fc.array(fc.nat(5000), { maxLength: 20 }),
  most: fc.constantFrom(1, 60, undefined),
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
    const table = { name, columns, rows, tableKind: { rows: [[1, ['x']], { tables: null }] } };
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
    const answer = await read(Buffer.from((shape.bom ? '\uFEFF' : '') + text), shape.cuts, 'requests', shape.most);
    const names = ['PrimaryResult', 'requests'];
    const best =
      names.flatMap((name) => document.tables.filter((table) => table.name === name))[0] ?? document.tables[0];
    // Rows of another table are not known to be harmless; such as have no cells say nothing.
    const strange = document.tables.some((table) => table !== best && table.rows.flat().length > 0);
    // A table without columns is no result.
    if (best?.columns.length === 0) return assert.notEqual(answer.fault, undefined);
    // Rows of a table that came before the result were taken already.
    if (answer.fault !== undefined) return assert.ok(strange && answer.taken.length > 0);
    if (strange) assert.notEqual(answer.error, undefined);
    else assert.deepEqual(answer.error, document.error);
    assert.deepEqual(answer.columns, best?.columns);
    assert.equal(answer.rows, best?.rows.length);
    assert.deepEqual(answer.content, answer.error === undefined ? JSON.parse(JSON.stringify(best?.rows)) : []);
  });
  await fc.assert(property, { numRuns: 300 });
});

test('an answer that ends early is never taken for whole', async () => {
  const bytes = await readFile(join(CORPUS, 'datacontract_partial_Requests.json'));
  const whole = bytes.toString('utf8').trimEnd();
  const property = fc.asyncProperty(fc.nat(Buffer.byteLength(whole) - 1), async (length) => {
    const answer = await read(bytes.subarray(0, length));
    assert.deepEqual(answer.content, []);
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
  ['a row that is a text', `{"tables":[${TABLE}["x"]}]}`, 'malformed', /no list/],
  ['missing comma between cells', `{"tables":[${TABLE}[[1 2,"x"]]}]}`, 'malformed', /without a comma/],
  ['missing comma between rows', `{"tables":[${TABLE}[[1,"x"][1,"x"]]}]}`, 'malformed', /no comma/],
  ['trailing comma', `{"tables":[${TABLE}[[1,"x"],]}]}`, 'malformed', /no list/],
  ['a NUL', `{"tables":[${TABLE}[[1,\u0000]]}]}`, 'malformed', /control character/],
  ['a bad column list', '{"tables":[{"columns":[1]}]}', 'malformed', /no object/],
  ['a key without a value', '{"tables":}', 'malformed', /no value/],
];

test('what is no answer', async () => {
  for (const [what, body, kind, reason] of FAULTS) {
    const answer = await read(Buffer.from(body));
    assert.equal(answer.fault?.kind, kind, what);
    assert.match(answer.fault.reason, reason, what);
    assert.deepEqual(answer.content, [], what);
  }
});

const ROWS = '[[1,"x"],[2,"y"]]';
const table = (name: string, columns: string, rows: unknown[][]): string =>
  JSON.stringify({ TableName: name, Columns: columns.split(' ').map((ColumnName) => ({ ColumnName })), Rows: rows });
const STATUS = 'Timestamp Severity SeverityName StatusCode StatusDescription Count RequestId ActivityId';
const COMPLETION =
  'Timestamp ClientRequestId ActivityId Level LevelName StatusCode StatusCodeName EventType EventTypeName Payload';
const status = (severity: number, name: string, code: number, text: string): string =>
  table('Table_2', STATUS, [['2026-11-21T03:00:00Z', severity, name, code, text, 1, 'a', 'b']]);
const wellDone = status(4, 'Info', 0, 'Query completed successfully');
const contents = table('Table_3', 'Ordinal Kind Name Id PrettyName', [[0, 'QueryResult', 'PrimaryResult', 'a', '']]);
const properties = table('Table_1', 'Value', [['{"Visualization":"table"}']]);
const completion = (level: number, name: string, text: string): string =>
  table('QueryCompletionInformation', COMPLETION, [['t', 'a', 'b', level, 'x', 0, name, 4, 'QueryInfo', text]]);
const tooLarge = 'E_QUERY_RESULT_SET_TOO_LARGE (80DA0003)';

/** What stands beside the rows, and what must be found in the error; undefined: it is harmless. */
const BESIDE: readonly (readonly [what: string, body: string, error: RegExp | undefined])[] = [
  ['nothing', `{"tables":[${TABLE}${ROWS}}]}`, undefined],
  [
    'statistics and a picture',
    `{"statistics":{"query":{"x":1}},"render":{"a":1},"tables":[${TABLE}${ROWS}}]}`,
    undefined,
  ],
  [
    'members that are empty',
    `{"Exceptions":[],"more":null,"a":{},"tables":[${TABLE}${ROWS},"b":[]}],"c":""}`,
    undefined,
  ],
  ['four tables, all well', `{"Tables":[${TABLE}${ROWS}},${properties},${wellDone},${contents}]}`, undefined],
  ['completion, all well', `{"Tables":[${TABLE}${ROWS}},${completion(4, 'S_OK (0)', '{}')}]}`, undefined],
  [
    'an error in the third',
    `{"Tables":[${TABLE}${ROWS}},${properties},${status(2, 'Error', -2133196797, tooLarge)},${contents}]}`,
    /TOO_LARGE/,
  ],
  ['a status before the rows', `{"Tables":[${status(2, 'Error', 1, 'no more')},${TABLE}${ROWS}}]}`, /no more/],
  [
    'a warning',
    `{"tables":[${TABLE}${ROWS}},${status(3, 'Warning', 0, 'partial query failure')}]}`,
    /partial query failure/,
  ],
  ['a code beside an Info', `{"tables":[${TABLE}${ROWS}},${status(4, 'Info', -1, 'well')}]}`, /well/],
  [
    'an Info that says it',
    `{"tables":[${TABLE}${ROWS}},${status(4, 'Info', 0, 'result was truncated')}]}`,
    /truncated/,
  ],
  ['completion with an error', `{"tables":[${TABLE}${ROWS}},${completion(2, 'E_FAIL', 'not all')}]}`, /not all/],
  ['one well, one not', `{"tables":[${TABLE}${ROWS}},${wellDone},${status(2, 'Error', 5, 'node lost')}]}`, /node lost/],
  [
    'QueryStatus by its name',
    `{"tables":[${TABLE}${ROWS}},${table('QueryStatus', 'a', [['cut short']])}]}`,
    /cut short/,
  ],
  ['a strange table', `{"tables":[${TABLE}${ROWS}},${table('x', 'a b', [['c', 1]])}]}`, /table x beside the result/],
  [
    'a strange table, long',
    `{"tables":[${TABLE}${ROWS}},${table('x', 'a', Array(9000).fill(['y'.repeat(99)]))}]}`,
    /more than 262144/,
  ],
  ['Exceptions on top, behind', `{"tables":[${TABLE}${ROWS}}],"Exceptions":["${tooLarge}"]}`, /TOO_LARGE/],
  ['exceptions on top, before', `{"exceptions":["limit"],"tables":[${TABLE}${ROWS}}]}`, /limit/],
  ['a member with dots', `{"odata.error":{"code":"x1"},"tables":[${TABLE}${ROWS}}]}`, /x1/],
  ['a member of the table', `{"tables":[${TABLE}${ROWS},"Exceptions":["x2"]}]}`, /x2/],
  ['a flag', `{"isPartial":true,"tables":[${TABLE}${ROWS}}]}`, /ispartial/],
  ['a flag that is off', `{"isPartial":false,"tables":[${TABLE}${ROWS}}]}`, undefined],
  ['a row of exceptions, last', `{"tables":[${TABLE}[[1,"x"],{"Exceptions":["${tooLarge}"]}]}]}`, /TOO_LARGE/],
  ['a row of exceptions, first', `{"tables":[${TABLE}[{"Exceptions":["x3"]},[1,"x"]]}]}`, /x3/],
  ['a row of errors, alone', `{"tables":[${TABLE}[{"OneApiErrors":[{"error":{"code":"x4"}}]}]}]}`, /x4/],
  ['both', `{"error":{"code":"x5"},"tables":[${TABLE}[{"Exceptions":["x6"]}]}]}`, /x5.*x6/],
];

test('whatever is not known to be harmless beside the rows makes an answer no complete one', async () => {
  for (const [what, body, error] of BESIDE) {
    for (const cuts of [[], [1, 40, 41, 90, 200, 333]]) {
      const answer = await read(Buffer.from(body), cuts);
      assert.equal(answer.fault, undefined, what);
      assert.deepEqual(answer.content, error === undefined ? JSON.parse(ROWS) : [], what);
      if (error === undefined) assert.equal(answer.error, undefined, what);
      else assert.match(errorText(200, { error: answer.error }), error, what);
    }
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

test('rows of a long answer are taken while it comes, a row of 20 MB with its neighbours', async () => {
  const rows = [
    ...Array.from({ length: 400 }, (_, i) => [i, 'é"\\'.repeat(33_000)]),
    [400, 'x'.repeat(20_000_000)],
    [401, ''],
  ];
  const text = `{"tables":[${TABLE}${JSON.stringify(rows)}}]}`;
  const cuts = Array.from({ length: 1000 }, (_, n) => n * 100_000);
  const answer = await read(Buffer.from(text), cuts);
  assert.equal(answer.fault, undefined);
  assert.deepEqual(answer.content, rows);
  assert.ok(answer.taken.length >= 12);
  assert.ok(answer.taken.every((bytes) => bytes < 4.3 * 1024 * 1024 || bytes > 20_000_000));
  assert.ok(answer.rest.length < 4.3 * 1024 * 1024);
});

test('of an answer of any length one chunk is in memory', async () => {
  const rows = Array.from({ length: 600 }, (_, i) => [i, 'y'.repeat(100_000)]);
  const text = `{"tables":[${TABLE}${JSON.stringify(rows)}}]}`;
  const cuts = Array.from({ length: 1000 }, (_, n) => n * 60_000);
  const { taken, memory } = await read(Buffer.from(text), cuts);
  assert.ok(taken.length >= 14);
  assert.equal(memory.length, 1, 'the same memory again and again');
  assert.ok(memory.every((bytes) => bytes <= 4.5 * 1024 * 1024));
});

test('rows are taken once their columns are known, of no table that proves to be another', async () => {
  const [first, second] = ['[[1,"x"],[2,"y"]]', '[[3,"z"]]'];
  const columns = '"columns":[{"name":"a"},{"name":"b"}]';
  for (const [what, body, taken, content] of [
    ['in order', `{"tables":[{"name":"x",${columns},"rows":${first}}]}`, 2, JSON.parse(first)],
    ['the name last', `{"tables":[{${columns},"rows":${first},"name":"x"}]}`, 2, JSON.parse(first)],
    ['the columns last', `{"tables":[{"name":"x","rows":${first},${columns}}]}`, 1, JSON.parse(first)],
    [
      'a second one whose name is last',
      `{"tables":[{"name":"PrimaryResult",${columns},"rows":${first}},{"columns":[{"name":"value"}],"rows":[["{}"]],"name":"b"}]}`,
      2,
      JSON.parse(first),
    ],
    ['an error last', `{"tables":[{"name":"x",${columns},"rows":${first}}],"error":{"code":"PartialError"}}`, 2, []],
    [
      'a better one last',
      `{"tables":[{"name":"x","columns":[{"name":"value"}],"rows":[[7]]},{"name":"PrimaryResult",${columns},"rows":${second}}]}`,
      2,
      [],
    ],
  ] as const) {
    // Byte by byte: each row is taken as soon as it is there.
    const cuts = Array.from({ length: body.length }, (_, n) => n);
    const answer = await read(Buffer.from(body), cuts, 'requests', 1);
    assert.equal(answer.taken.length, taken, what);
    assert.deepEqual(answer.content, content, what);
  }
});

test('a failing body and a failing taker fail the reading', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`{"tables":[${TABLE}[[1,"x"]`);
    throw new Error('dropped');
  }
  await assert.rejects(readAnswer(failing(), 'requests', createHeldRows()), /dropped/);
  let ended = false;
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Buffer.from(`{"tables":[${TABLE}[[1,"x"]`);
    } finally {
      ended = true;
    }
  }
  const full = { ...createHeldRows(), take: () => Promise.reject(new Error('full')) };
  await assert.rejects(readAnswer(body(), 'requests', full, 1), /full/);
  assert.ok(ended, 'the body is closed');
});

test('control characters in a string are handed on as JSON spells them, however the answer is cut', async () => {
  const text = `{"tables":[${TABLE}[[1,"x\ny\t\u0000"],[2,"\r\\n\u001f"],[3,"\\\n"]]}]}`;
  for (const cuts of [[], Array.from({ length: text.length }, (_, at) => at)]) {
    const answer = await read(Buffer.from(text), cuts);
    assert.equal(answer.fault, undefined);
    assert.deepEqual(answer.content, [
      [1, 'x\ny\t\0'],
      [2, '\r\n\u001f'],
      [3, '\\u000a'],
    ]);
  }
});
