import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bicepFile, infra, parameterFile } from './bicepFile.ts';

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

test('a default has no brace: azd would take it for the end', () => {
  const values = [...parameterFile('main.parameters.json').values()];
  assert.deepEqual(
    values.filter((value) => !/^\$\{[A-Z_]+(=[^{}]+)?\}$/.test(String(value))),
    [],
  );
});

test('azd finds the function app by the name of its service', () => {
  const [, service = ''] = /^services:\n {2}(\w+):/m.exec(azd) ?? [];
  assert.ok(bicepFile('modules/app.bicep').text.includes(`'azd-service-name': '${service}'`));
});

test('what azd hands over has names of its own: no output comes back as an input, and none is a usual variable of a shell', () => {
  const inputs = [...text('infra/main.parameters.json').matchAll(/"\$\{(\w+)/g)].map(([, name = '']) =>
    name.toLowerCase(),
  );
  assert.ok(inputs.length > 10);
  const outputs = bicepFile('main.bicep').outputs.map((name) => name.toLowerCase());
  assert.deepEqual(
    inputs.filter((name) => outputs.includes(name) || !name.includes('_')),
    [],
  );
});

test('the outputs begin with a small letter: the Azure CLI respells others', () => {
  assert.deepEqual(
    bicepFile('main.bicep').outputs.filter((name) => !/^[a-z]/.test(name)),
    [],
  );
});
