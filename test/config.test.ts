import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { sourceOverlap } from '../shared/config/apps.ts';
import { bindingsOf } from '../shared/config/bindings.ts';
import { type Env, flatSettings, secretSettings } from '../shared/config/flat.ts';
import { settingsJsonSchema, signalNames } from '../shared/config/schema.ts';
import { secret } from '../shared/config/secret.ts';
import { durationOf, durationText, instantOf } from '../shared/config/values.ts';
import { parseConfig } from '../shared/config.ts';
import type { Config } from '../shared/model.ts';

const root = join(import.meta.dirname, '..');
const guid = '01234567-89ab-cdef-0123-456789abcdef';
const other = 'fedcba98-89ab-cdef-0123-456789abcdef';
const connection = `DefaultEndpointsProtocol=https;AccountName=own;AccountKey=${Buffer.from('top secret').toString('base64')};EndpointSuffix=core.windows.net`;

/** The handful that one app needs. */
const one: Env = {
  APP_NAME: 'shop',
  APP_ID: guid,
  LAKE_ACCOUNT_URL: 'https://lake.dfs.core.windows.net/',
  LAKE_CONTAINER: 'telemetry',
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
};
const blobs: Env = { EXPORT_CONTAINER: 'exports', ExportStorage: connection };

/** The message's lines without its head. */
function faultsOf(env: Env, files: Record<string, string> = {}): string[] {
  try {
    parseConfig(env, readFrom(files));
  } catch (error) {
    const text = error instanceof Error ? error.message : '';
    assert.match(text, /^settings: /);
    const lines = text.split('\n');
    return lines.length === 1 ? [text.replace('settings: ', '')] : lines.slice(1).map((line) => line.replace(/^- /, ''));
  }
  return [];
}

const readFrom = (files: Record<string, string>) => (path: string) => {
  const text = files[path];
  if (text === undefined) throw new Error(`ENOENT: ${path}`);
  return text;
};

test('a handful of flat settings is enough, everything else has a default', () => {
  assert.deepEqual(JSON.parse(JSON.stringify(parseConfig(one))), {
    apps: [
      {
        name: 'shop',
        query: {
          url: `https://api.applicationinsights.io/v1/apps/${guid}/query`,
          scope: 'https://api.applicationinsights.io/.default',
          auth: { kind: 'identity', clientId: '' },
          schema: { kind: 'app' },
          signals: signalNames,
          window: 3_600_000,
          lag: 600_000,
        },
      },
    ],
    lake: {
      kind: 'container',
      url: 'https://lake.blob.core.windows.net',
      container: 'telemetry',
      prefix: '',
      access: { kind: 'identity', clientId: '' },
    },
    output: {
      format: 'parquet',
      gzip: false,
      partition: 'hour',
      path: '{signal}/app={app}/date={yyyy}-{MM}-{dd}/hour={HH}/{source}_{start}_{end}.{ext}',
    },
    shape: { signals: {} },
    quarantine: { prefix: '_quarantine', keepBytes: true },
    state: {
      tableUrl: '',
      queueUrl: '',
      access: { kind: 'connectionString', connectionString: '[secret]' },
      table: 'insightslake',
      queue: 'insights-lake-windows',
    },
    lease: 120_000,
    patience: 1_800_000,
    planLimit: 240,
  });
});

