import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { secret } from '../../shared/config/secret.ts';
import { wordless } from '../../shared/engine/draft.ts';
import { createEngine, type EngineSettings, engineDefaults } from '../../shared/engine/engine.ts';
import type { AnswerColumn, Chunk, Format, Layout, Output, Shaping } from '../../shared/model.ts';
import { type AllShapeSettings, shapesOf } from '../../shared/signals/shape-settings.ts';
import {
  chunkOf,
  type Decoded,
  decode,
  hour,
  jsonLines,
  parquetOutput,
  query,
  windowOf,
  workFolder,
} from './chunks.ts';

const KEY = 'a key of this test';
const hmac = (text: string) => createHmac('sha256', KEY).update(text).digest('hex');
const shaping = (settings: AllShapeSettings): Shaping => ({ signals: shapesOf(settings), key: secret(KEY) });
const time = new Date(hour).toISOString();

interface World {
  readonly layout: Layout;
  readonly chunk: (work: string) => Chunk;
}

const names = [
  'timestamp',
  'name',
  'url',
  'user_Id',
  'client_IP',
  'duration',
  'success',
  'customDimensions',
  'customMeasurements',
  'TenantId',
];
const columns: readonly AnswerColumn[] = names.map((name) => ({ name, type: 'string' }));

/** The same three requests from every source. */
const worlds: readonly World[] = [
  {
    layout: 'continuous',
    chunk: (work) =>
      chunkOf(
        work,
        jsonLines(
          [1, 2, 3].map((n) => ({
            request: [
              { name: `name ${n}`, url: `url ${n}`, success: true, durationMetric: { value: 12_345, count: 1 } },
            ],
            context: {
              data: { eventTime: time },
              user: { anonId: `user ${n}` },
              location: { clientip: `ip ${n}`, continent: 'Europe' },
              custom: {
                dimensions: [{ 'tenant id': `tenant ${n}`, 'a/b': '7' }],
                metrics: [{ x: { value: n, count: 1 } }],
              },
            },
            TenantId: 'T',
          })),
        ),
      ),
  },
  ...(['diagnostics', 'dataExport'] as const).map(
    (layout): World => ({
      layout,
      chunk: (work) =>
        chunkOf(
          work,
          jsonLines(
            [1, 2, 3].map((n) => ({
              ...{
                time,
                TimeGenerated: time,
                Type: 'AppRequests',
                Name: `name ${n}`,
                Url: `url ${n}`,
                UserId: `user ${n}`,
              },
              ...{ ClientIP: `ip ${n}`, DurationMs: 1.2345, Success: true, TenantId: 'T' },
              ...{ Properties: { 'tenant id': `tenant ${n}`, 'a/b': '7' }, Measurements: JSON.stringify({ x: n }) },
            })),
          ),
          { layout },
        ),
    }),
  ),
  {
    layout: 'query',
    chunk: (work) =>
      chunkOf(
        work,
        jsonLines(
          [1, 2, 3].map((n) => [
            ...[time, `name ${n}`, `url ${n}`, `user ${n}`, `ip ${n}`, 1.2345, 'True'],
            ...[JSON.stringify({ 'tenant id': `tenant ${n}`, 'a/b': '7' }), `{"x":${n}}`, 'T'],
          ]),
        ),
        { layout: 'query', columns },
      ),
  },
];

async function shaped(
  { layout, chunk }: World,
  settings: AllShapeSettings,
  more: Partial<EngineSettings> = {},
): Promise<Decoded> {
  return decode(windowOf('requests', layout), (work) => [chunk(work)], { shaping: shaping(settings), ...more });
}

