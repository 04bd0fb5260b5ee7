import type { Signal } from '../../shared/model.ts';
import { signalOf } from './asCells.ts';
import type { Cell, Row } from './row.ts';
import { COUNTERS, PLACES } from './shop.ts';

type Json = Readonly<Record<string, unknown>>;

const text = (value: Cell | undefined): string => (value === null || value === undefined ? '' : String(value));
const number = (value: Cell | undefined): number => Number(value ?? 0);

/** Continuous Export leaves out what is empty. */
const filled = (record: Json): Json =>
  Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== '' && value !== null && value !== undefined),
  );

const countOf = (row: Row): number => (row.itemCount === undefined ? 1 : number(row.itemCount));

/** `value` is the sum over the items that a sampled record stands for, each of which is `one`. */
const metric = (one: number, count: number): Json => ({
  value: one * count,
  count,
  min: one,
  max: one,
  stdDev: 0,
  sampledValue: one,
});

/** Milliseconds as ticks of 100 ns. */
const ticks = (ms: Cell | undefined): number => Math.round(number(ms) * 10_000);
const duration = (ms: Cell | undefined, row: Row): Json => metric(ticks(ms), countOf(row));

function urlData(url: Cell | undefined): Json | undefined {
  if (!url || !URL.canParse(text(url))) return undefined;
  const { pathname, host, hash, protocol } = new URL(text(url));
  return { base: pathname, host, hashTag: hash, protocol: protocol.replace(':', '') };
}

const SEVERITIES = ['Verbose', 'Information', 'Warning', 'Error', 'Critical'];
const severity = (row: Row): string | undefined =>
  row.severityLevel === null ? undefined : SEVERITIES[number(row.severityLevel)];

/** The representative, then the chain, which counts nothing. */
function exceptionElements(row: Row): Json[] {
  const chain = JSON.parse(text(row.details) || '[]') as Json[];
  const representative = filled({
    assembly: row.assembly,
    exceptionType: row.type,
    outerExceptionType: row.outerType,
    outerExceptionMessage: row.outerMessage,
    outerExceptionThrownAtMethod: row.outerMethod,
    outerExceptionThrownAtAssembly: row.outerAssembly,
    innermostExceptionType: row.innermostType,
    innermostExceptionMessage: row.innermostMessage,
    innermostExceptionThrownAtMethod: row.innermostMethod,
    innermostExceptionThrownAtAssembly: row.innermostAssembly,
    failedUserCodeMethod: row.method,
    failedUserCodeAssembly: row.assembly,
    exceptionGroup: row.problemId,
    problemId: row.problemId,
    typeName: row.type,
    handledAt: row.handledAt,
    method: row.method,
    severityLevel: severity(row),
  });
  return [
    {
      ...representative,
      id: 'Representative',
      outerId: '',
      message: text(row.message),
      hasFullStack: true,
      count: countOf(row),
    },
    ...chain.map(({ type: _, ...one }) => ({ ...one, assembly: '', hasFullStack: true, exceptionType: '', count: 0 })),
  ];
}

function counterElement(row: Row): Json {
  const known = COUNTERS.find((c) => c.category === row.category && c.counter === row.counter);
  const key = known?.key ?? `Invalid Perf Counter Name ${text(row.counter)}`;
  return { [key]: { value: row.value }, ...filled({ categoryName: row.category, instanceName: row.instance }) };
}

