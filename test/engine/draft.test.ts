import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createEngine, engineDefaults } from '../../shared/engine/engine.ts';
import type { DraftFile, Output } from '../../shared/model.ts';
import { columnsOf } from '../../shared/signals/columns-of.ts';
import { signals } from '../../shared/signals/tables.ts';
import { chunkOf, decode, hour, jsonLines, parquetOutput, query, windowOf, workFolder } from './chunks.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const request = (id: string, time: number | string = hour, own: object = {}): object => ({
  request: [{ id, ...own }],
  internal: { data: { id } },
  context: { data: { eventTime: typeof time === 'number' ? new Date(time).toISOString() : time } },
});

const ids = (rows: readonly Readonly<Record<string, unknown>>[]): unknown[] => rows.map(({ id }) => id).toSorted();
const partitionsOf = (files: readonly DraftFile[]): unknown[] =>
  files.map(({ signal, partition, part, rows }) => [signal, partition, part, rows]);

test('records with one id and element are one, within a chunk and across; without an id all stay', async () => {
  const twice = { ...request('a'), request: [{ id: 'a0' }, { id: 'a1' }] };
  const nameless = { request: [{ id: 'n' }], context: {} };
  const { rows, counts } = await decode(windowOf('requests'), (work) => [
    chunkOf(work, jsonLines([twice, request('b'), twice, nameless])),
    chunkOf(work, jsonLines([request('b'), nameless, request('c'), twice])),
  ]);
  assert.deepEqual(ids(rows), ['a0', 'a1', 'b', 'c', 'n', 'n']);
  assert.deepEqual(counts, { read: 11, written: 6, deduplicated: 5, quarantined: 0 });
});

test('what was seen long ago lies on disk, and is found there', async () => {
  const idsOf = (from: number, count: number) => Array.from({ length: count }, (_, n) => request(`r${from + n}`));
  const nameless = { request: [{ id: 'n' }], context: {} };
  const { rows, counts } = await decode(windowOf('requests'), (work) =>
    [
      [0, 7],
      [7, 7],
      [12, 9],
      [0, 3],
      [0, 21],
    ].map(([from = 0, count = 0]) => chunkOf(work, jsonLines([...idsOf(from, count), nameless]))),
  );
  const expected = Array.from({ length: 21 }, (_, n) => `r${n}`);
  assert.deepEqual(ids(rows), [...expected, ...Array(5).fill('n')].toSorted());
  assert.deepEqual([counts.written, counts.deduplicated], [21 + 5, 7 + 7 + 9 + 3 + 21 - 21]);
});

test('rows of a query are one only when every cell is the same', async () => {
  const columns = ['timestamp', 'name', 'itemId'].map((name) => ({ name, type: 'string' }));
  const time = '2026-11-21T03:00:00Z';
  const cells = [
    ...[
      [time, 'a', 'i'],
      [time, 'a', 'i'],
      [time, 'b', 'i'],
    ],
    ...[
      [time, 'c', ''],
      [time, 'c', ''],
      [time, 'c', null],
    ],
  ];
  const { rows, counts } = await decode(windowOf('requests', 'query'), (work) => [
    chunkOf(work, jsonLines(cells), { layout: 'query', columns }),
  ]);
  assert.deepEqual(rows.map(({ name }) => name).toSorted(), ['a', 'b', 'c', 'c', 'c']);
  assert.deepEqual(counts, { read: 6, written: 5, deduplicated: 1, quarantined: 0 });
});

test('two answers of a window have no row in common: only rows of one answer are compared', async () => {
  const columns = ['timestamp', 'name', 'itemId'].map((name) => ({ name, type: 'string' }));
  const row = ['2026-11-21T03:00:00Z', 'a', 'i'];
  const { counts } = await decode(windowOf('requests', 'query'), (work) => {
    const chunk = chunkOf(work, jsonLines([row, row]), { layout: 'query', columns });
    return [chunk, { ...chunk, answer: 'open' }, { ...chunk, answer: 'whole' }, chunk];
  });
  assert.deepEqual(counts, { read: 8, written: 3, deduplicated: 5, quarantined: 0 });
});

