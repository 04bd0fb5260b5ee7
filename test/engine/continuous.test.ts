import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Signal } from '../../shared/model.ts';
import { chunkOf, decode, jsonLines, windowOf } from './chunks.ts';

type Row = Readonly<Record<string, unknown>>;

const corpus = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../corpus/continuous-export', name), 'utf8');

/** A classic record with one element. */
const recordOf = (element: string, own: object, context: object = {}): object => ({
  [element]: [own],
  internal: { data: { id: 'item-1', documentVersion: '1.61' } },
  context: { data: { eventTime: '2026-11-21T03:10:00Z' }, ...context },
});

async function rowsOf(signal: Signal, ...records: readonly object[]): Promise<readonly Row[]> {
  const { rows, quarantine } = await decode(windowOf(signal), (work) => [chunkOf(work, jsonLines(records))]);
  assert.deepEqual(quarantine, []);
  return rows;
}

const pick = (row: Row | undefined, expected: Row): Row =>
  Object.fromEntries(Object.keys(expected).map((name) => [name, row?.[name]]));

interface Case {
  readonly name: string;
  readonly signal: Signal;
  readonly record: object;
  readonly expected: readonly Row[];
}

const duration = (value: number, count: number) => ({
  value,
  count,
  min: value,
  max: value,
  stdDev: 0,
  sampledValue: value,
});

