import type { Signal } from '../../shared/model.ts';

const metric = (path: string) =>
  ['value', 'count', 'min', 'max', 'stdDev', 'sampledValue', 'name', 'type', 'undocumented'].map(
    (field) => `${path}.${field}`,
  );
const url = ['base', 'host', 'hashTag', 'protocol', 'undocumented'].map((field) => `urlData.${field}`);

/**
 * Every documented path of the root (export-data-model.md with its 2019 additions), seen ones, and some that nobody
 * documented.
 */
export const rootPaths: readonly string[] = [
  ...['eventTime', 'isSynthetic', 'samplingRate', 'syntheticSource', 'undocumented'].map(
    (field) => `context.data.${field}`,
  ),
  ...[
    ...[
      'browser',
      'browserVersion',
      'deviceModel',
      'deviceName',
      'id',
      'locale',
      'network',
      'oemName',
      'os',
      'osVersion',
    ],
    ...['roleInstance', 'roleName', 'screenResolution', 'type', 'undocumented'],
  ].map((field) => `context.device.${field}`),
  ...['city', 'clientip', 'continent', 'country', 'province', 'undocumented'].map(
    (field) => `context.location.${field}`,
  ),
  ...['id', 'name', 'parentId', 'undocumented'].map((field) => `context.operation.${field}`),
  ...['id', 'isFirst', 'undocumented'].map((field) => `context.session.${field}`),
  ...[
    ...[
      'accountAcquisitionDate',
      'accountId',
      'anonAcquisitionDate',
      'anonId',
      'authAcquisitionDate',
      'authId',
      'isAuthenticated',
    ],
    ...['storeRegion', 'undocumented'],
  ].map((field) => `context.user.${field}`),
  ...['version', 'undocumented'].map((field) => `context.application.${field}`),
  ...['roleName', 'roleInstance', 'undocumented'].map((field) => `context.cloud.${field}`),
  ...[
    'context.serverDevice.undocumented',
    'context.custom.undocumented',
    'context.undocumented',
    'context.newGroup.deeper.undocumented',
  ],
  ...[
    'internal.data.id',
    'internal.data.documentVersion',
    'internal.data.undocumented',
    'internal.undocumented',
    'undocumented',
  ],
];

/** The same of the elements. */
export const elementPaths: Readonly<Record<Signal, readonly string[]>> = {
  requests: ['count', 'id', 'name', 'responseCode', 'success', 'url', 'source', ...url, ...metric('durationMetric')],
  dependencies: [
    ...[
      'async',
      'baseName',
      'commandName',
      'count',
      'dependencyTypeName',
      'id',
      'name',
      'resultCode',
      'success',
      'type',
      'url',
      'target',
    ],
    ...url,
    ...metric('durationMetric'),
  ],
  exceptions: [
    ...[
      'assembly',
      'count',
      'exceptionGroup',
      'exceptionType',
      'failedUserCodeMethod',
      'failedUserCodeAssembly',
      'handledAt',
    ],
    ...['hasFullStack', 'id', 'method', 'message', 'outerExceptionMessage', 'outerExceptionThrownAtAssembly'],
    ...[
      'outerExceptionThrownAtMethod',
      'outerExceptionType',
      'outerId',
      'stack',
      'typeName',
      'problemId',
      'severityLevel',
    ],
    ...[
      'innermostExceptionType',
      'innermostExceptionMessage',
      'innermostExceptionThrownAtMethod',
      'innermostExceptionThrownAtAssembly',
    ],
  ],
  traces: ['count', 'loggerName', 'parameters', 'raw', 'severityLevel'],
  customEvents: ['count', 'name', 'url', ...url],
  customMetrics: ['name', 'value', 'count', 'min', 'max', 'stdDev', 'sampledValue', 'sum', 'type'],
  pageViews: ['count', 'id', 'name', 'url', ...url, ...metric('durationMetric')],
  browserTimings: [
    ...['name', 'url', 'count', ...url],
    ...['clientProcess', 'networkConnection', 'receiveRequest', 'sendRequest', 'total'].flatMap(metric),
  ],
  availabilityResults: [
    ...['count', 'message', 'result', 'runLocation', 'testName', 'testRunId', 'testTimestamp'],
    ...['availabilityMetric', 'dataSizeMetric', 'durationMetric'].flatMap(metric),
  ],
  performanceCounters: ['categoryName', 'instanceName', 'count', ...metric('available_bytes')],
};

type Tree = { [key: string]: unknown };

export function setPath(tree: Tree, path: string, value: unknown): void {
  const steps = path.split('.');
  let level = tree;
  for (const step of steps.slice(0, -1)) {
    level[step] ??= {};
    level = level[step] as Tree;
  }
  level[steps.at(-1) ?? ''] = value;
}

/** Values that fit the columns, and the ways they may come back: themselves, or ticks as ms. */
const FITTING: Readonly<Record<string, (n: number) => unknown>> = {
  eventTime: (n) => `2026-11-21T03:12:${String(n % 60).padStart(2, '0')}.${String(n).padStart(6, '0')}1Z`,
  value: (n) => 10_000_000 + n,
  count: () => 1,
  min: (n) => 20_000_000 + n,
  max: (n) => 30_000_000 + n,
  stdDev: (n) => 40_000_000 + n,
  sum: (n) => 50_000_000 + n,
  sampledValue: (n) => 60_000_000 + n,
  success: () => true,
  result: () => 'Pass',
  severityLevel: () => 'Informational',
  samplingRate: (n) => n + 0.5,
};

export interface Sentinel {
  readonly path: string;
  readonly value: unknown;
}

/**
 * A record in which every path has a value of its own. `fitting`: of the type that it should have, else text
 * everywhere.
 */
export function sentinelRecord(
  element: string,
  signal: Signal,
  fitting: boolean,
): { record: Tree; sentinels: readonly Sentinel[] } {
  let n = 100;
  const sentinels: Sentinel[] = [];
  const fill = (tree: Tree, paths: readonly string[]): void => {
    for (const path of paths) {
      n++;
      const name = path.split('.').at(-1) ?? '';
      const value = (fitting ? FITTING[name]?.(n) : undefined) ?? `sentinel-${n}-`;
      sentinels.push({ path, value });
      setPath(tree, path, value);
    }
  };
  const inner: Tree = {};
  fill(inner, [...elementPaths[signal], 'undocumentedField', 'undocumentedGroup.field']);
  const record: Tree = { [element]: [inner] };
  fill(record, rootPaths);
  setPath(record, 'context.custom.dimensions', [{ 'a.b': 'dimension-one-' }, { '{OriginalFormat}': 'dimension-two-' }]);
  setPath(record, 'context.custom.metrics', [
    { 'some metric': { value: 70_000_001, count: 1, min: 70_000_002, sampledValue: 70_000_003 } },
  ]);
  sentinels.push(
    ...['dimension-one-', 'dimension-two-', 70_000_001, 70_000_002, 70_000_003].map((value) => ({
      path: 'custom',
      value,
    })),
  );
  return { record, sentinels };
}

/**
 * Where in the values of a row the sentinel is missing. A constant such as `true` cannot tell and is not looked for.
 */
export function isFound({ value }: Sentinel, rows: readonly Readonly<Record<string, unknown>>[]): boolean {
  const text = JSON.stringify(rows);
  if (typeof value === 'number' && value > 1)
    return text.includes(String(value)) || text.includes(String(value / 10_000));
  if (typeof value !== 'string' || value === 'Pass' || value === 'Informational') return true;
  return text.includes(value) || text.includes(value.slice(0, -2));
}