test('a row goes to the hour of its time; implausible and missing ones to the window, their time kept', async () => {
  const times = [
    hour,
    hour + HOUR - 1,
    hour - HOUR,
    hour - 31 * DAY,
    hour - 31 * DAY - 1,
    hour + HOUR + 2 * DAY - 1,
    hour + HOUR + 2 * DAY,
  ];
  const records = [
    ...times.map((time, index) => request(String(index), time)),
    request('8', 'no time'),
    request('9', '0001-01-01T00:00:00Z'),
  ];
  const { files, rows } = await decode(windowOf('requests'), (work) => [chunkOf(work, jsonLines(records))]);
  assert.deepEqual(partitionsOf(files), [
    ['requests', hour - 31 * DAY, 1, 1],
    ['requests', hour - HOUR, 1, 1],
    ['requests', hour, 1, 6],
    ['requests', hour + 2 * DAY, 1, 1],
  ]);
  assert.equal(
    rows.find(({ id }) => id === '4')?.timestamp,
    new Date(hour - 31 * DAY - 1).toISOString().replace('Z', '000'),
  );
  assert.equal(rows.find(({ id }) => id === '8')?.timestamp, null);
});

test('partitions of a day', async () => {
  const records = [request('a', hour - 4 * HOUR), request('b', hour), request('c', hour + 10 * HOUR)];
  const output: Output = { ...parquetOutput, partition: 'day' };
  const { files } = await decode(windowOf('requests'), (work) => [chunkOf(work, jsonLines(records))], { output });
  const day = Math.floor(hour / DAY) * DAY;
  assert.deepEqual(partitionsOf(files), [
    ['requests', day - DAY, 1, 1],
    ['requests', day, 1, 2],
  ]);
});

test('files beyond the size are numbered, pieces are put together up to it', async () => {
  const chunk = (work: string, n: number) =>
    chunkOf(work, jsonLines([request(`${n}`, hour + n), request(`${n}b`, hour + n)]));
  const bytes = jsonLines([request('1'), request('1b')]).length;
  const settings = { partBytes: bytes * 3 };
  const { files, rows } = await decode(
    windowOf('requests'),
    (work) => [1, 2, 3, 4, 5, 6, 7].map((n) => chunk(work, n)),
    settings,
  );
  assert.deepEqual(partitionsOf(files), [
    ['requests', hour, 1, 6],
    ['requests', hour, 2, 6],
    ['requests', hour, 3, 2],
  ]);
  assert.equal(new Set(ids(rows)).size, 14);
  assert.ok(files.every(({ content }) => content.files.length === 1));
});

test('the largest partitions leave early when the disk would get too full', async () => {
  const many = Array.from({ length: 40 }, (_, n) => request(`x${n}`, hour + n));
  const { files, counts } = await decode(
    windowOf('requests'),
    (work) => [
      chunkOf(work, jsonLines([...many, request('late', hour - HOUR)])),
      chunkOf(work, jsonLines([request('y')])),
    ],
    { stageBytes: 8000, partBytes: 4000, groupBytes: 1 },
  );
  assert.deepEqual(partitionsOf(files), [
    ['requests', hour, 1, 40],
    ['requests', hour - HOUR, 1, 1],
    ['requests', hour, 2, 1],
  ]);
  assert.equal(counts.written, 42);
});

test('a record of another signal is decoded under its own', async () => {
  const event = {
    event: [{ name: 'e' }],
    internal: { data: { id: 'i' } },
    context: { data: { eventTime: '2026-11-21T03:00:00Z' } },
  };
  const { files, rows, quarantine } = await decode(
    windowOf('requests'),
    (work) => [chunkOf(work, jsonLines([request('a'), event]))],
    {},
  );
  assert.deepEqual(partitionsOf(files).toSorted(), [
    ['customEvents', hour, 1, 1],
    ['requests', hour, 1, 1],
  ]);
  assert.deepEqual(rows.map(({ itemType }) => itemType).toSorted(), ['customEvent', 'request']);
  assert.deepEqual(quarantine, []);
});