/** Key and elements of the record's one array. */
const ELEMENTS: Readonly<Record<Signal, readonly [string, (row: Row) => readonly Json[]]>> = {
  requests: [
    'request',
    (row) => [
      {
        ...filled({ id: row.id, name: row.name, source: row.source, url: row.url, urlData: urlData(row.url) }),
        ...{
          responseCode: number(row.resultCode),
          success: row.success,
          count: countOf(row),
          durationMetric: duration(row.duration, row),
        },
      },
    ],
  ],
  dependencies: [
    'remoteDependency',
    (row) => [
      {
        ...filled({
          id: row.id,
          name: row.name,
          baseName: row.name,
          commandName: row.data,
          target: row.target,
          resultCode: row.resultCode,
        }),
        ...{ type: row.type, dependencyTypeName: row.type, async: false, success: row.success, count: countOf(row) },
        durationMetric: { name: row.name, type: 'Aggregation', ...duration(row.duration, row) },
        ...filled({ url: urlData(row.data) && row.data, urlData: urlData(row.data) }),
      },
    ],
  ],
  exceptions: ['basicException', exceptionElements],
  traces: ['message', (row) => [filled({ raw: row.message, severityLevel: severity(row), loggerName: '' })]],
  customEvents: ['event', (row) => [{ name: row.name, count: countOf(row) }]],
  customMetrics: ['metric', () => []],
  pageViews: [
    'view',
    (row) => [
      {
        ...filled({ id: row.id, name: row.name, url: row.url, urlData: urlData(row.url) }),
        ...{ count: countOf(row), durationMetric: duration(row.duration, row) },
      },
    ],
  ],
  browserTimings: [
    'clientPerformance',
    (row) => [
      {
        ...filled({ name: row.name, url: row.url, urlData: urlData(row.url) }),
        networkConnection: duration(row.networkDuration, row),
        sendRequest: duration(row.sendDuration, row),
        receiveRequest: duration(row.receiveDuration, row),
        clientProcess: duration(row.processingDuration, row),
        total: duration(row.totalDuration, row),
      },
    ],
  ],
  availabilityResults: [
    'availability',
    (row) => [
      {
        ...filled({
          testRunId: row.id,
          testName: row.name,
          runLocation: row.location,
          message: row.message,
          testTimestamp: row.timestamp,
        }),
        ...{ result: row.success ? 'Pass' : 'Fail', count: countOf(row) },
        availabilityMetric: { name: 'availability', type: 'Aggregation', ...metric(row.success ? 1 : 0, countOf(row)) },
        durationMetric: { name: 'duration', type: 'Aggregation', ...duration(row.duration, row) },
        dataSizeMetric: { name: 'dataSize', type: 'Aggregation', ...metric(number(row.size), countOf(row)) },
      },
    ],
  ],
  performanceCounters: ['performanceCounter', (row) => [counterElement(row)]],
};

/** Arrays of objects with a single key each. */
const spread = (record: Json): Json[] => Object.entries(record).map(([key, value]) => ({ [key]: value }));

function customOf(row: Row): Json {
  const dimensions = JSON.parse(text(row.customDimensions) || '{}') as Json;
  const measurements = JSON.parse(text(row.customMeasurements) || '{}') as Readonly<Record<string, number>>;
  const own = Object.entries(measurements).map(([key, one]) => ({
    [key]: { ...metric(one, countOf(row)), sum: one * countOf(row) },
  }));
  const { value, valueCount: count, valueMin: min, valueMax: max, valueStdDev: stdDev, valueSum: sum } = row;
  const aggregate = { [text(row.name)]: { value, count, min, max, stdDev, sampledValue: value, sum } };
  return { dimensions: spread(dimensions), metrics: signalOf(row) === 'customMetrics' ? [aggregate] : own };
}

function contextOf(row: Row): Json {
  const browser = text(row.client_Browser);
  const country = text(row.client_CountryOrRegion);
  return {
    data: {
      eventTime: row.timestamp,
      isSynthetic: row.operation_SyntheticSource !== '',
      samplingRate: 100 / countOf(row),
      ...filled({ syntheticSource: row.operation_SyntheticSource }),
    },
    cloud: {},
    serverDevice: {},
    device: {
      ...filled({
        type: row.client_Type,
        deviceModel: row.client_Model,
        osVersion: row.client_OS,
        browserVersion: browser,
      }),
      ...filled({
        browser: browser.replace(/ [\d.]+$/, ''),
        roleName: row.cloud_RoleName,
        roleInstance: row.cloud_RoleInstance,
      }),
      screenResolution: {},
    },
    application: filled({ version: row.application_Version }),
    location: filled({
      continent: PLACES.find((place) => place.country === country)?.continent,
      ...{ country, province: row.client_StateOrProvince, city: row.client_City, clientip: row.client_IP },
    }),
    user: {
      isAuthenticated: row.user_AuthenticatedId !== '',
      ...filled({ anonId: row.user_Id, authId: row.user_AuthenticatedId, accountId: row.user_AccountId }),
      ...(row.user_Id ? { anonAcquisitionDate: '0001-01-01T00:00:00Z' } : {}),
    },
    operation: filled({ id: row.operation_Id, parentId: row.operation_ParentId, name: row.operation_Name }),
    session: { ...filled({ id: row.session_Id }), isFirst: false },
    custom: customOf(row),
  };
}

/**
 * A row as Continuous Export wrote it: ticks for durations, sums for sampled values, arrays of single-key objects,
 * empty values left out. What such records never carried (appId, appName, iKey, sdkVersion, performanceBucket, the
 * types within an exception's chain) is lost.
 */
export function asExportRecord(row: Row): Json {
  const [key, elements] = ELEMENTS[signalOf(row)];
  return {
    [key]: elements(row),
    internal: { data: { id: row.itemId, documentVersion: '1.61' } },
    context: contextOf(row),
  };
}
