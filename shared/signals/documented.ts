import type { Layout, Signal } from '../model.ts';
import { columnsOf } from './columns-of.ts';
import { signalTables } from './tables.ts';

/**
 * Fields that are documented and yet no column: they lie in `extra` and nobody need hear of it. Of classic records
 * after the export data model (azure-docs, export-data-model.md, with its 2019 additions). `*` stands for any one name,
 * `**` for all below.
 */
const ROOT: readonly string[] = [
  'context.custom.dimensions.**',
  'context.custom.metrics.**',
  ...paths('context.data', 'eventTime isSynthetic samplingRate syntheticSource'),
  ...paths(
    'context.device',
    'browser browserVersion deviceModel deviceName id locale network oemName os osVersion roleInstance roleName',
  ),
  ...paths('context.device', 'screenResolution screenResolution.value type'),
  ...paths('context.location', 'city clientip continent country province'),
  ...paths('context.operation', 'id name parentId'),
  ...paths('context.session', 'id isFirst'),
  ...paths(
    'context.user',
    'accountAcquisitionDate accountId anonAcquisitionDate anonId authAcquisitionDate authId isAuthenticated ' +
      'storeRegion',
  ),
  ...paths('context.application', 'version'),
  ...paths('context.cloud', 'roleName roleInstance'),
  'context.serverDevice.type',
  ...paths('internal.data', 'documentVersion id'),
];

const METRIC = 'name type value count min max stdDev sampledValue sum';
const URL = 'url urlData.base urlData.host urlData.hashTag urlData.protocol urlData.port';

/** Below the element. */
const ELEMENT: Readonly<Record<Signal, readonly string[]>> = {
  requests: [...words(`count id name responseCode success source ${URL}`), ...paths('durationMetric', METRIC)],
  dependencies: [
    ...words(`async baseName commandName count dependencyTypeName id name resultCode success target type ${URL}`),
    ...paths('durationMetric', METRIC),
  ],
  exceptions: [
    ...words(
      'assembly count exceptionGroup exceptionType failedUserCodeMethod failedUserCodeAssembly handledAt ' +
        'hasFullStack id method',
    ),
    ...words(
      'message outerExceptionMessage outerExceptionThrownAtAssembly outerExceptionThrownAtMethod ' +
        'outerExceptionType outerId stack',
    ),
    ...words(
      'innermostExceptionMessage innermostExceptionThrownAtAssembly innermostExceptionThrownAtMethod ' +
        'innermostExceptionType',
    ),
    ...words('problemId severityLevel typeName'),
    ...paths('parsedStack', 'assembly fileName level line method'),
  ],
  traces: words('count loggerName parameters raw severityLevel'),
  customEvents: words(`count name ${URL}`),
  customMetrics: words(METRIC),
  pageViews: [...words(`count id name ${URL}`), ...paths('durationMetric', METRIC)],
  browserTimings: [
    ...words(`count name ${URL}`),
    ...['clientProcess', 'networkConnection', 'receiveRequest', 'sendRequest', 'total'].flatMap((metric) =>
      paths(metric, METRIC),
    ),
  ],
  availabilityResults: [
    ...words('count message result runLocation testName testRunId testTimestamp'),
    ...['availabilityMetric', 'dataSizeMetric', 'durationMetric'].flatMap((metric) => paths(metric, METRIC)),
  ],
  performanceCounters: [...words('categoryName instanceName count'), ...paths('*', METRIC)],
};

/** Standard columns of workspace tables (Azure Monitor Logs) and the envelope of diagnostic settings. */
const FLAT: readonly string[] = [
  ...words(
    'TenantId SourceSystem TimeGenerated Type _ResourceId _SubscriptionId _IsBillable _BilledSize _TimeReceived ' +
      '_ItemId',
  ),
  ...words(
    '_Internal_WorkspaceResourceId ReferencedItemId ReferencedType MG time resourceId category operationName ' +
      'level location',
  ),
];

function words(text: string): readonly string[] {
  return text.split(' ');
}

function paths(prefix: string, text: string): readonly string[] {
  return words(text).map((name) => `${prefix}.${name}`);
}

/**
 * Of classic records, as far as they have one name and stand in no array: dotted from the root, and from the element.
 */
export function documentedFields(signal: Signal): {
  readonly root: readonly string[];
  readonly element: readonly string[];
} {
  const plain = (all: readonly string[]) =>
    all.filter((path) => !path.includes('*') && !path.startsWith('parsedStack.'));
  return { root: plain(ROOT), element: plain(ELEMENT[signal]) };
}

/** Tells the paths that are known of a signal's records: dotted, arrays left out, of classic records from the root. */
export function knownPaths(signal: Signal, layout: Layout): (path: string) => boolean {
  if (layout !== 'continuous') {
    const names = columnsOf(signal).flatMap(({ name, workspace }) => [name, ...workspace]);
    const known = new Set([...FLAT, ...names].map((name) => name.toLowerCase()));
    return (path) => known.has((path.split('.')[0] ?? '').toLowerCase());
  }
  const { element } = signalTables[signal];
  const own = columnsOf(signal).flatMap(({ continuous }) => continuous.filter((path) => !path.startsWith('#.')));
  const fromTables = own.map((path) => (/^(context|internal)\./.test(path) ? path : `${element}.${path}`));
  const patterns = [...ROOT, ...ELEMENT[signal].map((path) => `${element}.${path}`), ...fromTables];
  const exact = new Set(patterns.filter((path) => !path.includes('*')));
  const wild = patterns.filter((path) => path.includes('*')).map(regexOf);
  return (path) => exact.has(path) || wild.some((pattern) => pattern.test(path));
}

function regexOf(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace('\\.**', '(\\..*)?').replace(/\*(?!\))/g, '.+')}$`, 's');
}