test('what cannot be read goes to quarantine with place and reason, its neighbours land', async () => {
  const good = (id: string) => JSON.stringify(request(id));
  const bad: readonly (readonly [line: string | Buffer, reason: RegExp])[] = [
    ['{"request":[{"id":"cut', /cut|JSON/],
    ['not json at all', /JSON/],
    [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /UTF-8/],
    ['{"request":[]}', /no element/],
    ['{"request":["text"]}', /no element/],
    ['{"unknown":[{}]}', /no known signal/],
    ['17', /no known signal|not a record/],
  ];
  const lines = bad.flatMap(([line], index) => [
    Buffer.from(`${good(`g${index}`)}\n`),
    Buffer.from(line),
    Buffer.from('\n'),
  ]);
  const content = Buffer.concat([...lines, Buffer.from(good('last'))]);
  for (const settings of [{}, {}]) {
    const { rows, quarantine, counts } = await decode(
      windowOf('requests'),
      (work) => [chunkOf(work, content, { offset: 1000 })],
      settings,
    );
    assert.deepEqual(ids(rows), [...bad.map((_, index) => `g${index}`), 'last'].toSorted());
    assert.equal(counts.quarantined, bad.length);
    for (const [line, reason] of bad) {
      const offset = 1000 + content.indexOf(line);
      const entry = quarantine.find((each) => each.offset === offset);
      assert.match(String(entry?.reason), reason);
      const bytes = Buffer.from(String(entry?.bytes), entry?.encoding === 'base64' ? 'base64' : 'utf8');
      assert.deepEqual([entry?.blob, entry?.length, bytes], ['a.blob', Buffer.from(line).length, Buffer.from(line)]);
      assert.equal(entry?.window, '20261121T0300Z_20261121T0400Z');
    }
  }
});

test('quarantine without bytes', async () => {
  const { quarantine } = await decode(windowOf('requests'), (work) => [chunkOf(work, 'secret\n')], {
    keepBytesInQuarantine: false,
  });
  assert.deepEqual(
    quarantine.map((entry) => Object.keys(entry)),
    [['window', 'blob', 'offset', 'length', 'reason']],
  );
});

test('frames: byte order mark, CRLF, blank lines, wrapped, run together, pretty, a control byte', async () => {
  const [a, b] = [request('a'), request('b')];
  const frames = [
    `\ufeff${jsonLines([a, b])}`,
    jsonLines([a, b]).replaceAll('\n', '\r\n'),
    `\n\n${jsonLines([a])}  \n\t\n${JSON.stringify(b)}`,
    JSON.stringify({ records: [a, b] }),
    JSON.stringify([a, b], null, 2),
    `${JSON.stringify(a, null, 2)} ${JSON.stringify(b, null, 2)}`,
    `${JSON.stringify(a)}\r${JSON.stringify(b)}`,
    `${JSON.stringify(a)}${JSON.stringify(b)}`,
  ];
  for (const frame of frames) {
    const { rows, quarantine } = await decode(windowOf('requests'), (work) => [chunkOf(work, frame)], {});
    assert.deepEqual([ids(rows), quarantine], [['a', 'b'], []], frame.slice(0, 60));
  }
  const { rows, quarantine } = await decode(
    windowOf('requests'),
    (work) => [chunkOf(work, `${jsonLines([a])}{"x":1}\u0001{}\n${jsonLines([b])}`)],
    {},
  );
  assert.deepEqual([ids(rows), quarantine.length], [['a', 'b'], 1]);
});

test('NUL and half a surrogate pair in strings land', async () => {
  const records = [request('a', hour, { name: 'x\u0000y' }), request('b', hour, { name: 'x\ud800y' })];
  const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  const { rows, quarantine } = await decode(windowOf('requests'), (work) => [chunkOf(work, lines)], {});
  assert.deepEqual(rows.map(({ name }) => name).toSorted(), ['x\u0000y', 'x\ufffdy']);
  assert.deepEqual(quarantine, []);
});

