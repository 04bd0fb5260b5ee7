import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { unknownFields } from '../../../cli/inspect/fields.ts';
import type { Inspection } from '../../../cli/inspect/report.ts';
import { signals, signalTables } from '../../../shared/signals/tables.ts';
import { kindOf, timeOf } from '../../../shared/source/blobs/kinds.ts';
import { sentinelRecord } from '../../engine/sentinels.ts';
import { run } from '../fake.ts';

const base = await mkdtemp(join(tmpdir(), 'insights-inspect-'));
after(() => rm(base, { recursive: true }));
const corpus = join(import.meta.dirname, '../../corpus');

async function put(files: Record<string, string | Uint8Array>): Promise<string> {
  const root = await mkdtemp(join(base, 'a-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
  return root;
}

async function inspected(...paths: string[]): Promise<Inspection & { exitCode: number }> {
  const { out } = await run(['inspect', ...paths, '--json']);
  return JSON.parse(out);
}

const COMPONENT = 'resourceId=/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/SHOP';
const time = 'y=2024/m=03/d=01/h=05/m=00/PT1H.json';
const row = (more: object) =>
  JSON.stringify({ time: '2024-03-01T05:10:00.1234567Z', Type: 'AppRequests', Name: 'GET /', ...more });
const classic = (more: object) => ({
  request: [{ id: 'a', name: 'GET /', durationMetric: { value: 1, count: 1 }, ...more }],
  internal: { data: { id: '1', documentVersion: '1.61' } },
  context: {
    data: { eventTime: '2020-03-01T05:10:00Z', samplingRate: 100 },
    device: { type: 'PC' },
    custom: { dimensions: [{ a: 'b' }] },
  },
});

test('layouts, apps, signals, times, unknown fields and kinds, unreadable lines', async () => {
  const root = await put({
    [`insights-logs-apprequests/${COMPONENT}/${time}`]: [
      row({ NewColumn: 1 }),
      row({ NewColumn: 2, time: '2024-03-01T05:05:00Z' }),
      '{"cut": "sho',
    ].join('\n'),
    [`insights-logs-appsystemevents/${COMPONENT}/${time}`]: `${row({ Type: 'AppSystemEvents' })}\n`,
    'Shop_2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e/Requests/2020-03-01/05/a.blob': `${JSON.stringify(classic({ brandNew: { deep: 1 } }))}\n`,
    'loose.json.gz': gzipSync(`${JSON.stringify(classic({}))}\n`),
  });
  const { files, records, exitCode, ...found } = await inspected(root);
  assert.deepEqual([files, records, exitCode], [4, 5, 0]);
  assert.deepEqual(found.signals, [
    {
      layout: 'continuous',
      app: '',
      signal: 'requests',
      files: 1,
      records: 1,
      first: '2020-03-01T05:10:00.000Z',
      last: '2020-03-01T05:10:00.000Z',
    },
    {
      layout: 'continuous',
      app: 'shop',
      signal: 'requests',
      files: 1,
      records: 1,
      first: '2020-03-01T05:10:00.000Z',
      last: '2020-03-01T05:10:00.000Z',
    },
    {
      layout: 'diagnostics',
      app: 'shop',
      signal: 'requests',
      files: 1,
      records: 2,
      first: '2024-03-01T05:05:00.000Z',
      last: '2024-03-01T05:10:00.123Z',
    },
  ]);
  assert.deepEqual(found.unknownFields, [
    { field: 'NewColumn', signal: 'requests', firstSeen: '2024-03-01T05:05:00.000Z', count: 2 },
    { field: 'request[].brandNew.deep', signal: 'requests', firstSeen: '2020-03-01T05:10:00.000Z', count: 1 },
  ]);
  assert.deepEqual(found.unknownKinds, [{ kind: 'insights-logs-appsystemevents', count: 1 }]);
  const offset = `${row({ NewColumn: 1 })}\n${row({ NewColumn: 2, time: '2024-03-01T05:05:00Z' })}\n`.length;
  assert.deepEqual(found.unreadable, {
    count: 1,
    bytes: 12,
    first: [{ file: 'PT1H.json', offset, length: 12, reason: 'cut short by the end' }],
  });
});

test('the same for people', async () => {
  const root = await put({ 'a.json': `${row({ NewColumn: 1 })}\nnot json\n${row({})}\n` });
  const { code, out } = await run(['inspect', join(root, 'a.json')]);
  assert.equal(code, 0);
  assert.equal(
    out,
    `2 records in 1 file, 175 B
  diagnostics  requests: 2 records in 1 file, 2024-03-01T05:10:00.123Z to 2024-03-01T05:10:00.123Z
fields that nobody knows, kept in extra:
  requests NewColumn: 1, first 2024-03-01T05:10:00.123Z
1 unreadable stretch, 8 B:
  a.json at byte ${row({ NewColumn: 1 }).length + 1}, 8 bytes: not JSON
`,
  );
});

test('the real records of the corpus are all of a kind', async () => {
  const classicOnes = await inspected(join(corpus, 'continuous-export'));
  assert.ok(classicOnes.signals.length >= 3);
  assert.deepEqual(classicOnes.unreadable.first, []);
  const diagnostics = await inspected(
    join(corpus, 'diagnostic-settings/dtpath'),
    join(corpus, 'diagnostic-settings/otel'),
  );
  assert.ok(diagnostics.records > 0);
  for (const { layout } of diagnostics.signals) assert.ok(['diagnostics', 'dataExport'].includes(layout));
});

test('nothing that is a record: exit code 3', async () => {
  const root = await put({ 'a.txt': 'hello' });
  assert.equal((await run(['inspect', root])).code, 3);
  const { code, err } = await run(['inspect', join(root, 'none')]);
  assert.equal(code, 3);
  assert.match(err, /there is no such file or folder/);
});

const record = (text: string): Record<string, unknown> => JSON.parse(text);
const kinds: readonly (readonly [string, object])[] = [
  ['{"request":[],"internal":{},"context":{}}', { layout: 'continuous', signal: 'requests', category: 'request' }],
  ['{"strange":[],"internal":{},"context":{}}', { layout: 'continuous', signal: undefined, category: '' }],
  ['{"time":"x","Type":"AppTraces"}', { layout: 'diagnostics', signal: 'traces', category: 'AppTraces' }],
  [
    '{"TimeGenerated":"x","Type":"appmetrics"}',
    { layout: 'dataExport', signal: 'customMetrics', category: 'appmetrics' },
  ],
  ['{"time":"x","category":"AuditLogs"}', { layout: 'diagnostics', signal: undefined, category: 'AuditLogs' }],
  ['{}', { layout: 'dataExport', signal: undefined, category: '' }],
];
for (const [text, kind] of kinds) test(`the kind of ${text}`, () => assert.deepEqual(kindOf(record(text)), kind));

test('times with seven digits and without a zone are UTC; no time is no time', () => {
  const kind = { layout: 'dataExport', signal: 'traces', category: '' } as const;
  assert.equal(timeOf({ TimeGenerated: '2024-03-01T05:10:00.1234567' }, kind), Date.UTC(2024, 2, 1, 5, 10, 0, 123));
  assert.equal(timeOf({ TimeGenerated: 7 }, kind), undefined);
  assert.equal(timeOf({}, kind), undefined);
});

for (const signal of signals) {
  test(`${signal}: of a record with every documented field those are told that nobody documented`, () => {
    const { element } = signalTables[signal];
    const { record: full, sentinels } = sentinelRecord(element, signal, true);
    const odd = sentinels.filter(({ path }) => path.includes('undocumented')).map(({ path }) => path);
    const told = unknownFields(full, { layout: 'continuous', signal, category: element });
    assert.deepEqual(
      told.filter((path) => !path.endsWith('screenResolution')).toSorted(),
      odd.map((path) => (/^(context|internal)\.|^undocumented$/.test(path) ? path : `${element}[].${path}`)).toSorted(),
    );
  });
}

test('what columns hold, and what every row has, is no unknown field', () => {
  const flat = { layout: 'dataExport', signal: 'requests', category: 'AppRequests' } as const;
  assert.deepEqual(
    unknownFields(
      { TimeGenerated: '', Type: '', Url: '', Properties: { x: 1 }, TenantId: '', _ResourceId: '', Odd: 1 },
      flat,
    ),
    ['Odd'],
  );
  const exception = { layout: 'continuous', signal: 'exceptions', category: 'basicException' } as const;
  const told = {
    basicException: [{ parsedStack: [{ level: 0, method: 'm', odd: 1 }], odd: { deep: [1, 2] }, empty: null }],
    odd: 1,
  };
  assert.deepEqual(unknownFields({ ...told, context: { session: { isFirst: true } } }, exception), [
    'basicException[].parsedStack.odd',
    'basicException[].odd.deep',
    'odd',
  ]);
  const counter = { layout: 'continuous', signal: 'performanceCounters', category: 'performanceCounter' } as const;
  assert.deepEqual(
    unknownFields({ performanceCounter: [{ 'any name': { value: 1 } }], internal: {}, context: {} }, counter),
    [],
  );
});
