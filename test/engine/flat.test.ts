import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Signal } from '../../shared/model.ts';
import { chunkOf, decode, jsonLines, windowOf } from './chunks.ts';

const corpus = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../corpus/diagnostic-settings', name), 'utf8');

async function rowsOf(signal: Signal, layout: 'diagnostics' | 'dataExport', content: string) {
  const { rows, quarantine } = await decode(
    windowOf(signal, layout),
    (work) => [chunkOf(work, content, { layout })],
    {},
  );
  assert.deepEqual(quarantine, []);
  return rows;
}

test('diagnostic settings: wrapped, pretty records with their values', async () => {
  const requests = await rowsOf('requests', 'diagnostics', corpus('otel/app-requests.json'));
  const {
    timestamp,
    itemType,
    resultCode,
    success,
    duration,
    itemCount,
    appId,
    iKey,
    sdkVersion,
    customDimensions,
    extra,
  } = requests[0] ?? {};
  assert.deepEqual(
    [timestamp, itemType, resultCode, success, duration, itemCount],
    ['2023-04-18T09:03:00.000000', 'request', '0', true, 15.0645, 1],
  );
  assert.deepEqual(
    [appId, iKey, sdkVersion],
    ['5a8ae607-2224-40e4-9e47-619dbde5daac', 'c47d7352-9205-4563-89e5-0248646bcddc', 'azurefunctions: 4.1041.200.1'],
  );
  assert.equal(JSON.parse(String(customDimensions))['{OriginalFormat}'].startsWith('Result'), true);
  assert.deepEqual(Object.keys(JSON.parse(String(extra))), ['resourceId', '_BilledSize']);
  const availability = await rowsOf('availabilityResults', 'diagnostics', corpus('otel/app-availability-results.json'));
  assert.deepEqual(
    [availability[0]?.success, availability[0]?.duration, availability[0]?.location],
    [false, 42, 'West US'],
  );
  const dependencies = await rowsOf('dependencies', 'diagnostics', corpus('dtpath/AppDependencies.json'));
  assert.deepEqual(
    [dependencies[0]?.type, dependencies[0]?.target, dependencies[0]?.duration],
    ['HTTP', 'receivecontext.azurewebsites.net', 86.8516],
  );
});

test('data export: TimeGenerated, Properties as text, another case of the type, another table', async () => {
  const records = [
    {
      TimeGenerated: '2026-11-21T03:00:00.1234567Z',
      Type: 'AppTraces',
      Message: 'm',
      SeverityLevel: 2,
      Properties: '{"a":"b"}',
      _ItemId: 'i',
    },
    { TimeGenerated: '2026-11-21T03:00:01Z', type: 'APPTRACES', Message: '{}', Properties: 'plain', Measurements: {} },
    { TimeGenerated: '2026-11-21T03:00:02Z', Type: 'AppEvents', Name: 'e', time: 'kept' },
  ];
  const rows = await rowsOf('traces', 'dataExport', jsonLines(records));
  assert.deepEqual(
    rows.map(({ itemType, message, name, severityLevel, customDimensions, itemId, extra }) => [
      itemType,
      message ?? name,
      severityLevel,
      customDimensions,
      itemId,
      extra,
    ]),
    [
      ['trace', 'm', 2, '{"a":"b"}', 'i', null],
      ['trace', '{}', null, '"plain"', null, '{"type":"APPTRACES"}'],
      ['customEvent', 'e', undefined, null, null, '{"time":"kept"}'],
    ],
  );
});

test('a value that does not fit, or a key twice, keeps the record whole', async () => {
  const lines = ['{"Type":"AppTraces","SeverityLevel":"high"}', '{"Type":"AppTraces","Message":"a","Message":"b"}'];
  const rows = await rowsOf('traces', 'diagnostics', `${lines.join('\n')}\n`);
  assert.deepEqual(rows.map(({ extra }) => extra).toSorted(), lines.toSorted());
});

test('a record of no known table goes to quarantine', async () => {
  const lines = jsonLines([
    { time: '2026-11-21T03:00:00Z', Type: 'AppSystemEvents' },
    { Type: 'AppTraces', Message: 'm' },
    { time: 'x' },
  ]);
  const { rows, quarantine } = await decode(
    windowOf('traces', 'diagnostics'),
    (work) => [chunkOf(work, lines, { layout: 'diagnostics' })],
    {},
  );
  assert.deepEqual([rows.length, quarantine.map(({ reason }) => reason)], [1, ['no known signal', 'no known signal']]);
});