const read: readonly (readonly [what: string, env: Env, value: (config: Config) => unknown, expected: unknown])[] = [
  ['blank settings are not set', { ...one, QUERY_WINDOW: ' ' }, (c) => c.apps[0]?.query?.window, 3_600_000],
  [
    'window and lag',
    { ...one, QUERY_WINDOW: '15m', QUERY_LAG: '0m' },
    (c) => [c.apps[0]?.query?.window, c.apps[0]?.query?.lag],
    [900_000, 0],
  ],
  [
    'a range',
    { ...one, QUERY_FROM: '2026-01-31', QUERY_UNTIL: '2026-02-01T02:00+02:00' },
    (c) => [c.apps[0]?.query?.from, c.apps[0]?.query?.until],
    [Date.UTC(2026, 0, 31), Date.UTC(2026, 1, 1)],
  ],
  [
    'signals in the order of the schema',
    { ...one, SIGNALS: ' traces, requests,traces' },
    (c) => c.apps[0]?.query?.signals,
    ['requests', 'traces'],
  ],
  ['all signals', { ...one, SIGNALS: 'all' }, (c) => c.apps[0]?.query?.signals, signalNames],
  [
    'a US Government app',
    { ...one, QUERY_CLOUD: 'usgov' },
    (c) => [c.apps[0]?.query?.url, c.apps[0]?.query?.scope],
    [`https://api.applicationinsights.us/v1/apps/${guid}/query`, 'https://api.applicationinsights.us/.default'],
  ],
  [
    'a workspace in China',
    { ...one, APP_ID: '', WORKSPACE_ID: guid, QUERY_CLOUD: 'china' },
    (c) => [c.apps[0]?.query?.url, c.apps[0]?.query?.schema],
    [`https://api.loganalytics.azure.cn/v1/workspaces/${guid}/query`, { kind: 'workspace', resourceId: '' }],
  ],
  [
    'an emulator without a key',
    { ...one, APP_ID: 'sim', QUERY_ENDPOINT: 'http://127.0.0.1:7075/v1/' },
    (c) => [c.apps[0]?.query?.url, c.apps[0]?.query?.auth],
    ['http://127.0.0.1:7075/v1/apps/sim/query', { kind: 'none' }],
  ],
  [
    'an emulator with a key',
    { ...one, QUERY_ENDPOINT: 'http://localhost:7075', QUERY_KEY: 'k3y' },
    (c) => (c.apps[0]?.query?.auth.kind === 'key' ? c.apps[0].query.auth.key.reveal() : ''),
    'k3y',
  ],
  [
    'a private endpoint',
    { ...one, QUERY_ENDPOINT: 'https://api.private.example', AZURE_CLIENT_ID: other },
    (c) => c.apps[0]?.query?.auth,
    { kind: 'identity', clientId: other },
  ],
  [
    'an identity for the lake',
    { ...one, AZURE_CLIENT_ID: guid, LAKE_CLIENT_ID: other },
    (c) => c.lake,
    {
      kind: 'container',
      url: 'https://lake.blob.core.windows.net',
      container: 'telemetry',
      prefix: '',
      access: { kind: 'identity', clientId: other },
    },
  ],
  [
    'a lake by key',
    { ...one, LAKE_ACCOUNT_KEY: 'a2V5' },
    (c) => (c.lake.kind === 'container' && c.lake.access.kind === 'key' ? [c.lake.access.account, c.lake.access.key.reveal()] : c.lake),
    ['lake', 'a2V5'],
  ],
  [
    'an emulated lake by key',
    { ...one, LAKE_ACCOUNT_URL: 'http://127.0.0.1:10000/devstoreaccount1', LAKE_ACCOUNT_KEY: 'a2V5' },
    (c) => (c.lake.kind === 'container' && c.lake.access.kind === 'key' ? c.lake.access.account : c.lake),
    'devstoreaccount1',
  ],
  [
    'a lake by SAS',
    { ...one, LAKE_SAS: '?sv=1&sig=abc' },
    (c) => (c.lake.kind === 'container' && c.lake.access.kind === 'sas' ? c.lake.access.sas.reveal() : c.lake),
    'sv=1&sig=abc',
  ],
  [
    'a lake by connection string',
    { ...one, LAKE_ACCOUNT_URL: '', LAKE_CONNECTION_STRING: connection, LAKE_PREFIX: 'raw/' },
    (c) => (c.lake.kind === 'container' ? [c.lake.url, c.lake.prefix, c.lake.access.kind] : c.lake),
    ['', 'raw', 'connectionString'],
  ],
  [
    'a folder',
    { ...one, LAKE_ACCOUNT_URL: '', LAKE_CONTAINER: '', LAKE_FOLDER: './lake' },
    (c) => c.lake,
    { kind: 'folder', folder: './lake' },
  ],
  [
    'zipped text by day',
    { ...one, LAKE_FORMAT: 'ndjson', LAKE_GZIP: 'TRUE', LAKE_PARTITION: 'day' },
    (c) => c.output,
    { format: 'ndjson', gzip: true, partition: 'day', path: '{signal}/app={app}/date={yyyy}-{MM}-{dd}/{source}_{start}_{end}.{ext}' },
  ],
  [
    'state by identity',
    {
      ...one,
      AzureWebJobsStorage: '',
      AzureWebJobsStorage__tableServiceUri: 'https://own.table.core.windows.net/',
      AzureWebJobsStorage__queueServiceUri: 'https://own.queue.core.windows.net',
      AzureWebJobsStorage__clientId: guid,
    },
    (c) => c.state,
    {
      tableUrl: 'https://own.table.core.windows.net',
      queueUrl: 'https://own.queue.core.windows.net',
      access: { kind: 'identity', clientId: guid },
      table: 'insightslake',
      queue: 'insights-lake-windows',
    },
  ],
  [
    'state by account name',
    { ...one, AzureWebJobsStorage: '', AzureWebJobsStorage__accountName: 'own' },
    (c) => [c.state.tableUrl, c.state.queueUrl],
    ['https://own.table.core.windows.net', 'https://own.queue.core.windows.net'],
  ],
  [
    'exports by connection string',
    { ...one, ...blobs, EXPORT_PREFIX: 'ce' },
    (c) =>
      c.exports?.place.kind === 'container'
        ? [c.exports.place.container, c.exports.place.prefix, c.exports.place.access.kind, c.exports.window, c.exports.refresh]
        : [],
    ['exports', 'ce', 'connectionString', 3_600_000, 300_000],
  ],
  [
    'exports by identity',
    {
      ...one,
      EXPORT_CONTAINER: 'exports',
      ExportStorage__blobServiceUri: 'https://ce.blob.core.windows.net',
      ExportStorage__queueServiceUri: 'https://ce.queue.core.windows.net',
      ExportStorage__credential: 'managedidentity',
      ExportStorage__clientId: other,
    },
    (c) => (c.exports?.place.kind === 'container' ? [c.exports.place.url, c.exports.place.access] : []),
    ['https://ce.blob.core.windows.net', { kind: 'identity', clientId: other }],
  ],
  [
    'exports alone, through another connection',
    { ...one, APP_NAME: '', APP_ID: '', EXPORT_CONTAINER: 'exports', EXPORT_CONNECTION: 'AzureWebJobsStorage' },
    (c) => [c.apps, c.exports?.from],
    [[], undefined],
  ],
  [
    'export folders with names',
    { ...one, ...blobs, EXPORT_APPS: 'Old Shop_0123=old-shop, x_1=x' },
    (c) => c.exports?.apps,
    { 'Old Shop_0123': 'old-shop', x_1: 'x' },
  ],
  [
    'exports that end before the query begins',
    { ...one, ...blobs, EXPORT_APPS: 'shop_1=shop', EXPORT_UNTIL: '2024-03-01', QUERY_FROM: '2024-03-01' },
    (c) => c.exports?.until,
    Date.UTC(2024, 2, 1),
  ],
  [
    'several containers, the prefix that of the first',
    { ...one, ...blobs, EXPORT_CONTAINER: 'exports, insights-logs-*, exports,am-apptraces', EXPORT_PREFIX: 'ce' },
    (c) => c.exports?.places.map((place) => (place.kind === 'container' ? `${place.container}/${place.prefix}` : '')),
    [
      'exports/ce',
      ...['requests', 'dependencies', 'exceptions', 'traces', 'events', 'metrics', 'pageviews', 'browsertimings'].map(
        (kind) => `insights-logs-app${kind}/`,
      ),
      'insights-logs-appavailabilityresults/',
      'insights-logs-appperformancecounters/',
      'am-apptraces/',
    ],
  ],
  [
    'sweeps',
    { ...one, ...blobs, EXPORT_LOOKBACK: '2d', EXPORT_EMPTIED: 'follow', SWEEP_SCHEDULE: '0 0 * * * *' },
    (c) => [c.exports?.lookback, c.exports?.emptied],
    [172_800_000, 'follow'],
  ],
  ['sweeps by default', { ...one, ...blobs }, (c) => [c.exports?.lookback, c.exports?.emptied], [259_200_000, 'keep']],
  [
    'containers in the document',
    { ...one, ExportStorage: connection, INSIGHTS_LAKE_CONFIG: '{"exports":{"container":["am-*"]}}' },
    (c) => c.exports?.places.length,
    10,
  ],
  ['export settings without a container do nothing', { ...one, EXPORT_TRIGGER: 'EventGrid' }, (c) => c.exports, undefined],
];
for (const [what, env, value, expected] of read) test(`reads ${what}`, () => assert.deepEqual(value(parseConfig(env)), expected));

