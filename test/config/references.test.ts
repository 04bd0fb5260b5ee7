/** References that the platform did not follow: it leaves them where the value would be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unfollowedReferences } from '../../shared/config/unknown-settings.ts';
import { wired } from '../../shared/wire.ts';
import { blobs, connection, one } from './settings.ts';

const vault = '@Microsoft.KeyVault(SecretUri=https://vault.vault.azure.net/secrets/c2VjcmV0)';
const shape = JSON.stringify({ shape: { '*': { hash: ['user_Id'] } } });

const cases: readonly (readonly [what: string, env: Record<string, string>, faulty: readonly string[]])[] = [
  ['a key for hashing, which would be long enough', { SHAPE_HASH_KEY: vault }, ['SHAPE_HASH_KEY']],
  ['a key of the account', { LAKE_ACCOUNT_KEY: ` ${vault}` }, ['LAKE_ACCOUNT_KEY']],
  ['an id', { APP_ID: '@Microsoft.AppConfiguration(Endpoint=https://c.azconfig.io; Key=id)' }, ['APP_ID']],
  ['the document', { INSIGHTS_LAKE_CONFIG: vault.toLowerCase() }, ['INSIGHTS_LAKE_CONFIG']],
  ['connections', { AzureWebJobsStorage: vault, ExportStorage: vault }, ['ExportStorage', 'AzureWebJobsStorage']],
  ['a connection by another name', { EXPORT_CONNECTION: 'Mine', Mine: vault }, ['Mine']],
  ['a setting of others', { OTHER: vault }, []],
  ['what they lead to', { LAKE_CONNECTION_STRING: connection }, []],
  ['a file of the package', { INSIGHTS_LAKE_CONFIG: '@Microsoft.json' }, []],
];
for (const [what, env, faulty] of cases)
  test(`a reference for ${what}`, () => {
    const found = unfollowedReferences({ ...one, ...blobs, ...env });
    assert.deepEqual(
      found.map(({ setting }) => setting),
      faulty,
    );
  });

test('the app runs nothing with one, and says what to do', () => {
  const before = { ...process.env };
  try {
    Object.assign(process.env, one, { INSIGHTS_LAKE_CONFIG: shape, SHAPE_HASH_KEY: vault });
    assert.throws(() => wired(), /^Error: settings: SHAPE_HASH_KEY is a reference that the platform could not follow/);
  } finally {
    process.env = before;
  }
});
