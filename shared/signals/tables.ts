import type { Signal } from '../model.ts';
import { boolean, type Column, dynamic, integer, real, string } from './column.ts';

export interface SignalTable {
  readonly signal: Signal;
  /**
   * Table of the workspace; in lower case also the category of diagnostic settings, and behind `am-` the container of
   * data export.
   */
  readonly table: string;
  /** Value of the column itemType. */
  readonly itemType: string;
  /** Key of the classic record under which the elements lie. */
  readonly element: string;
  /** Folders of the classic export. */
  readonly folders: readonly string[];
  /** Columns between timestamp and the common ones. */
  readonly own: readonly Column[];
  /** Common columns that this signal lacks. */
  readonly lacks: readonly string[];
}

const duration = real('duration', ['DurationMs'], ['durationMetric'], {
  as: 'ticks',
  note: 'Milliseconds, of one item.',
});
const bucketOf = (metric: string) => string('performanceBucket', ['PerformanceBucket'], [metric], { as: 'bucket' });
const timing = (name: string, metric: string): Column =>
  real(name, [`${name.charAt(0).toUpperCase()}${name.slice(1)}Ms`], [metric], { as: 'ticks', note: 'Milliseconds.' });
const severityLevel = integer('severityLevel', ['SeverityLevel'], ['severityLevel'], {
  as: 'severity',
  note: '0 verbose, 1 information, 2 warning, 3 error, 4 critical.',
});

const requests: readonly Column[] = [
  string('id', ['Id'], ['id']),
  string('source', ['Source'], ['source']),
  string('name', ['Name'], ['name']),
  string('url', ['Url'], ['url']),
  boolean('success', ['Success'], ['success']),
  string('resultCode', ['ResultCode'], ['responseCode']),
  duration,
  bucketOf('durationMetric'),
];

const dependencies: readonly Column[] = [
  string('id', ['Id'], ['id']),
  string('target', ['Target'], ['target', 'urlData.host']),
  string('type', ['DependencyType'], ['type', 'dependencyTypeName']),
  string('name', ['Name'], ['name']),
  string('data', ['Data'], ['commandName', 'url']),
  boolean('success', ['Success'], ['success']),
  string('resultCode', ['ResultCode'], ['resultCode']),
  duration,
  bucketOf('durationMetric'),
];

const exceptions: readonly Column[] = [
  string('problemId', ['ProblemId'], ['problemId', 'exceptionGroup']),
  string('handledAt', ['HandledAt'], ['handledAt']),
  string('type', ['ExceptionType'], ['exceptionType', 'typeName']),
  string('message', ['Message'], ['message']),
  string('assembly', ['Assembly'], ['assembly']),
  string('method', ['Method'], ['method']),
  string('outerType', ['OuterType'], ['outerExceptionType']),
  string('outerMessage', ['OuterMessage'], ['outerExceptionMessage']),
  string('outerAssembly', ['OuterAssembly'], ['outerExceptionThrownAtAssembly']),
  string('outerMethod', ['OuterMethod'], ['outerExceptionThrownAtMethod']),
  string('innermostType', ['InnermostType'], ['innermostExceptionType']),
  string('innermostMessage', ['InnermostMessage'], ['innermostExceptionMessage']),
  string('innermostAssembly', ['InnermostAssembly'], ['innermostExceptionThrownAtAssembly']),
  string('innermostMethod', ['InnermostMethod'], ['innermostExceptionThrownAtMethod']),
  severityLevel,
  dynamic('details', ['Details'], ['#.details'], {
    note: 'The chain: an array of objects with outerId, type, message, id and parsedStack.',
  }),
];

const customMetrics: readonly Column[] = [
  string('name', ['Name'], ['#.name']),
  real('value', ['Value', 'Sum'], ['value']),
  integer('valueCount', ['ItemCount'], ['count']),
  real('valueSum', ['Sum'], ['sum', 'value']),
  real('valueMin', ['Min'], ['min']),
  real('valueMax', ['Max'], ['max']),
  real('valueStdDev', ['ValueStdDev'], ['stdDev']),
];

const performanceCounters: readonly Column[] = [
  string('name', ['Name'], ['#.counter']),
  string('category', ['Category'], ['categoryName']),
  string('counter', ['Counter'], ['#.counter']),
  string('instance', ['Instance'], ['instanceName']),
  real('value', ['Value'], ['#.value']),
];

const availabilityResults: readonly Column[] = [
  string('id', ['Id'], ['testRunId']),
  string('name', ['Name'], ['testName']),
  string('location', ['Location'], ['runLocation']),
  boolean('success', ['Success'], ['result'], { as: 'passed' }),
  string('message', ['Message'], ['message']),
  real('size', ['Size'], ['dataSizeMetric'], { as: 'share' }),
  duration,
  bucketOf('durationMetric'),
];

const pageViews: readonly Column[] = [
  string('id', ['Id'], ['id']),
  string('name', ['Name'], ['name']),
  string('url', ['Url'], ['url']),
  duration,
  bucketOf('durationMetric'),
];

const browserTimings: readonly Column[] = [
  string('name', ['Name'], ['name']),
  string('url', ['Url'], ['url']),
  timing('networkDuration', 'networkConnection'),
  timing('sendDuration', 'sendRequest'),
  timing('receiveDuration', 'receiveRequest'),
  timing('processingDuration', 'clientProcess'),
  timing('totalDuration', 'total'),
  bucketOf('total'),
];

const table = (
  signal: Signal,
  workspace: string,
  itemType: string,
  element: string,
  folders: readonly string[],
  own: readonly Column[],
  lacks: readonly string[] = [],
): SignalTable => ({ signal, table: workspace, itemType, element, folders, own, lacks });

/** The ten signals. Names and types: contracts.md, section 2; paths of the classic record: export-data-model.md. */
export const signalTables: Readonly<Record<Signal, SignalTable>> = {
  requests: table('requests', 'AppRequests', 'request', 'request', ['Requests'], requests),
  dependencies: table(
    'dependencies',
    'AppDependencies',
    'dependency',
    'remoteDependency',
    ['RemoteDependency', 'Rdd'],
    dependencies,
  ),
  exceptions: table('exceptions', 'AppExceptions', 'exception', 'basicException', ['Exceptions'], exceptions),
  traces: table(
    'traces',
    'AppTraces',
    'trace',
    'message',
    ['Messages'],
    [string('message', ['Message'], ['raw']), severityLevel],
  ),
  customEvents: table(
    'customEvents',
    'AppEvents',
    'customEvent',
    'event',
    ['Event'],
    [string('name', ['Name'], ['name'])],
  ),
  customMetrics: table('customMetrics', 'AppMetrics', 'customMetric', 'metric', ['Metrics'], customMetrics, [
    'customMeasurements',
  ]),
  pageViews: table('pageViews', 'AppPageViews', 'pageView', 'view', ['PageViews'], pageViews),
  browserTimings: table(
    'browserTimings',
    'AppBrowserTimings',
    'browserTiming',
    'clientPerformance',
    ['PageViewPerformance'],
    browserTimings,
  ),
  availabilityResults: table(
    'availabilityResults',
    'AppAvailabilityResults',
    'availabilityResult',
    'availability',
    ['Availability'],
    availabilityResults,
  ),
  performanceCounters: table(
    'performanceCounters',
    'AppPerformanceCounters',
    'performanceCounter',
    'performanceCounter',
    ['PerformanceCounters'],
    performanceCounters,
    ['customMeasurements', 'itemCount'],
  ),
};

export const signals = Object.keys(signalTables) as readonly Signal[];