const wrong: readonly (readonly [what: string, env: Env, ...faults: RegExp[]])[] = [
  [
    'nothing at all',
    {},
    /^nothing to export: set APP_NAME and APP_ID/,
    /^exactly one of LAKE_ACCOUNT_URL, LAKE_CONNECTION_STRING, LAKE_FOLDER must name the lake; none/,
    /^AzureWebJobsStorage__queueServiceUri must be .* \(or AzureWebJobsStorage a connection string\); it is not set/,
    /^AzureWebJobsStorage__tableServiceUri/,
  ],
  ['no app name', { ...one, APP_NAME: '' }, /^APP_NAME must be a name of small letters.*; it is not set$/],
  ['an app name', { ...one, APP_NAME: 'My Shop' }, /^APP_NAME must be a name of small letters.*; it is "My Shop"$/],
  ['no id', { ...one, APP_ID: '' }, /^exactly one of APP_ID and WORKSPACE_ID must be set; neither is set$/],
  ['two ids', { ...one, WORKSPACE_ID: guid }, /both are set$/],
  ['an app id', { ...one, APP_ID: 'shop' }, /^APP_ID must be a GUID.*; it is "shop"$/],
  [
    'a resource without a workspace',
    { ...one, RESOURCE_ID: '/subscriptions/a/resourceGroups/b/providers/microsoft.insights/components/c' },
    /^RESOURCE_ID goes with WORKSPACE_ID/,
  ],
  [
    'a window that does not divide the day',
    { ...one, QUERY_WINDOW: '7h' },
    /^QUERY_WINDOW must be a length from 5m to 1d that divides the day.*; it is "7h"$/,
  ],
  ['a window too short', { ...one, QUERY_WINDOW: '1m' }, /^QUERY_WINDOW/],
  ['a window without a unit', { ...one, QUERY_WINDOW: '60' }, /^QUERY_WINDOW/],
  ['a signal', { ...one, SIGNALS: 'reqests' }, /^SIGNALS must be all, or signals.*; it is "reqests"; did you mean requests\?$/],
  ['a date', { ...one, QUERY_FROM: '2026-02-30' }, /^QUERY_FROM must be a date.*; it is "2026-02-30"$/],
  [
    'a range',
    { ...one, QUERY_FROM: '2026-02-02', QUERY_UNTIL: '2026-02-01' },
    /^QUERY_UNTIL must be later than QUERY_FROM \(2026-02-02T00:00:00.000Z\); it is 2026-02-01T00:00:00.000Z$/,
  ],
  ['plain http', { ...one, QUERY_ENDPOINT: 'http://api.example' }, /^QUERY_ENDPOINT must be .*plain http only on 127.0.0.1/],
  ['a cloud', { ...one, QUERY_CLOUD: 'germany' }, /^QUERY_CLOUD must be one of public, usgov, china; it is "germany"$/],
  ['a lake in two places', { ...one, LAKE_FOLDER: 'x' }, /LAKE_ACCOUNT_URL and LAKE_FOLDER are set$/],
  [
    'a container among several',
    { ...one, ...blobs, EXPORT_CONTAINER: 'exports,No!' },
    /^EXPORT_CONTAINER must be the name of a container, or a list of them: .*; it is "No!"$/,
  ],
  [
    'a look-back',
    { ...one, ...blobs, EXPORT_LOOKBACK: '5m' },
    /^EXPORT_LOOKBACK must be a length from 1h to 90d, such as 72h; it is "5m"$/,
  ],
  ['a lake without a container', { ...one, LAKE_CONTAINER: '' }, /^LAKE_CONTAINER must be the name of a container; it is not set$/],
  ['a lake with two keys', { ...one, LAKE_ACCOUNT_KEY: 'a', LAKE_SAS: 'sig=b' }, /^only one of LAKE_ACCOUNT_KEY and LAKE_SAS/],
  [
    'a container in the account URL',
    { ...one, LAKE_ACCOUNT_URL: 'https://lake.blob.core.windows.net?sv=1&sig=hush' },
    /^LAKE_ACCOUNT_URL must be .*; it is \[secret\]$/,
  ],
  [
    'a format',
    { ...one, LAKE_FORMAT: 'parquett' },
    /^LAKE_FORMAT must be one of parquet, ndjson, csv; it is "parquett"; did you mean parquet\?$/,
  ],
  ['gzip on Parquet', { ...one, LAKE_GZIP: 'true' }, /^LAKE_GZIP must be false with the format parquet/],
  ['a path template', { ...one, LAKE_PATH: '{signal}/{app}/x.{ext}' }, /^LAKE_PATH lacks \{source\}/],
  ['neither true nor false', { ...one, LAKE_GZIP: 'yes' }, /^LAKE_GZIP must be true or false; it is "yes"$/],
  ['a number', { ...one, PLAN_LIMIT: '0' }, /^PLAN_LIMIT must be a whole number from 1 to 10000; it is 0$/],
  ['a schedule', { ...one, PLAN_SCHEDULE: '*/5 * * * *' }, /^PLAN_SCHEDULE must be a schedule of six fields/],
  [
    'a connection string',
    { ...one, AzureWebJobsStorage: 'hunter2' },
    /^AzureWebJobsStorage must be a storage connection string .*; it is \[secret\]$/,
  ],
  [
    'exports without their storage',
    { ...one, EXPORT_CONTAINER: 'exports' },
    /^ExportStorage__blobServiceUri/,
    /^ExportStorage__queueServiceUri/,
  ],
  [
    'one half of the exports’ storage',
    { ...one, EXPORT_CONTAINER: 'exports', ExportStorage__blobServiceUri: 'https://ce.blob.core.windows.net' },
    /^ExportStorage__queueServiceUri must be the queue endpoint/,
  ],
  ['an export window', { ...one, ...blobs, EXPORT_WINDOW: '30m' }, /^EXPORT_WINDOW must be whole hours/],
  [
    'both sources for one app',
    { ...one, ...blobs, EXPORT_APPS: 'shop_1=shop' },
    /^requests, .* of app shop would come twice, .*EXPORT_UNTIL/,
  ],
  ['pairs', { ...one, ...blobs, EXPORT_APPS: 'shop' }, /^EXPORT_APPS must be an object of export folder to app name; it is "shop"$/],
  [
    'misspelt names',
    { ...one, QUERY_WINDOWS: '1h', LAKE_CONTIANER: 'x', ExportStorage__blobServiceUrl: 'x', APP_FOO: '1' },
    /^QUERY_WINDOWS is no setting of Insights Lake; did you mean QUERY_WINDOW\?$/,
    /did you mean LAKE_CONTAINER/,
    /did you mean ExportStorage__blobServiceUri/,
    /^APP_FOO is no setting/,
  ],
];
for (const [what, env, ...expected] of wrong) {
  test(`refuses ${what}`, () => {
    const faults = faultsOf(env);
    assert.equal(faults.length, expected.length, faults.join('\n'));
    for (const [index, pattern] of expected.entries()) assert.match(faults[index] ?? '', pattern);
  });
}

