import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
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
