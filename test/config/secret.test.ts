import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { flatSettings } from '../../shared/config/flat.ts';
import { secret, shown } from '../../shared/config/secret.ts';
import { parseConfig } from '../../shared/config.ts';
import { blobs, connection, faultsOf, one } from './settings.ts';

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

const keys = [
  'kGf3xQ9Zt7+bR/8uVn2LwYp5Hs0TjMc4Ae6DqXo1iBvU9gKzN3yPrW7mSaFhJ5ElCd8QtZx0uRkYb2VnGwLTMg==', // of an account
  'Abc8Q~dEfGhIjKlMnOpQrStUvWxYz0123456.789', // of a service principal
  'c0ffee00112233445566778899aabbccddeeff00112233445566778899aabbcc', // openssl rand -hex 32
  'p3x8k2m9q7w1z5r4t6y0u8i2o9a7s5d3f1g4h6j8', // of Application Insights
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
];
test('a key that was put into the wrong setting does not show either', () => {
  // The value of EXPORT_CONNECTION is the name of a setting, and is told as one.
  const names = flatSettings.map(([name]) => name).filter((name) => name !== 'EXPORT_CONNECTION');
  for (const name of [...names, 'INSIGHTS_LAKE_CONFIG', 'QUERY_CLIENTID'])
    for (const key of keys) {
      const told = faultsOf({ ...one, ...blobs, [name]: key, [`${name}X`]: key }).join('\n');
      for (let at = 0; at + 12 <= key.length; at++)
        assert.ok(!told.includes(key.slice(at, at + 12)), `${name}: ${told}`);
    }
  const plain = [
    '0123456789abcdef0123456789abcdef',
    'Telemetry/Raw2026/Shop-Production_Europe',
    '/subscriptions/A1b2/x',
  ];
  for (const text of plain) assert.equal(shown(text), JSON.stringify(text), 'ids and paths do show');
});

test('keys of accounts and functions, whatever their letters, are hidden, also at the end of an address', () => {
  for (let n = 0; n < 200; n++) {
    const bytes = createHash('sha512').update(String(n)).digest();
    for (const key of [bytes.toString('base64'), bytes.subarray(0, 42).toString('base64url')])
      for (const before of ['', 'https://stlake01.blob.core.windows.net/', 'telemetry/raw/2026-01-31/', '@'])
        assert.equal(shown(before + key), '[secret]', String(n));
  }
});

const ordinary = [
  'https://stlake01.blob.core.windows.net/lake',
  'https://stlake01prod.blob.core.windows.net/Lake-2026/App1/V2',
  'https://stlake01weu.dfs.core.windows.net',
  'https://stlakex7k2m9q4w1z3.blob.core.windows.net/lake',
  'http://10.0.0.4:10000/devstoreaccount1/telemetry-2026',
  'https://stlake01.blob.core.usgovcloudapi.net/lake',
  'abfss://lake@stlake01.dfs.core.windows.net/raw',
  'wasbs://insights-logs-2026@stlake01.blob.core.windows.net/raw',
  'https://api.applicationinsights.io/v1/apps/01234567-89ab-cdef-0123-456789abcdef/query',
  '/subscriptions/01234567-89AB-cdef-0123-456789abcdef/resourceGroups/RG-01',
  'resourceGroups/RG-Prod-WEU-01/providers/Microsoft.Insights/components/Shop-01',
  'shop-web-prod-weu-001_2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e',
  'insights_logs-apprequests-2026-01-westeurope-1',
  'rg-prod-weu-01-insights-lake-01-app-01',
  'DefaultWorkspace-01234567-89ab-cdef-0123-456789abcdef-WEU',
  'telemetry/raw/2026-01-31/app1/v2/eu-west-1',
  'app={app}/{signal}/y={yyyy}/m={MM}/d={dd}/h={HH}/{start}.{ext}',
  'Telemetry/Raw2026/Shop-Production_Europe/Web01/Api02',
  '2026-01-31T00:00:00.000+01:00/2026-02-01T00:00:00.000Z',
  '0 */10 6-18 1,15 1-12 1-5',
  '0,10,20,30,40,50 0-59/10 * * * 1,2,3,4,5',
  'requests, dependencies, customEvents, availabilityResults',
  'traces=30d, requests=400d, customMetrics=90d, *=365d',
];
for (const text of ordinary)
  test(`an ordinary value that is wrong stays readable: ${text}`, () =>
    assert.equal(shown(text), JSON.stringify(text)));

test('the user of an address is none of its container', () => {
  for (const text of [
    'abfss://lake:hunter2@stlake01.dfs.core.windows.net',
    'https://hunter2@stlake01.dfs.core.windows.net',
  ])
    assert.equal(shown(text), '[secret]');
});

test('an address is shown without what it is asked with', () => {
  const rows: [string, string][] = [
    ['https://f.azurewebsites.net/api/q?code=SECRET&x=1', 'https://f.azurewebsites.net/api/q?…'],
    ['f.azurewebsites.net/api/q?code=SECRET&x=1', 'f.azurewebsites.net/api/q?…'],
    ['https://f.azurewebsites.net/#SECRET', 'https://f.azurewebsites.net/#…'],
    ['f.azurewebsites.net#token=SECRET', 'f.azurewebsites.net#…'],
    ['ftp://f.azurewebsites.net/?code=SECRET', 'ftp://f.azurewebsites.net/?…'],
    ['https://me:SECRET@f.azurewebsites.net', '[secret]'],
    ['{signal}/{yyyy}.{ext}', '{signal}/{yyyy}.{ext}'],
  ];
  for (const [given, told] of rows) assert.equal(shown(given).replaceAll('"', ''), told, given);
});

test('an address with a user, a query or a fragment is none that is asked', () => {
  for (const end of ['/?code=SECRET', '?', '/#SECRET', '/v1?x'])
    assert.match(
      faultsOf({ ...one, QUERY_ENDPOINT: `https://api.example.org${end}` }).join('\n'),
      /QUERY_ENDPOINT must be the address .* without user and query string/,
      end,
    );
  const faults = faultsOf({ ...one, QUERY_ENDPOINT: 'https://me:hunter2@api.example.org' }).join('\n');
  assert.match(faults, /QUERY_ENDPOINT must be/);
  assert.doesNotMatch(faults, /hunter2|SECRET/);
});