test('every wrong setting is named in one error', () => {
  const faults = faultsOf({
    ...one,
    APP_NAME: 'A',
    QUERY_WINDOW: '7m',
    LAKE_FORMAT: 'xls',
    QUERY_TYPO: '1',
    QUERY_FROM: '2026-01-02',
    QUERY_UNTIL: '2026-01-01',
    LAKE_CONTAINER: '',
  });
  for (const name of ['APP_NAME', 'QUERY_WINDOW', 'LAKE_FORMAT', 'QUERY_TYPO', 'QUERY_UNTIL', 'LAKE_CONTAINER'])
    assert.ok(
      faults.some((line) => line.startsWith(name)),
      `${name} in ${faults.join('\n')}`,
    );
  assert.equal(faults.length, 6);
});

test('settings that Windows plans set themselves are left alone', () => assert.deepEqual(faultsOf({ ...one, APP_POOL_ID: 'x' }), []));

const { APP_NAME: _, APP_ID: __, ...place } = one;
const document = {
  $schema: 'https://example.org/insights-lake.schema.json',
  apps: [
    { name: 'shop', appId: guid, window: '15m', signals: ['requests'] },
    { name: 'pay', workspaceId: other, from: '2026-01-01', cloud: 'china' },
  ],
  signals: ['traces'],
  query: { lag: '20m', cloud: 'usgov' },
};