const cases: readonly Case[] = [
  {
    name: 'a sampled request: the metric is the sum over its items',
    signal: 'requests',
    record: recordOf('request', {
      count: 25,
      durationMetric: { value: 170475, count: 25, min: 6819, max: 6819, sampledValue: 6819 },
    }),
    expected: [{ duration: 0.6819, itemCount: 25, performanceBucket: '<250ms' }],
  },
  {
    name: 'a metric without a count stands for one item',
    signal: 'requests',
    record: recordOf('request', { durationMetric: { value: 10_000_000 } }),
    expected: [{ duration: 1000, performanceBucket: '1sec-3sec', itemCount: null }],
  },
  {
    name: 'without a count the sampling rate says for how many items a record stands',
    signal: 'traces',
    record: { message: [{ raw: 'm' }], context: { data: { samplingRate: 25 } } },
    expected: [{ message: 'm', itemCount: 4, extra: '{"context":{"data":{"samplingRate":25}}}' }],
  },
  {
    name: 'several elements are rows with the same item id',
    signal: 'requests',
    record: { ...recordOf('request', {}), request: [{ id: 'a' }, { id: 'b', urlData: { host: 'h' } }] },
    expected: [
      { id: 'a', itemId: 'item-1', extra: '{"internal":{"data":{"documentVersion":"1.61"}}}' },
      {
        id: 'b',
        itemId: 'item-1',
        extra: '{"request":{"urlData":{"host":"h"}},"internal":{"data":{"documentVersion":"1.61"}}}',
      },
    ],
  },
  {
    name: 'an element that is no array',
    signal: 'requests',
    record: { ...recordOf('request', {}), request: { id: 'a', name: 'GET' } },
    expected: [{ id: 'a', name: 'GET' }],
  },
  {
    name: 'booleans and numbers as text, an empty object for a string, and {} as a string',
    signal: 'requests',
    record: recordOf('request', { success: 'False', count: '4.0', id: {}, name: '{}', url: [], responseCode: 'x' }),
    expected: [{ success: false, itemCount: 4, id: null, name: '{}', url: null, resultCode: 'x' }],
  },
  {
    name: 'a dependency',
    signal: 'dependencies',
    record: recordOf('remoteDependency', {
      ...{
        id: 'd',
        name: 'GET /',
        type: '',
        dependencyTypeName: 'SQL',
        commandName: 'select 1',
        resultCode: '0',
        success: true,
        async: false,
      },
      durationMetric: duration(25_000_000, 1),
      urlData: { host: 'db' },
    }),
    expected: [
      { type: 'SQL', data: 'select 1', target: 'db', duration: 2500, success: true, performanceBucket: '1sec-3sec' },
    ],
  },
  {
    name: 'a trace',
    signal: 'traces',
    record: recordOf('message', { raw: 'hello', severityLevel: 'Informational', loggerName: 'l' }),
    expected: [
      {
        message: 'hello',
        severityLevel: 1,
        itemType: 'trace',
        extra: '{"message":{"loggerName":"l"},"internal":{"data":{"documentVersion":"1.61"}}}',
      },
    ],
  },
  {
    name: 'a page view performance: five timings',
    signal: 'browserTimings',
    record: recordOf('clientPerformance', {
      name: 'Home',
      networkConnection: duration(150_000, 1),
      sendRequest: duration(21_360_000, 1),
      receiveRequest: duration(20_000, 1),
      clientProcess: duration(9_140_000, 1),
      total: duration(86_850_000, 1),
    }),
    expected: [
      {
        networkDuration: 15,
        sendDuration: 2136,
        receiveDuration: 2,
        processingDuration: 914,
        totalDuration: 8685,
        performanceBucket: '7sec-15sec',
      },
    ],
  },
  {
    name: 'an availability result',
    signal: 'availabilityResults',
    record: recordOf('availability', {
      ...{ testRunId: 'r', testName: 't', runLocation: 'West US', result: 'Fail', message: 'no', count: 1 },
      durationMetric: duration(420_000, 1),
      dataSizeMetric: { name: 'size', value: 42 },
      availabilityMetric: { name: 'availability', value: 0 },
    }),
    expected: [
      { id: 'r', name: 't', location: 'West US', success: false, message: 'no', duration: 42, size: 42, itemCount: 1 },
    ],
  },
  {
    name: 'counters: a row per key, known ones by their names',
    signal: 'performanceCounters',
    record: recordOf('performanceCounter', {
      available_bytes: { value: 123.5, count: 1 },
      'Invalid Perf Counter Name % Processor Time Normalized': { value: 0.5 },
      categoryName: 'Memory',
      instanceName: 'w3wp',
    }),
    expected: [
      {
        ...{ name: 'Available Bytes', counter: 'Available Bytes', category: 'Memory', instance: 'w3wp', value: 123.5 },
        extra: '{"performanceCounter":{"available_bytes":{"count":1}},"internal":{"data":{"documentVersion":"1.61"}}}',
      },
      { name: 'Invalid Perf Counter Name % Processor Time Normalized', category: 'Memory', value: 0.5 },
    ],
  },
  {
    name: 'metrics: of context.custom.metrics, and elements that carry one',
    signal: 'customMetrics',
    record: {
      ...recordOf(
        'metric',
        {},
        {
          data: { eventTime: '2026-11-21T03:10:00Z' },
          custom: {
            metrics: [
              { 'Server response time': { value: 6, count: 3, min: 1, max: 3, stdDev: 0.5, sampledValue: 2 } },
              { a: { value: 1, sum: 2, count: 1 }, b: { value: 'NaN' } },
            ],
          },
        },
      ),
      metric: [{}, { name: 'own', value: 5, count: 2 }],
    },
    expected: [
      {
        ...{
          name: 'Server response time',
          value: 6,
          valueCount: 3,
          valueSum: 6,
          valueMin: 1,
          valueMax: 3,
          valueStdDev: 0.5,
          itemCount: 3,
        },
        extra: '{"metric":{"sampledValue":2},"internal":{"data":{"documentVersion":"1.61"}}}',
      },
      { name: 'a', value: 1, valueSum: 2, valueCount: 1 },
      { name: 'b', value: 'NaN', valueCount: null },
      { name: 'own', value: 5, valueCount: 2 },
    ],
  },
  {
    name: 'dimensions: merged; measurements: per item, the originals stay',
    signal: 'customEvents',
    record: recordOf(
      'event',
      { name: 'e' },
      {
        data: { eventTime: '2026-11-21T03:10:00Z' },
        custom: {
          dimensions: [{ 'a.b': '1', '{OriginalFormat}': '{"x":1}' }, {}, { o: { p: 'q' } }],
          metrics: [{ m: { value: 6, count: 3 } }],
        },
      },
    ),
    expected: [
      {
        customDimensions: '{"a.b":"1","{OriginalFormat}":"{\\"x\\":1}","o":{"p":"q"}}',
        customMeasurements: '{"m":2}',
        extra:
          '{"internal":{"data":{"documentVersion":"1.61"}},' +
          '"context":{"custom":{"metrics":[{"m":{"value":6,"count":3}}]}}}',
      },
    ],
  },
];

