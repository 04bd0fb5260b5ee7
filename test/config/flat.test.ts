import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signalNames } from '../../shared/config/schema.ts';
import { parseConfig } from '../../shared/config.ts';
import { faultsOf, guid, one, reads, refuses } from './settings.ts';

test('a handful of flat settings is enough, everything else has a default', () => {
  assert.deepEqual(JSON.parse(JSON.stringify(parseConfig(one))), {
    apps: [
      {
        name: 'shop',
        query: {
          url: `https://api.applicationinsights.io/v1/apps/${guid}/query`,
          scope: 'https://api.applicationinsights.io/.default',
          auth: { kind: 'identity', clientId: '', setting: 'AZURE_CLIENT_ID' },
          schema: { kind: 'app' },
          signals: signalNames,
          window: 3_600_000,
          lag: 600_000,
        },
      },
    ],
    audit: { recheck: 180_000_000, horizon: 2_592_000_000, purged: 'follow' },
    tending: { rules: {}, remove: false, audit: 'repair' },
    budget: { inFlight: 5, rate: 200 },
    lake: {
      kind: 'container',
      url: 'https://lake.blob.core.windows.net',
      container: 'telemetry',
      prefix: '',
      access: { kind: 'identity', clientId: '', setting: 'LAKE_CLIENT_ID or AZURE_CLIENT_ID' },
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

reads([['blank settings are not set', { ...one, QUERY_WINDOW: ' ' }, (c) => c.apps[0]?.query?.window, 3_600_000]]);

refuses([
  [
    'nothing at all',
    {},
    /^nothing to export: set APP_NAME and APP_ID/,
    /^exactly one of LAKE_ACCOUNT_URL, LAKE_CONNECTION_STRING, LAKE_FOLDER must name the lake; none/,
    /^AzureWebJobsStorage__queueServiceUri must be .* \(or AzureWebJobsStorage a connection string\); it is not set/,
    /^AzureWebJobsStorage__tableServiceUri/,
  ],
  ['a number', { ...one, PLAN_LIMIT: '0' }, /^PLAN_LIMIT must be a whole number from 1 to 10000; it is 0$/],
  [
    'a schedule of five fields',
    { ...one, PLAN_SCHEDULE: '*/5 * * * *' },
    /^PLAN_SCHEDULE must be a schedule of six fields .*; .* put the second in front: 0 \*\/5 \* \* \* \*; it is /,
  ],
  ['a weekday that is none', { ...one, PLAN_SCHEDULE: '0 0 0 * * 7' }, /^PLAN_SCHEDULE must be .*; 7 is no weekday/],
  [
    'a schedule that never fires',
    { ...one, PLAN_SCHEDULE: '0 0 0 31 2 *' },
    /^PLAN_SCHEDULE must be .* that fires some day/,
  ],
  [
    'misspelt names',
    { ...one, QUERY_WINDOWS: '1h', LAKE_CONTIANER: 'x', ExportStorage__blobServiceUrl: 'x', APP_FOO: '1' },
    /^QUERY_WINDOWS is no setting of Insights Lake; did you mean QUERY_WINDOW\?$/,
    /did you mean LAKE_CONTAINER/,
    /did you mean ExportStorage__blobServiceUri/,
    /^APP_FOO is no setting/,
  ],
]);

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

test('settings that Windows plans set themselves are left alone', () =>
  assert.deepEqual(faultsOf({ ...one, APP_POOL_ID: 'x' }), []));