test('several apps come in one document, each with what it says and what query says', () => {
  for (const env of [
    { ...place, INSIGHTS_LAKE_CONFIG: JSON.stringify(document) },
    { ...place, INSIGHTS_LAKE_CONFIG: '@apps.json' },
  ]) {
    const { apps } = parseConfig(env, readFrom({ 'apps.json': `\uFEFF${JSON.stringify(document)}` }));
    assert.deepEqual(
      apps.map(({ name, query }) => [name, new URL(query?.url ?? '').host, query?.window, query?.lag, query?.signals, query?.from]),
      [
        ['shop', 'api.applicationinsights.us', 900_000, 1_200_000, ['requests'], undefined],
        ['pay', 'api.loganalytics.azure.cn', 3_600_000, 1_200_000, ['traces'], Date.UTC(2026, 0, 1)],
      ],
    );
  }
});

test('a flat setting wins over the document', () => {
  const config = parseConfig({ ...place, QUERY_LAG: '5m', INSIGHTS_LAKE_CONFIG: JSON.stringify(document) });
  assert.equal(config.apps[0]?.query?.lag, 300_000);
});

const wrongDocuments: readonly (readonly [what: string, document: unknown, ...faults: RegExp[]])[] = [
  ['text', '{', /^INSIGHTS_LAKE_CONFIG must be a JSON object.*does not parse/],
  ['a list', '[]', /^INSIGHTS_LAKE_CONFIG must be a JSON object, .*; it is \[\]$/],
  ['a missing file', '@none.json', /^INSIGHTS_LAKE_CONFIG must name a file .*@none.json cannot \(ENOENT/],
  ['a key', { ...document, querry: {} }, /^INSIGHTS_LAKE_CONFIG: querry is no setting; did you mean query\?$/],
  [
    'a key of an app',
    { apps: [{ name: 'a', appid: guid, appId: guid }] },
    /^INSIGHTS_LAKE_CONFIG: apps\[0\].appid is no setting; did you mean appId\?$/,
  ],
  ['a value', { apps: [{ name: 'a', appId: guid, window: 15 }] }, /^INSIGHTS_LAKE_CONFIG: apps\[0\].window must be a length .*; it is 15$/],
  [
    'two of one name',
    {
      apps: [
        { name: 'a', appId: guid },
        { name: 'a', appId: other },
      ],
    },
    /^INSIGHTS_LAKE_CONFIG: apps\[1\].name must be a name that no other app has; it is "a"$/,
  ],
  [
    'a secret',
    { ...document, lake: { sas: 'sig=abc' } },
    /^INSIGHTS_LAKE_CONFIG: lake.sas is no setting; a secret goes into the app setting LAKE_SAS$/,
  ],
];
for (const [what, value, ...expected] of wrongDocuments) {
  test(`refuses ${what} in the document`, () => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const faults = faultsOf({ ...place, INSIGHTS_LAKE_CONFIG: text });
    assert.equal(faults.length, expected.length, faults.join('\n'));
    for (const [index, pattern] of expected.entries()) assert.match(faults[index] ?? '', pattern);
  });
}

