import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { flatSettings, secretSettings } from '../../shared/config/flat.ts';
import { settingsJsonSchema } from '../../shared/config/schema.ts';
import { parseConfig } from '../../shared/config.ts';

const root = join(import.meta.dirname, '../..');

test('the published JSON Schema is the one of the code (else: npx insights-lake settings-schema)', () => {
  assert.deepEqual(JSON.parse(readFileSync(join(root, 'insights-lake.schema.json'), 'utf8')), settingsJsonSchema());
});

test('every setting is documented', () => {
  const text = readFileSync(join(root, 'docs/settings.md'), 'utf8');
  const missing = [
    ...flatSettings.map(([name]) => name),
    ...secretSettings,
    'AZURE_CLIENT_ID',
    'INSIGHTS_LAKE_CONFIG',
  ].filter((name) => !text.includes(`\`${name}\``));
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