test('a line longer than DuckDB is given at once, in every place where text can be long', async () => {
  const text = (what: string) => `${what} "quoted" \\ ü `.repeat(40_000);
  const record = {
    request: [
      {
        id: 'long',
        name: text('name'),
        other: { deep: text('deep') },
        stack: Array.from({ length: 20_000 }, (_, level) => ({ level })),
      },
    ],
    internal: { data: { id: 'long' } },
    context: {
      data: { eventTime: '2026-11-21T03:00:00Z' },
      custom: { dimensions: [{ d: text('dimension') }, { e: 'short' }] },
    },
  };
  const { rows } = await decode(windowOf('requests'), (work) => [
    chunkOf(work, jsonLines([request('a'), record, request('b')])),
  ]);
  assert.deepEqual(ids(rows), ['a', 'b', 'long']);
  const row = rows.find(({ id }) => id === 'long');
  assert.equal(row?.name, text('name'));
  assert.deepEqual(JSON.parse(String(row?.customDimensions)), { d: text('dimension'), e: 'short' });
  assert.deepEqual(JSON.parse(String(row?.extra)), {
    request: { other: { deep: text('deep') }, stack: record.request[0]?.stack },
  });
  const dynamic = { k: text('k') };
  const columns = ['id', 'name', 'customDimensions', 'customMeasurements'].map((name) => ({ name, type: 'string' }));
  const cells = ['q', text('name'), JSON.stringify(dynamic), dynamic];
  const answer = await decode(windowOf('requests', 'query'), (work) => [
    chunkOf(work, jsonLines([cells]), { layout: 'query', columns }),
  ]);
  assert.equal(answer.rows[0]?.name, text('name'));
  assert.deepEqual(JSON.parse(String(answer.rows[0]?.customDimensions)), dynamic);
  assert.deepEqual(JSON.parse(String(answer.rows[0]?.customMeasurements)), dynamic);
});

test('a row of an answer that cannot be read is set aside', async () => {
  const columns = [{ name: 'id', type: 'string' }];
  for (const line of ['["a"', '["a","b"]', '{"id":"a"}']) {
    const { rows, quarantine, counts } = await decode(windowOf('requests', 'query'), (work) => [
      chunkOf(work, `["ok"]\n${line}\n["too"]\n`, { layout: 'query', columns }),
    ]);
    assert.deepEqual(ids(rows), ['ok', 'too']);
    assert.deepEqual(
      quarantine.map(({ offset, bytes }) => [offset, bytes]),
      [[7, line]],
    );
    assert.deepEqual(counts, { read: 2, written: 2, deduplicated: 0, quarantined: 1 });
  }
});

test('Parquet: real types, metadata; an empty file has the same schema', async () => {
  const engine = createEngine({ ...engineDefaults, output: parquetOutput });
  const types = {
    timestamp: 'TIMESTAMP WITH TIME ZONE',
    string: 'VARCHAR',
    integer: 'BIGINT',
    long: 'BIGINT',
    real: 'DOUBLE',
    boolean: 'BOOLEAN',
    dynamic: 'VARCHAR',
  };
  const { files } = await decode(windowOf('requests'), (work) => [chunkOf(work, jsonLines([request('a')]))]);
  const path = files[0]?.content.files[0];
  const metadata = await query(
    `SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata('${path}')`,
  ).catch(() => []);
  assert.deepEqual(Object.fromEntries(metadata.map(({ key, value }) => [key, value])), {
    insights_lake_schema: '2',
    insights_lake_signal: 'requests',
    insights_lake_app: 'shop',
    insights_lake_source: 'continuous',
    insights_lake_window: '20261121T0300Z_20261121T0400Z',
    insights_lake_revision: '1',
  });
  const work = workFolder();
  const { writeFileSync } = await import('node:fs');
  for (const signal of signals) {
    const empty = `${work}/${signal}.parquet`;
    writeFileSync(empty, await engine.emptyFile(signal));
    for (const file of signal === 'requests' ? [empty, path] : [empty]) {
      const described = await query(`DESCRIBE SELECT * FROM read_parquet('${file}')`);
      assert.deepEqual(
        described.map((column) => [column.column_name, column.column_type]),
        columnsOf(signal).map(({ name, type }) => [name, types[type]]),
      );
    }
    assert.deepEqual(await query(`SELECT count(*) AS n FROM read_parquet('${empty}')`), [{ n: '0' }]);
  }
});

const odd = {
  metric: [{ name: 'm "x", y', value: 'NaN', min: '-Infinity', max: 1e21, count: 2 }],
  internal: { data: { id: 'i' } },
  context: {
    data: { eventTime: '2026-11-21T03:00:00.1Z' },
    custom: { dimensions: [{ d: 'a\nb' }] },
    operation: { name: '' },
  },
};