for (const world of worlds) {
  test(`${world.layout}: columns dropped, hashed, renamed, promoted; rows, dimensions, extra`, async () => {
    const { rows, counts } = await shaped(world, {
      '*': {
        drop: ['user_AccountId', 'client_IP', 'severityLevel'],
        hash: ['user_Id', 'timestamp', 'duration', 'success', 'session_Id'],
      },
      requests: {
        rename: { name: 'title', user_Id: 'who' },
        where: `name != 'name 2' // not this one`,
        promote: [
          { from: 'customDimensions.tenant id', as: 'tenant', type: 'string' },
          { from: 'customDimensions.a/b', as: 'ab', type: 'integer' },
          { from: 'customDimensions.tenant id', as: 'misfit', type: 'integer' },
          { from: 'customMeasurements.x', as: 'x', type: 'real' },
          { from: 'extra.TenantId', as: 'workspace', type: 'string' },
        ],
        dimensions: { deny: ['Tenant ID'] },
        extra: { deny: ['tenantid'] },
      },
    });
    assert.equal(rows.length, 2);
    assert.deepEqual(counts, { read: 3, written: 2, deduplicated: 0, quarantined: 0, filtered: 1 });
    for (const [index, n] of [1, 3].entries()) {
      const row = rows.toSorted((a, b) => String(a.title).localeCompare(String(b.title)))[index];
      assert.equal(row?.title, `name ${n}`);
      assert.equal(row?.who, hmac(`user ${n}`));
      assert.equal(row?.duration, hmac('1.2345'));
      assert.equal(row?.success, hmac('true'));
      assert.equal(row?.session_Id, null);
      assert.equal(row?.tenant, `tenant ${n}`);
      assert.deepEqual([row?.ab, row?.misfit, row?.x, row?.workspace], [7, null, n, 'T']);
      assert.deepEqual(JSON.parse(String(row?.customDimensions)), { 'a/b': '7' });
      assert.ok(!('client_IP' in (row ?? {})) && !('name' in (row ?? {})) && !('user_AccountId' in (row ?? {})));
      assert.ok(!/TenantId|ip \d|user \d/.test(JSON.stringify(row)), JSON.stringify(row));
    }
  });

  test(`${world.layout}: only allowed dimensions and paths of extra stay`, async () => {
    const settings = {
      requests: {
        dimensions: { allow: ['a/b', 'none'] },
        extra: { allow: ['TenantId', 'context.location', 'context.location.x'] },
      },
    };
    const { rows } = await shaped(world, settings);
    assert.deepEqual(JSON.parse(String(rows[0]?.customDimensions)), { 'a/b': '7' });
    const left = { continuous: { context: { location: { continent: 'Europe' } }, TenantId: 'T' } };
    assert.deepEqual(
      JSON.parse(String(rows[0]?.extra)),
      world.layout === 'continuous' ? left.continuous : { TenantId: 'T' },
    );
    const none = await shaped(world, { requests: { extra: { allow: [] }, dimensions: { allow: [] } } });
    assert.deepEqual([none.rows[0]?.extra, none.rows[0]?.customDimensions], [null, null]);
  });

  for (const format of ['parquet', 'ndjson', 'csv'] satisfies Format[]) {
    test(`${world.layout}: the shaped columns in ${format}, the empty file too`, async () => {
      const output: Output = { ...parquetOutput, format };
      const settings: AllShapeSettings = {
        requests: { drop: ['timestamp', 'url'], hash: ['user_Id'], rename: { name: 'title' } },
      };
      const work = await filesOf(world, settings, output);
      const text = work.map((file) => readFileSync(file, 'utf8')).join('');
      if (format === 'csv') assert.match(text, /^id,source,title,success,/);
      if (format !== 'parquet')
        assert.ok(text.includes(hmac('user 3')) && text.includes('name 3') && !/url \d|user \d/.test(text), text);
      if (format !== 'parquet') return;
      const [row] = await query(`SELECT * FROM read_parquet('${work[0]}') WHERE title = 'name 3'`);
      assert.equal(row?.user_Id, hmac('user 3'));
      assert.ok(!('timestamp' in (row ?? {})) && !('url' in (row ?? {})));
    });
  }
}

async function filesOf(
  { layout, chunk }: World,
  settings: AllShapeSettings,
  output: Output,
): Promise<readonly string[]> {
  const files: string[] = [];
  await decodeRaw(windowOf('requests', layout), chunk, { shaping: shaping(settings), output }, files);
  return files;
}

async function decodeRaw(
  window: ReturnType<typeof windowOf>,
  chunk: (work: string) => Chunk,
  settings: Partial<EngineSettings>,
  files: string[],
): Promise<void> {
  const work = workFolder();
  const draft = await createEngine({ ...engineDefaults, output: parquetOutput, ...settings }).begin(window, work, 1);
  try {
    const drafts = [...(await draft.add(chunk(work))), ...(await draft.finish())];
    files.push(...drafts.flatMap(({ content }) => content.files));
  } finally {
    await draft.close();
  }
}

