import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { infra, resourcesOf } from './snapshots.ts';

const root = join(infra, '..');
const text = (name: string) => readFileSync(join(root, name), 'utf8');
const azd = text('azure.yaml');

test('azd calls scripts that exist, and publishes the folder that npm run package fills', () => {
  const { scripts } = JSON.parse(text('package.json'));
  const called = [...azd.matchAll(/run: npm run (\w+)/g)].map(([, name = '']) => name);
  assert.deepEqual([...new Set(called)], ['package', 'events']);
  assert.deepEqual(
    called.filter((name) => !(name in scripts)),
    [],
  );
  const [, folder = ''] = /dist: (\S+)/.exec(azd) ?? [];
  assert.equal(folder, '.package/app');
  const script = text('infra/package.ts');
  assert.ok(script.includes("target = join(root, '.package')") && script.includes("app = join(target, 'app')"));
  assert.ok(text('.gitignore').split('\n').includes('.package/'));
  assert.match(
    azd,
    /^requiredVersions:\n {2}azd: ">= 1\.23\.4"$/m,
    'older ones cannot read arrays and objects from variables',
  );
  assert.match(azd, /remoteBuild: false/, 'or azd leaves node_modules out');
});

test('azd finds the function app by the name of its service', () => {
  const [, service = ''] = /^services:\n {2}(\w+):/m.exec(azd) ?? [];
  const site = resourcesOf('query').find(({ type }) => type === 'Microsoft.Web/sites');
  assert.deepEqual(site?.tags, { 'azd-service-name': service });
});
