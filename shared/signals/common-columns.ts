import { type Column, dynamic, integer, string, timestamp } from './column.ts';

/** The first column of every signal. */
export const timeColumn: Column = timestamp('timestamp', ['TimeGenerated', 'time'], ['context.data.eventTime'], {
  note: 'When it happened. UTC, microseconds (the seventh digit of the source is cut off).',
});

/** Columns that every signal has behind its own. */
export const commonColumns: readonly Column[] = [
  string('itemType', ['Type'], [], { as: 'itemType', note: 'Word for the signal, the same whatever the source.' }),
  dynamic('customDimensions', ['Properties'], ['context.custom.dimensions'], { as: 'dimensions' }),
  dynamic('customMeasurements', ['Measurements'], ['context.custom.metrics'], { as: 'measurements' }),
  string('operation_Name', ['OperationName'], ['context.operation.name']),
  string('operation_Id', ['OperationId'], ['context.operation.id']),
  string('operation_ParentId', ['ParentId'], ['context.operation.parentId']),
  string('operation_SyntheticSource', ['SyntheticSource'], ['context.data.syntheticSource']),
  string('session_Id', ['SessionId'], ['context.session.id']),
  string('user_Id', ['UserId'], ['context.user.anonId']),
  string('user_AuthenticatedId', ['UserAuthenticatedId'], ['context.user.authId']),
  string('user_AccountId', ['UserAccountId'], ['context.user.accountId']),
  string('application_Version', ['AppVersion'], ['context.application.version']),
  string('client_Type', ['ClientType'], ['context.device.type']),
  string('client_Model', ['ClientModel'], ['context.device.deviceModel']),
  string('client_OS', ['ClientOS'], ['context.device.osVersion', 'context.device.os']),
  string('client_IP', ['ClientIP'], ['context.location.clientip']),
  string('client_City', ['ClientCity'], ['context.location.city']),
  string('client_StateOrProvince', ['ClientStateOrProvince'], ['context.location.province']),
  string('client_CountryOrRegion', ['ClientCountryOrRegion'], ['context.location.country']),
  string('client_Browser', ['ClientBrowser'], ['context.device.browserVersion', 'context.device.browser']),
  string('cloud_RoleName', ['AppRoleName'], ['context.device.roleName', 'context.cloud.roleName']),
  string('cloud_RoleInstance', ['AppRoleInstance'], ['context.device.roleInstance', 'context.cloud.roleInstance']),
  string('appId', ['ResourceGUID']),
  string('appName', [], [], {
    as: 'folderApp',
    note: 'Of Continuous Export: from the name of the folder; of diagnostic settings: the component in the path.',
  }),
  string('iKey', ['IKey'], [], { as: 'folderKey', note: 'Of Continuous Export: from the name of the folder.' }),
  string('sdkVersion', ['SDKVersion']),
  string('itemId', ['_ItemId', 'ItemId'], ['internal.data.id'], {
    note: 'Natural key; several elements of one export record share it.',
  }),
  integer('itemCount', ['ItemCount'], ['count', 'context.data.samplingRate'], {
    as: 'items',
    note: 'How many telemetry items a sampled row stands for: count with `sum(itemCount)`.',
  }),
];

/** The last columns of every signal. */
export const lastColumns: readonly Column[] = [
  dynamic('extra', [], [], {
    as: 'extra',
    note:
      'Whatever the record held that no column holds, nested as it was; the whole record where a value did not ' +
      'fit its column. Null when nothing is left.',
  }),
  string('exportWindow', [], [], {
    as: 'exportWindow',
    note: 'The window that the row came from, as in the file name: `20261121T0300Z_20261121T0400Z`.',
  }),
];