test('the mark of the settings stands in the metadata, and nothing where nothing is shaped', async () => {
  const [world] = worlds;
  assert.ok(world);
  const markOf = async (settings: AllShapeSettings) => {
    const { files } = await shaped(world, settings).catch(() => ({ files: [] }));
    const path = files[0]?.content.files[0];
    const [found] = await query(
      `SELECT value::VARCHAR AS mark FROM parquet_kv_metadata('${path}') WHERE key::VARCHAR = 'insights_lake_shape'`,
    );
    return found?.mark;
  };
  const first = await markOf({ requests: { hash: ['user_Id'] } });
  assert.match(String(first), /^[0-9a-f]{16}$/);
  assert.equal(await markOf({ '*': { hash: ['user_Id'] } }), first);
  assert.notEqual(await markOf({ requests: { hash: ['user_AuthenticatedId'] } }), first);
  assert.equal(await markOf({}), undefined);
});

test('a condition keeps what is true, whatever columns it asks about', async () => {
  const promote = [{ from: 'customDimensions.tenant id', as: 'tenant', type: 'string' as const }];
  const where = `name has '1' or (tenant endswith '3' and toint(customDimensions['a/b']) == 7 and success)
    and tolong(customMeasurements.x) >= 2 and duration > 1.2 and isnull(itemCount) and resultCode != '1'
    and timestamp between (datetime(${time}) .. 1tick) and extra.TenantId == 'T' // and nothing else`;
  for (const world of worlds) {
    const { rows, counts } = await shaped(world, { requests: { where, promote } });
    assert.deepEqual(rows.map(({ name }) => name).toSorted(), ['name 1', 'name 3'], world.layout);
    assert.equal(counts.filtered, 1);
  }
});

test('errors of the engine quote no records', () => {
  const json = wordless(new SyntaxError('Unexpected token s, "secret" is not valid JSON'), 'shop requests');
  assert.ok(json instanceof Error && json.cause === undefined);
  assert.match(json.message, /^shop requests: SyntaxError in the engine/);
  assert.ok(!json.message.includes('secret') && !String(json.stack).includes('secret'));
  const disk = new Error('IO Error: No space left on device');
  assert.equal(wordless(disk, 'x'), disk);
});

test('long values lose their hidden fields as short ones do', async () => {
  const long = 'y'.repeat(400_000);
  const record = {
    ...{ Type: 'AppRequests', TimeGenerated: time, ClientIP: 'secret-ip', Success: 'neither', Name: 'n' },
    ...{ Properties: { email: 'secret-mail', tenant: 'T', big: long, n: '9007199254740993' }, Undocumented: long },
  };
  const line = JSON.stringify(record).replace('"9007199254740993"', '9007199254740993');
  const { rows } = await decode(
    windowOf('requests', 'dataExport'),
    (work) => [chunkOf(work, `${line}\n`, { layout: 'dataExport' })],
    {
      shaping: shaping({
        '*': { drop: ['client_IP'], dimensions: { deny: ['email'] } },
        requests: { promote: [{ from: 'customDimensions.email', as: 'mail', type: 'string' }], hash: ['mail'] },
      }),
    },
  );
  const text = JSON.stringify(rows);
  assert.ok(!text.includes('secret-') && text.includes(long), text.slice(0, 2000));
  assert.equal(rows[0]?.mail, hmac('secret-mail'));
  assert.match(String(rows[0]?.customDimensions).replace(long, ''), /9007199254740993/);
  assert.match(String(rows[0]?.extra), /"Success":"neither"/);
});

test('records of other signals are shaped as theirs, and what lies with them is held back too', async () => {
  const records = [
    { request: [{ name: 'r' }], message: [{ raw: 'secret' }], context: { data: { eventTime: time } } },
    { message: [{ raw: 'secret', loggerName: 'l' }], context: { data: { eventTime: time } } },
  ];
  const { rows, files } = await decode(windowOf('requests'), (work) => [chunkOf(work, jsonLines(records))], {
    shaping: shaping({ traces: { drop: ['message'] } }),
  });
  assert.deepEqual(files.map(({ signal }) => signal).toSorted(), ['requests', 'traces']);
  assert.ok(!JSON.stringify(rows).includes('secret'));
});

