import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asExportRecord } from '../../local/telemetry/asExportRecord.ts';
import type { Row } from '../../local/telemetry/row.ts';
import { APP_COLUMNS, SIGNALS } from '../../local/telemetry/tables.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import type { Signal } from '../../shared/model.ts';

/**
 * A second reading of Continuous Export, written from reference/export-data-model.md: path of each column below element
 * 0 or `context`.
 */
type Any = { readonly [key: string]: Any | undefined };

const at = (from: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((node, key) => (node as Any | undefined)?.[key], from);

/** `ms:` ticks of one item as milliseconds, `each:` the value of one item, `level:` a severity by name. */
const ELEMENT: Readonly<Record<Signal, readonly [string, Readonly<Record<string, string>>]>> = {
  requests: [
    'request',
    {
      id: 'id',
      name: 'name',
      source: 'source',
      url: 'url',
      resultCode: 'text:responseCode',
      success: 'success',
      duration: 'ms:durationMetric',
    },
  ],
  dependencies: [
    'remoteDependency',
    {
      id: 'id',
      name: 'name',
      target: 'target',
      type: 'type',
      data: 'commandName',
      resultCode: 'resultCode',
      success: 'success',
      duration: 'ms:durationMetric',
    },
  ],
  exceptions: [
    'basicException',
    {
      ...{
        problemId: 'problemId',
        handledAt: 'handledAt',
        type: 'exceptionType',
        message: 'message',
        assembly: 'assembly',
        method: 'method',
      },
      ...{
        outerType: 'outerExceptionType',
        outerMessage: 'outerExceptionMessage',
        outerAssembly: 'outerExceptionThrownAtAssembly',
      },
      ...{
        outerMethod: 'outerExceptionThrownAtMethod',
        innermostType: 'innermostExceptionType',
        innermostMessage: 'innermostExceptionMessage',
      },
      ...{
        innermostAssembly: 'innermostExceptionThrownAtAssembly',
        innermostMethod: 'innermostExceptionThrownAtMethod',
      },
      severityLevel: 'level:severityLevel',
    },
  ],
  traces: ['message', { message: 'raw', severityLevel: 'level:severityLevel' }],
  customEvents: ['event', { name: 'name' }],
  customMetrics: ['metric', {}],
  pageViews: ['view', { id: 'id', name: 'name', url: 'url', duration: 'ms:durationMetric' }],
  browserTimings: [
    'clientPerformance',
    {
      ...{ name: 'name', url: 'url', networkDuration: 'ms:networkConnection', sendDuration: 'ms:sendRequest' },
      ...{ receiveDuration: 'ms:receiveRequest', processingDuration: 'ms:clientProcess', totalDuration: 'ms:total' },
    },
  ],
  availabilityResults: [
    'availability',
    {
      ...{ id: 'testRunId', name: 'testName', location: 'runLocation', message: 'message' },
      ...{ duration: 'ms:durationMetric', size: 'each:dataSizeMetric', success: 'each:availabilityMetric' },
    },
  ],
  performanceCounters: ['performanceCounter', { category: 'categoryName', instance: 'instanceName' }],
};

const CONTEXT: Readonly<Record<string, string>> = {
  timestamp: 'data.eventTime',
  operation_Name: 'operation.name',
  operation_Id: 'operation.id',
  operation_ParentId: 'operation.parentId',
  operation_SyntheticSource: 'data.syntheticSource',
  session_Id: 'session.id',
  user_Id: 'user.anonId',
  user_AuthenticatedId: 'user.authId',
  user_AccountId: 'user.accountId',
  application_Version: 'application.version',
  client_Type: 'device.type',
  client_Model: 'device.deviceModel',
  client_OS: 'device.osVersion',
  client_IP: 'location.clientip',
  client_City: 'location.city',
  client_StateOrProvince: 'location.province',
  client_CountryOrRegion: 'location.country',
  client_Browser: 'device.browserVersion',
  cloud_RoleName: 'device.roleName',
  cloud_RoleInstance: 'device.roleInstance',
};

/** What such records never carried, and what has its own test below. */
const ELSEWHERE = new Set([
  'appId',
  'appName',
  'iKey',
  'sdkVersion',
  'performanceBucket',
  'itemType',
  'details',
  'counter',
  'value',
]);

const LEVELS = ['Verbose', 'Information', 'Warning', 'Error', 'Critical'];

function read(element: unknown, spelled: string): unknown {
  const [path = '', how = ''] = spelled.split(':').toReversed();
  const value = at(element, path);
  const one = () => Number(at(value, 'value')) / Number(at(value, 'count'));
  if (how === 'ms') return one() / 10_000;
  if (how === 'each') return path === 'availabilityMetric' ? one() === 1 : one();
  if (how === 'level') return value === undefined ? null : LEVELS.indexOf(String(value));
  return how === 'text' ? String(value) : value;
}

/** Text of a bag, as the query answers it; null when empty. */
function merged(entries: unknown, of: (value: unknown) => unknown): string | null {
  const all = (entries as Any[])
    .flatMap((entry) => Object.entries(entry))
    .map(([key, value]) => [key, of(value)] as const);
  return all.length === 0 ? null : JSON.stringify(Object.fromEntries(all));
}

function decoded(signal: Signal, text: string): Row {
  const record = JSON.parse(text) as unknown;
  const [array, paths] = ELEMENT[signal];
  const element = at(record, `${array}.0`);
  const own = Object.entries(paths).map(([column, spelled]) => [column, read(element, spelled)]);
  const context = Object.entries(CONTEXT).map(([column, path]) => [column, at(record, `context.${path}`)]);
  const custom = {
    customDimensions: merged(at(record, 'context.custom.dimensions'), (value) => value),
    customMeasurements: merged(
      at(record, 'context.custom.metrics'),
      (value) => Number(at(value, 'value')) / Number(at(value, 'count')),
    ),
  };
  const itemCount = 100 / Number(at(record, 'context.data.samplingRate'));
  return {
    ...Object.fromEntries([...own, ...context]),
    ...custom,
    itemId: at(record, 'internal.data.id'),
    itemCount,
  } as Row;
}

const START = Date.UTC(2026, 10, 21, 12);
const rowsOf = (signal: Signal, perHour = 120): Row[] => [
  ...telemetryRows({ seed: 3, app: 'shop', perHour, signal, start: START, end: START + 12 * 3_600_000 }),
];
const recordOf = (row: Row): unknown => JSON.parse(JSON.stringify(asExportRecord(row)));

describe('a Continuous Export record', () => {
  for (const signal of SIGNALS) {
    it(`says what its row says: ${signal}`, () => {
      const rows = rowsOf(signal);
      assert.ok(rows.length > 20);
      for (const row of rows) {
        const back = decoded(signal, JSON.stringify(asExportRecord(row)));
        for (const { name } of APP_COLUMNS[signal]) {
          const isMetric = signal === 'customMetrics' && (name === 'name' || name.startsWith('value'));
          const isCounter = signal === 'performanceCounters' && name === 'name';
          if (ELSEWHERE.has(name) || isMetric || isCounter) continue;
          // Empty values are left out of the record.
          assert.deepEqual(back[name] ?? (row[name] === '' ? '' : null), row[name], `${signal}.${name}`);
        }
      }
    });
  }

  it('sums what a sampled record stands for', () => {
    const row = rowsOf('requests', 600).find((one) => one.itemCount === 4);
    assert.ok(row);
    const record = recordOf(row);
    const ticks = Math.round(Number(row.duration) * 10_000);
    assert.equal(at(record, 'context.data.samplingRate'), 25);
    assert.equal(at(record, 'request.0.count'), 4);
    assert.deepEqual(at(record, 'request.0.durationMetric'), {
      value: 4 * ticks,
      count: 4,
      min: ticks,
      max: ticks,
      stdDev: 0,
      sampledValue: ticks,
    });
  });

  it('keeps a metric under its name, beside an empty array', () => {
    for (const row of rowsOf('customMetrics')) {
      const record = recordOf(row);
      assert.deepEqual(at(record, 'metric'), []);
      assert.deepEqual(at(record, `context.custom.metrics`), [
        {
          [String(row.name)]: {
            ...{
              value: row.value,
              count: row.valueCount,
              min: row.valueMin,
              max: row.valueMax,
              stdDev: row.valueStdDev,
            },
            ...{ sampledValue: row.value, sum: row.valueSum },
          },
        },
      ]);
    }
  });

  it('keeps a counter under its key', () => {
    const row: Row = {
      ...(rowsOf('performanceCounters')[0] ?? {}),
      category: 'Process',
      counter: '% Processor Time',
      instance: 'w3wp',
      value: 12.5,
    };
    assert.deepEqual(at(recordOf(row), 'performanceCounter'), [
      { percentage_processor_time: { value: 12.5 }, categoryName: 'Process', instanceName: 'w3wp' },
    ]);
    assert.deepEqual(at(recordOf({ ...row, counter: 'Odd' }), 'performanceCounter.0.Invalid Perf Counter Name Odd'), {
      value: 12.5,
    });
  });

  it('represents an exception, followed by its chain', () => {
    const row = rowsOf('exceptions')[0];
    assert.ok(row);
    const elements = at(recordOf(row), 'basicException') as Any[];
    const details = JSON.parse(String(row.details)) as Any[];
    assert.deepEqual(
      elements.map((one) => one.count),
      [row.itemCount, 0, 0],
    );
    assert.deepEqual([elements[0]?.id, elements[0]?.parsedStack], ['Representative', undefined]);
    const own = ({ id, outerId, message, parsedStack }: Any) => ({ id, outerId, message, parsedStack });
    assert.deepEqual(elements.slice(1).map(own), details.map(own));
  });
});