for (const { name, signal, record, expected } of cases) {
  test(name, async () => {
    const rows = await rowsOf(signal, record);
    assert.equal(rows.length, expected.length);
    const byName = (row: Row) =>
      rows.find((each) => (row.name ? each.name === row.name : row.id ? each.id === row.id : true));
    for (const row of expected) assert.deepEqual(pick(byName(row), row), row);
  });
}

test('a dimension twice: the last value counts, and the record as it was stays', async () => {
  const dimensions = [
    { k: 'one', o: { a: 1 } },
    { k: 'two', o: { b: 2 } },
  ];
  const [row] = await rowsOf('customEvents', recordOf('event', {}, { data: {}, custom: { dimensions } }));
  assert.deepEqual(JSON.parse(String(row?.customDimensions)), { k: 'two', o: { b: 2 } });
  assert.deepEqual(JSON.parse(String(row?.extra)).context.custom.dimensions, dimensions);
});

test('a value that does not fit its column keeps the record whole', async () => {
  const odd: readonly (readonly [own: object, column: string, value: unknown])[] = [
    [{ count: 2.5 }, 'itemCount', null],
    [{ count: '9223372036854775808' }, 'itemCount', null],
    [{ success: 'perhaps' }, 'success', null],
    [{ durationMetric: { value: 'long' } }, 'duration', null],
    [{ durationMetric: 12 }, 'duration', null],
  ];
  for (const [own, column, value] of odd) {
    const record = recordOf('request', { id: 'x', ...own });
    const [row] = await rowsOf('requests', record);
    assert.equal(row?.[column], value);
    assert.deepEqual(JSON.parse(String(row?.extra)), record);
  }
});

test('a key twice keeps the record whole, an object in the place of another as well', async () => {
  const lines = [
    '{"request":[{"id":"a","id":"b"}],"context":{}}',
    '{"request":[{"id":"a"}],"context":{"user":{"anonId":"a","anonId":"b"}}}',
    '{"request":[{"id":"a"}],"context":{"user":{"anonId":"a"},"user":{"anonId":"b"}}}',
    '{"request":[{"id":"a"}],"request":[{"id":"b"}]}',
    '{"request":[{"id":"a"}],"context":{"operation":"b"}}',
    '{"request":[{"id":"a"}],"internal":["b"]}',
  ];
  const { rows } = await decode(windowOf('requests'), (work) => [chunkOf(work, `${lines.join('\n')}\n`)]);
  assert.deepEqual(rows.map(({ extra }) => extra).toSorted(), lines.toSorted());
});

test('event times: 0 to 7 digits, cut to microseconds; others are kept in extra', async () => {
  const times: readonly (readonly [string, string | null])[] = [
    ['2026-11-21T03:10:00Z', '2026-11-21T03:10:00.000000'],
    ['2026-11-21T03:10:00.1Z', '2026-11-21T03:10:00.100000'],
    ['2026-11-21T03:59:59.9999999Z', '2026-11-21T03:59:59.999999'],
    ['2026-11-21T04:10:00.123+01:00', '2026-11-21T03:10:00.123000'],
    ['9999-12-31T23:59:59+00:00', '9999-12-31T23:59:59.000000'],
    ['9999-12-31T23:59:59-01:00', null],
    ['0001-01-01T01:00:00+01:00', '0001-01-01T00:00:00.000000'],
    ['0001-01-01T00:59:59+01:00', null],
    ['2026-11-21T03:10:00-0330', '2026-11-21T06:40:00.000000'],
    ['2026-11-21T03:10:00+330', '2026-11-20T23:40:00.000000'],
    ['2026-11-21T03:10:00+23:59', '2026-11-20T03:11:00.000000'],
    ['2026-11-21T03:10:00+24:00', null],
    ['2026-11-21T03:10:00+01:60', null],
    ['2026-11-21T03:10:00-9999', null],
    ['epoch', null],
    ['11/21/2026 3:10 AM', null],
    ['', null],
  ];
  for (const [time, expected] of times) {
    const [row] = await rowsOf('requests', recordOf('request', {}, { data: { eventTime: time } }));
    assert.equal(row?.timestamp, expected, time);
    if (expected === null) assert.ok(time === '' || String(row?.extra).includes(time), time);
  }
});