/** Spellings that are met in exports beside those of the corpus; each with what must come of it. */
const spellings: readonly (readonly [
  what: string,
  layout: 'diagnostics' | 'dataExport',
  record: object,
  expected: object,
])[] = [
  [
    'a counter has a Category of its own',
    'diagnostics',
    {
      ...{
        time: '2026-11-21T03:10:20.4630000Z',
        Type: 'AppPerformanceCounters',
        Name: 'Private Bytes',
        Category: 'AppRequests',
      },
      ...{ Counter: 'Private Bytes', Instance: '??APP_WIN32_PROC??', Value: 3739648 },
    },
    {
      ...{
        timestamp: '2026-11-21T03:10:20.463000',
        itemType: 'performanceCounter',
        name: 'Private Bytes',
        category: 'AppRequests',
      },
      ...{ counter: 'Private Bytes', instance: '??APP_WIN32_PROC??', value: 3739648, extra: null },
    },
  ],
  [
    'a metric has its sum and no value',
    'diagnostics',
    {
      Type: 'AppMetrics',
      Name: 'HeartbeatState',
      Sum: 6,
      Min: 1,
      Max: 3,
      ItemCount: 3,
      SyntheticSource: 'HeartbeatState',
    },
    {
      value: 6,
      valueSum: 6,
      valueMin: 1,
      valueMax: 3,
      valueCount: 3,
      itemCount: 3,
      operation_SyntheticSource: 'HeartbeatState',
      extra: null,
    },
  ],
  [
    'the chain of an exception as an array',
    'diagnostics',
    { Type: 'AppExceptions', Details: [{ id: '0' }] },
    { details: '[{"id":"0"}]' },
  ],
  [
    'the chain of an exception as text',
    'dataExport',
    { Type: 'AppExceptions', Details: '[{"id":"0"}]' },
    { details: '[{"id":"0"}]' },
  ],
  [
    'timings of a browser',
    'dataExport',
    {
      ...{
        Type: 'AppBrowserTimings',
        NetworkDurationMs: 1,
        SendDurationMs: 2,
        ReceiveDurationMs: 3,
        ProcessingDurationMs: 4,
      },
      TotalDurationMs: 10.5,
    },
    {
      networkDuration: 1,
      sendDuration: 2,
      receiveDuration: 3,
      processingDuration: 4,
      totalDuration: 10.5,
      extra: null,
    },
  ],
  [
    'booleans, numbers and measurements as text',
    'dataExport',
    {
      Type: 'AppAvailabilityResults',
      Success: 'True',
      DurationMs: '12.5',
      Size: 'NaN',
      ItemCount: '3',
      Measurements: '{"m":1.5}',
    },
    { success: true, duration: 12.5, size: 'NaN', itemCount: 3, customMeasurements: '{"m":1.5}', extra: null },
  ],
  [
    'a count with a fraction of nothing, a severity in words',
    'diagnostics',
    { Type: 'AppTraces', ItemCount: 1.0e2, SeverityLevel: 'Warning', Measurements: { m: 1.5 } },
    { itemCount: 100, severityLevel: 2, customMeasurements: '{"m":1.5}' },
  ],
  [
    'null and empty',
    'dataExport',
    { Type: 'AppTraces', Message: '', Properties: null, Measurements: '', SeverityLevel: null },
    { message: '', customDimensions: null, customMeasurements: null, severityLevel: null },
  ],
  [
    'the columns of every workspace table stay in extra',
    'dataExport',
    {
      Type: 'AppTraces',
      TenantId: 't',
      SourceSystem: 'Azure',
      _ResourceId: '/s',
      _BilledSize: 12,
      _IsBillable: 'True',
      _ItemId: 'i',
    },
    {
      itemId: 'i',
      extra: '{"TenantId":"t","SourceSystem":"Azure","_ResourceId":"/s","_BilledSize":12,"_IsBillable":"True"}',
    },
  ],
  ...(
    [
      ['2026-11-21T03:02:34.5678999Z', '2026-11-21T03:02:34.567899'],
      ['2026-11-21T04:02:34.5678999+01:00', '2026-11-21T03:02:34.567899'],
      ['2026-11-21T03:02:34.5678999', '2026-11-21T03:02:34.567899'],
      ['2026-11-21 03:02:34.5Z', '2026-11-21T03:02:34.500000'],
      ['2026-11-21T03:02:34Z', '2026-11-21T03:02:34.000000'],
    ] as const
  ).map(
    ([time, timestamp]) =>
      [
        `the time ${time}`,
        'dataExport',
        { Type: 'AppTraces', TimeGenerated: time },
        { timestamp, extra: null },
      ] as const,
  ),
  ...(['11/21/2026 3:02:34 AM', 1795230154000] as const).map(
    (time) =>
      [
        `the time ${time} is none, and kept`,
        'dataExport',
        { Type: 'AppTraces', TimeGenerated: time },
        { timestamp: null, extra: JSON.stringify({ Type: 'AppTraces', TimeGenerated: time }) },
      ] as const,
  ),
];

test('spellings that are met in exports', async () => {
  for (const [what, layout, record, expected] of spellings) {
    for (const ends of ['\n', '\r\n']) {
      const [row, ...others] = await rowsOf('traces', layout, `${JSON.stringify(record)}${ends}`);
      assert.deepEqual(others, []);
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, row?.[name]])), expected, what);
    }
  }
});

test('wrapped records, many a line, as an event hub hands them on', async () => {
  const lines = [1, 2].map(
    (n) => `{"records": [{ "Type": "AppTraces", "Message": "${n}a"},{ "Type": "AppTraces", "Message": "${n}b"}]}`,
  );
  const rows = await rowsOf('traces', 'diagnostics', lines.join('\r\n'));
  assert.deepEqual(rows.map(({ message }) => message).sort(), ['1a', '1b', '2a', '2b']);
});
