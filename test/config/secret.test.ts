import assert from 'node:assert/strict';
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