test('apps of the document and flat ones exclude each other', () => {
  assert.match(
    faultsOf({ ...one, INSIGHTS_LAKE_CONFIG: JSON.stringify(document) }).join('\n'),
    /^APP_NAME, APP_ID and apps of INSIGHTS_LAKE_CONFIG exclude/,
  );
});

test('secrets never show, neither in errors nor when printed', () => {
  const hidden = secret('hunter2');
  assert.equal(`${hidden} ${JSON.stringify({ hidden })} ${inspect(hidden)}`, '[secret] {"hidden":"[secret]"} [secret]');
  assert.equal(hidden.reveal(), 'hunter2');
  const env = {
    ...one,
    ...blobs,
    QUERY_KEY: 'hunter2',
    LAKE_SAS: 'sig=hunter2',
    AzureWebJobsStorage: connection,
    LAKE_ACCOUNT_KEY: 'hunter2',
    QUERY_ENDPOINT: 'https://me:hunter2@host?sig=hunter2',
    ExportStorage: 'hunter2',
  };
  assert.doesNotMatch(faultsOf(env).join('\n'), /hunter2/);
  const good = { ...one, QUERY_KEY: 'hunter2', LAKE_SAS: 'sig=hunter2', AzureWebJobsStorage: connection };
  assert.doesNotMatch(inspect(parseConfig(good), { depth: 9, showHidden: true }), /hunter2|dG9wIHNlY3JldA/);
});