test('the exception with its chain', async () => {
  const { rows } = await decode(windowOf('exceptions'), (work) => [
    chunkOf(work, corpus('timiles_AppInsightsExporter__Exception.json')),
  ]);
  assert.equal(rows.length, 1);
  const [row] = rows;
  const expected = {
    problemId: 'System.ApplicationException at SampleWebApp.Controllers.TestErrorController.Index',
    type: 'System.ApplicationException',
    outerMessage: 'Test error',
    innermostMethod: 'SampleWebApp.Controllers.TestErrorController.Index',
    client_OS: 'Windows 8.1',
    client_Browser: 'Chrome 49.0',
    itemCount: 1,
  };
  assert.deepEqual(pick(row, expected), expected);
  const details = JSON.parse(String(row?.details)) as { id: string; outerId: string; parsedStack: unknown[] }[];
  assert.equal(details.length, 1);
  assert.deepEqual([details[0]?.id, details[0]?.outerId, details[0]?.parsedStack.length], ['803548', '0', 17]);
});

test('several representatives are rows, each with its own chain', async () => {
  const basicException = [
    { id: 'Representative', count: 1, exceptionType: 'A' },
    { id: '1', count: 0, exceptionType: 'A1', outerId: '0', message: 'm' },
    { id: 'Representative', count: 1, typeName: 'B', parsedStack: [{ level: 0 }] },
    { id: '2', count: 0, exceptionType: '', note: { kept: true } },
  ];
  const rows = await rowsOf('exceptions', { ...recordOf('basicException', {}), basicException });
  assert.deepEqual(rows.map(({ type, details }) => [type, JSON.parse(String(details))]).toSorted(), [
    ['A', [{ id: '1', count: 0, outerId: '0', message: 'm', type: 'A1' }]],
    [
      'B',
      [
        { id: 'Representative', type: 'B', parsedStack: [{ level: 0 }] },
        { id: '2', count: 0, note: { kept: true } },
      ],
    ],
  ]);
});

test('app and key come from the folder of the export', async () => {
  const blob = 'pre/fabrikam_shop_0123456789abcdef0123456789ABCDEF/Requests/2026-11-21/03/x.blob';
  const { rows } = await decode(windowOf('requests'), (work) => [
    chunkOf(work, jsonLines([recordOf('request', {})]), { blob }),
  ]);
  assert.deepEqual([rows[0]?.appName, rows[0]?.iKey], ['fabrikam_shop', '01234567-89ab-cdef-0123-456789abcdef']);
});

test('the samples of the documentation', async () => {
  const metric = await rowsOf('customMetrics', JSON.parse(corpus('export-data-model_metric_sample.json')) as object);
  const expected = {
    name: 'dispatchRate',
    value: 0.001295,
    valueCount: 1,
    valueSum: 0.001295,
    customDimensions: '{"ProcessId":"4068"}',
  };
  assert.deepEqual(pick(metric[0], expected), expected);
  const timer = await rowsOf('requests', JSON.parse(corpus('faas_timer_request.json')) as object);
  const request = {
    resultCode: '0',
    success: true,
    duration: 247.5921,
    url: null,
    cloud_RoleName: 'azure-service-nodejs',
  };
  assert.deepEqual(pick(timer[0], request), request);
});

test('a metric of several items is their sum or, where only that can be, their average', async () => {
  const table: readonly (readonly [metric: object, milliseconds: number])[] = [
    [{ value: 118, count: 5, min: 100, max: 150 }, 118],
    [{ value: 590, count: 5, min: 100, max: 150 }, 118],
    [{ value: 100, count: 5, min: 100, max: 150 }, 100],
    [{ value: 150, count: 2, min: 100, max: 150 }, 150],
    [{ value: 118, count: 1, min: 100, max: 150 }, 118],
    // Neither fits, or nothing tells: the documentation's sum.
    [{ value: 10, count: 5, min: 100, max: 150 }, 2],
    [{ value: 118, count: 5 }, 23.6],
    // Both fit.
    [{ value: 118, count: 5, min: 1, max: 150 }, 23.6],
  ];
  for (const [metric, milliseconds] of table) {
    const ticks = Object.fromEntries(
      Object.entries(metric).map(([key, value]) => [key, key === 'count' ? value : value * 10_000]),
    );
    const [row] = await rowsOf('requests', recordOf('request', { id: '1', name: 'a', durationMetric: ticks }));
    assert.equal(row?.duration, milliseconds, JSON.stringify(metric));
  }
});