test('a promoted field is hashed where the settings say so, although a column of its name is dropped', async () => {
  const [world] = worlds;
  assert.ok(world);
  const promote = [{ from: 'customDimensions.tenant id', as: 'user_Id', type: 'string' } as const];
  const { rows } = await shaped(world, { '*': { drop: ['user_Id'] }, requests: { promote, hash: ['user_Id'] } });
  assert.deepEqual(rows.map(({ user_Id }) => user_Id).toSorted(), [1, 2, 3].map((n) => hmac(`tenant ${n}`)).toSorted());
  assert.ok(!/tenant \d|user \d/.test(JSON.stringify(rows)), JSON.stringify(rows));
});

test('fields that nobody knows are not told of what is left out', async () => {
  const line = JSON.stringify({ Type: 'AppRequests', TimeGenerated: time, Name: 'n', 'mail@example.com': 1 });
  const told = async (shape: AllShapeSettings) => {
    const work = workFolder();
    const draft = await createEngine({ ...engineDefaults, output: parquetOutput, shaping: shaping(shape) }).begin(
      windowOf('requests'),
      work,
      1,
    );
    await draft.add(chunkOf(work, line, { layout: 'dataExport' }));
    await draft.close();
    return draft.drift?.map(({ path }) => path);
  };
  assert.deepEqual(await told({}), ['mail@example.com']);
  for (const shape of [
    { drop: ['extra'] },
    { hash: ['extra'] },
    { extra: { allow: ['x'] } },
    { extra: { deny: ['Mail@Example.com'] } },
  ])
    assert.deepEqual(await told({ requests: shape }), [], JSON.stringify(shape));
});

test('records without an id: all stay, or those that are the same to the letter are one', async () => {
  const line = JSON.stringify({ Type: 'AppRequests', TimeGenerated: time, Name: 'n' });
  const other = JSON.stringify({ Type: 'AppRequests', TimeGenerated: time, Name: 'm' });
  const text = `${line}\r\n${other}\n${line}\n`;
  const run = (dedupe: 'id' | 'record') =>
    decode(
      windowOf('requests', 'dataExport'),
      (work) => [
        chunkOf(work, text, { layout: 'dataExport' }),
        chunkOf(work, `{"x":1}\n${line}\n`, { layout: 'dataExport' }),
      ],
      { dedupe },
    );
  assert.deepEqual((await run('id')).counts, { read: 4, written: 4, deduplicated: 0, quarantined: 1 });
  const { rows, counts } = await run('record');
  assert.deepEqual(counts, { read: 4, written: 2, deduplicated: 2, quarantined: 1 });
  assert.deepEqual(rows.map(({ name }) => name).toSorted(), ['m', 'n']);
  const classic = JSON.stringify({ request: [{ name: 'a' }, { name: 'a' }], context: {} });
  const kept = await decode(windowOf('requests'), (work) => [chunkOf(work, `${classic}\n${classic}\n`)], {
    dedupe: 'record',
  });
  assert.deepEqual(kept.counts, { read: 4, written: 2, deduplicated: 2, quarantined: 0 });
});

test('what is hidden is in no byte of files or quarantine, whatever the bad lines around it', async () => {
  const good = JSON.stringify({
    Type: 'AppRequests',
    TimeGenerated: time,
    Name: 'n',
    ClientIP: 'secret-1',
    Success: 'odd',
  });
  const lines = [
    good,
    '{"Type":"AppRequests","ClientIP":"secret-2',
    '{"Type":"AppTraces2","ClientIP":"secret-3"}',
    'secret-4',
    '[secret-5]',
  ];
  for (const format of ['parquet', 'ndjson', 'csv'] as const) {
    const files: string[] = [];
    const settings = {
      shaping: shaping({ '*': { drop: ['client_IP'] } }),
      output: { ...parquetOutput, format },
      keepBytesInQuarantine: false,
    };
    const chunk = (work: string) => chunkOf(work, lines.join('\n'), { layout: 'dataExport' });
    await decodeRaw(windowOf('requests', 'dataExport'), chunk, settings, files);
    assert.equal(files.length, 2);
    for (const file of files) assert.ok(!readFileSync(file).includes('secret-'), file);
  }
});
