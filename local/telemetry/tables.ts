import type { Signal } from '../../shared/model.ts';

/**
 * The ten tables as the query API answers them, apart from shared/signals on purpose: what stands in for Azure must not
 * inherit our mistakes. Order and types are those of recorded answers (test corpus
 * query-api/datacontract_full_response.json); workspace names from the published table reference.
 */
export interface TableColumn {
  readonly name: string;
  readonly type: 'datetime' | 'string' | 'real' | 'int' | 'bool' | 'dynamic';
}

export interface AppColumn extends TableColumn {
  /** Name on a workspace; '' where the workspace table has no such column. */
  readonly workspace: string;
}

export const WORKSPACE_TABLES: Readonly<Record<Signal, string>> = {
  requests: 'AppRequests',
  dependencies: 'AppDependencies',
  exceptions: 'AppExceptions',
  traces: 'AppTraces',
  customEvents: 'AppEvents',
  customMetrics: 'AppMetrics',
  pageViews: 'AppPageViews',
  browserTimings: 'AppBrowserTimings',
  availabilityResults: 'AppAvailabilityResults',
  performanceCounters: 'AppPerformanceCounters',
};

export const SIGNALS = Object.keys(WORKSPACE_TABLES) as readonly Signal[];

/** Value of `itemType`. */
export const ITEM_TYPES: Readonly<Record<Signal, string>> = {
  requests: 'request',
  dependencies: 'dependency',
  exceptions: 'exception',
  traces: 'trace',
  customEvents: 'customEvent',
  customMetrics: 'customMetric',
  pageViews: 'pageView',
  browserTimings: 'browserTiming',
  availabilityResults: 'availabilityResult',
  performanceCounters: 'performanceCounter',
};

const CUSTOM = 'customDimensions:dynamic=Properties customMeasurements:dynamic=Measurements';
const CONTEXT = `operation_Name=OperationName operation_Id=OperationId operation_ParentId=ParentId operation_SyntheticSource=SyntheticSource
  session_Id=SessionId user_Id=UserId user_AuthenticatedId=UserAuthenticatedId user_AccountId=UserAccountId application_Version=AppVersion
  client_Type=ClientType client_Model=ClientModel client_OS=ClientOS client_IP=ClientIP client_City=ClientCity
  client_StateOrProvince=ClientStateOrProvince client_CountryOrRegion=ClientCountryOrRegion client_Browser=ClientBrowser
  cloud_RoleName=AppRoleName cloud_RoleInstance=AppRoleInstance appId=ResourceGUID appName=- iKey=IKey sdkVersion=SDKVersion itemId=-`;
const TYPE = 'itemType=Type';
const COUNT = 'itemCount:int=ItemCount';
const TIME = 'timestamp:datetime=TimeGenerated';
const DURATION = 'duration:real=DurationMs';
const BUCKET = 'performanceBucket=PerformanceBucket';
const REST = `${TYPE} ${CUSTOM} ${CONTEXT} ${COUNT}`;

/** name[:type][=workspace name], the type string and the workspace name capitalised where left out; `-` for none. */
const SPELLED: Readonly<Record<Signal, string>> = {
  requests: `${TIME} id source name url success resultCode ${DURATION} ${BUCKET} ${REST}`,
  dependencies: `${TIME} id target type=DependencyType name data success resultCode ${DURATION} ${BUCKET} ${REST}`,
  exceptions: `${TIME} problemId handledAt type=ExceptionType message assembly method outerType outerMessage outerAssembly outerMethod
    innermostType innermostMessage innermostAssembly innermostMethod severityLevel:int details:dynamic ${REST}`,
  traces: `${TIME} message severityLevel:int ${REST}`,
  customEvents: `${TIME} name ${REST}`,
  customMetrics: `${TIME} name value:real=- valueCount:int=ItemCount valueSum:real=Sum valueMin:real=Min valueMax:real=Max valueStdDev:real=-
    customDimensions:dynamic=Properties ${CONTEXT} ${TYPE}`,
  pageViews: `${TIME} id name url ${DURATION} ${BUCKET} ${REST}`,
  browserTimings: `${TIME} name url networkDuration:real=NetworkDurationMs sendDuration:real=SendDurationMs
    receiveDuration:real=ReceiveDurationMs processingDuration:real=ProcessingDurationMs totalDuration:real=TotalDurationMs
    ${BUCKET} ${CUSTOM} ${CONTEXT} ${TYPE} ${COUNT}`,
  availabilityResults: `${TIME} id name location success message size:real ${DURATION} ${BUCKET} ${REST}`,
  performanceCounters:
    `${TIME} name category counter instance value:real customDimensions:dynamic=Properties ` +
    `${CONTEXT} ` +
    `${TYPE}`,
};

function column(spelled: string): AppColumn {
  const [left = '', workspace] = spelled.split('=');
  const [name = '', type = 'string'] = left.split(':');
  const capitalised = name.charAt(0).toUpperCase() + name.slice(1);
  return { name, type: type as TableColumn['type'], workspace: workspace === '-' ? '' : (workspace ?? capitalised) };
}

const perSignal = <T>(make: (signal: Signal) => T) =>
  Object.fromEntries(SIGNALS.map((s) => [s, make(s)])) as Readonly<Record<Signal, T>>;

/** Columns of the app tables, in the order of the answers. */
export const APP_COLUMNS: Readonly<Record<Signal, readonly AppColumn[]>> = perSignal((signal) =>
  SPELLED[signal].split(/\s+/).map(column),
);

/**
 * What every workspace row carries beside the telemetry. `_ItemId` is not among them: it only comes where it is asked
 * for.
 */
const WORKSPACE_EXTRAS: readonly TableColumn[] = [
  { name: 'ReferencedItemId', type: 'string' },
  { name: 'ReferencedType', type: 'string' },
  { name: 'SourceSystem', type: 'string' },
  { name: '_ResourceId', type: 'string' },
  { name: '_SubscriptionId', type: 'string' },
  { name: '_BilledSize', type: 'real' },
  { name: '_IsBillable', type: 'string' },
];

function workspaceColumns(signal: Signal): readonly TableColumn[] {
  const own = APP_COLUMNS[signal]
    .filter((c) => c.workspace !== '')
    .map((c): TableColumn => ({ name: c.workspace, type: c.name === 'success' ? 'bool' : c.type }));
  return [{ name: 'TenantId', type: 'string' }, ...own, ...WORKSPACE_EXTRAS];
}

/** Columns of the workspace tables, in the order of the answers. */
export const WORKSPACE_COLUMNS: Readonly<Record<Signal, readonly TableColumn[]>> = perSignal(workspaceColumns);