const textOf = (files: readonly DraftFile[], gzip: boolean): string => {
  const bytes = Buffer.concat(files.flatMap(({ content }) => content.files.map((path) => readFileSync(path))));
  assert.equal(
    bytes.length,
    files.reduce((sum, { content }) => sum + content.bytes, 0),
  );
  return (gzip ? gunzipSync(bytes) : bytes).toString('utf8');
};

async function textDraft(output: Output): Promise<string> {
  const work = workFolder();
  const draft = await createEngine({ ...engineDefaults, output }).begin(windowOf('customMetrics'), work, 1);
  try {
    for (const id of ['i', 'j']) await draft.add(chunkOf(work, jsonLines([{ ...odd, internal: { data: { id } } }])));
    const files = await draft.finish();
    assert.deepEqual(partitionsOf(files), [['customMetrics', hour, 1, 2]]);
    return textOf(files, output.gzip);
  } finally {
    await draft.close();
  }
}

for (const gzip of [false, true]) {
  test(`NDJSON${gzip ? ', gzip' : ''}: every column, real JSON in dynamic ones, microseconds`, async () => {
    const text = await textDraft({ ...parquetOutput, format: 'ndjson', gzip });
    const none = 'null';
    const line = (id: string) =>
      `${[
        '{"timestamp":"2026-11-21T03:00:00.100000Z","name":"m \\"x\\", ' +
          'y","value":"NaN","valueCount":2,"valueSum":"NaN","valueMin":"-Infinity"',
        '"valueMax":1e21,"valueStdDev":null,"itemType":"customMetric",' +
          '"customDimensions":{"d":"a\\nb"},"operation_Name":""',
        ...[
          'operation_Id',
          'operation_ParentId',
          'operation_SyntheticSource',
          'session_Id',
          'user_Id',
          'user_AuthenticatedId',
        ].map((name) => `"${name}":${none}`),
        ...[
          'user_AccountId',
          'application_Version',
          'client_Type',
          'client_Model',
          'client_OS',
          'client_IP',
          'client_City',
        ].map((name) => `"${name}":${none}`),
        ...[
          'client_StateOrProvince',
          'client_CountryOrRegion',
          'client_Browser',
          'cloud_RoleName',
          'cloud_RoleInstance',
        ].map((name) => `"${name}":${none}`),
        ...['appId', 'appName', 'iKey', 'sdkVersion'].map((name) => `"${name}":${none}`),
        `"itemId":"${id}","itemCount":2,"extra":null,"exportWindow":"20261121T0300Z_20261121T0400Z"}`,
      ].join(',')}\n`;
    assert.equal(text, line('i') + line('j'));
  });

  test(`CSV${gzip ? ', gzip' : ''}: one header, quotes where needed, empty and missing told apart`, async () => {
    const text = await textDraft({ ...parquetOutput, format: 'csv', gzip });
    const header = columnsOf('customMetrics')
      .map(({ name }) => name)
      .join(',');
    const line = (id: string) =>
      `2026-11-21T03:00:00.100000Z,"m ""x"", ` +
      `y",NaN,2,NaN,-Infinity,1e+21,,customMetric,"{""d"":""a\\nb""}","",` +
      `${','.repeat(22)}${id},2,,20261121T0300Z_20261121T0400Z\n`;
    assert.equal(text, `${header}\n${line('i')}${line('j')}`);
  });
}

test('empty text files', async () => {
  const nothing = async (output: Output) =>
    Buffer.from(await createEngine({ ...engineDefaults, output }).emptyFile('traces'));
  const header = `${columnsOf('traces')
    .map(({ name }) => name)
    .join(',')}\n`;
  assert.equal((await nothing({ ...parquetOutput, format: 'ndjson' })).toString(), '');
  assert.equal(gunzipSync(await nothing({ ...parquetOutput, format: 'ndjson', gzip: true })).toString(), '');
  assert.equal((await nothing({ ...parquetOutput, format: 'csv' })).toString(), header);
  assert.equal(gunzipSync(await nothing({ ...parquetOutput, format: 'csv', gzip: true })).toString(), header);
  assert.equal((await createEngine({ ...engineDefaults, output: parquetOutput }).emptyFile('quarantine')).length, 0);
});