test('the overlap of two sources is exact to the boundary', () => {
  const { apps, exports } = parseConfig({ ...one, ...blobs, SIGNALS: 'requests', QUERY_FROM: '2024-02-01', EXPORT_UNTIL: '2024-03-01' });
  assert.ok(exports);
  assert.deepEqual(sourceOverlap(apps, exports, 'shop', 'requests'), { start: Date.UTC(2024, 1, 1), end: Date.UTC(2024, 2, 1) });
  assert.equal(sourceOverlap(apps, exports, 'shop', 'traces'), undefined);
  assert.equal(sourceOverlap(apps, exports, 'pay', 'requests'), undefined);
  assert.equal(sourceOverlap(apps, { ...exports, until: Date.UTC(2024, 1, 1) }, 'shop', 'requests'), undefined);
});

test('durations and instants', () => {
  for (const [text, length] of [
    ['30s', 30_000],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['', undefined],
    ['1', undefined],
    ['1.5h', undefined],
    ['-1h', undefined],
    ['1H', undefined],
  ] as const)
    assert.equal(durationOf(text), length, text);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 99_999 }), (seconds) => assert.equal(durationOf(durationText(seconds * 1000)), seconds * 1000)),
  );
  for (const [text, iso] of [
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31T06:30', '2026-01-31T06:30:00.000Z'],
    ['2026-01-31 06:30:15', '2026-01-31T06:30:15.000Z'],
    ['2026-01-31T06:30:15.1234567Z', '2026-01-31T06:30:15.123Z'],
    ['2026-01-31T06:30:00-02:00', '2026-01-31T08:30:00.000Z'],
  ] as const)
    assert.equal(new Date(instantOf(text) ?? 0).toISOString(), iso);
  for (const text of [
    '',
    'now',
    'yesterday',
    '2026',
    '2026-1-1',
    '2026-13-01',
    '2026-02-29',
    '2026-01-01T24:00',
    '2026-01-01T25:00Z',
    '1769839200',
  ])
    assert.equal(instantOf(text), undefined, text);
});

test('the published JSON Schema is the one of the code (else: npx insights-lake settings-schema > insights-lake.schema.json)', () => {
  assert.deepEqual(JSON.parse(readFileSync(join(root, 'insights-lake.schema.json'), 'utf8')), settingsJsonSchema());
});

test('every setting is documented', () => {
  const text = readFileSync(join(root, 'docs/settings.md'), 'utf8');
  const missing = [...flatSettings.map(([name]) => name), ...secretSettings, 'AZURE_CLIENT_ID', 'INSIGHTS_LAKE_CONFIG'].filter(
    (name) => !text.includes(`\`${name}\``),
  );
  assert.deepEqual(missing, []);
});

test('the sample of local settings is complete', () => {
  const sample = JSON.parse(readFileSync(join(root, 'local.settings.sample.json'), 'utf8')) as {
    IsEncrypted: boolean;
    Values: Record<string, string>;
  };
  assert.equal(sample.IsEncrypted, false);
  assert.equal(sample.Values.FUNCTIONS_WORKER_RUNTIME, 'node');
  const config = parseConfig(sample.Values);
  assert.deepEqual(config.apps[0]?.query?.auth, { kind: 'none' });
  assert.ok(config.exports);
});

test('bindings are found whatever the settings look like', () => {
  const usual = { schedule: '0 */5 * * * *', queue: 'insights-lake-windows', blobs: undefined, sweep: undefined };
  const none = readFrom({});
  for (const env of [{}, { INSIGHTS_LAKE_CONFIG: '{' }, { INSIGHTS_LAKE_CONFIG: '@gone' }, { INSIGHTS_LAKE_CONFIG: '{"plan":7}' }])
    assert.deepEqual(bindingsOf(env, none), usual);
  const document = JSON.stringify({ exports: { container: 'ce-1', prefix: 'a/b', trigger: 'LogsAndContainerScan', connection: 'Own' } });
  const env = { INSIGHTS_LAKE_CONFIG: document, PLAN_SCHEDULE: '0 * * * * *', WINDOW_QUEUE: 'q-1', EXPORT_WINDOW: 'wrong' };
  assert.deepEqual(bindingsOf(env, none), {
    schedule: '0 * * * * *',
    queue: 'q-1',
    blobs: { path: 'ce-1/a/b/{name}', connection: 'Own', source: 'LogsAndContainerScan' },
    sweep: '0 */10 * * * *',
  });
  assert.equal(bindingsOf({ EXPORT_CONTAINER: 'ce-1' }, none).blobs?.path, 'ce-1/{name}');
});
