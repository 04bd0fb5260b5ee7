import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..');
const patterns = readFileSync(join(root, '.funcignore'), 'utf8')
  .split('\n')
  .map((line) => line.trim())
  .filter((line) => line !== '' && !line.startsWith('#'));

/**
 * How func reads a line (Azure Functions Core Tools 4): a beginning of the path from the root that ends at the end of a
 * word, `*` for one character or more except the slash. azd and git read the same lines almost alike.
 */
const denied = (path: string): boolean =>
  patterns.some((line) =>
    new RegExp(`^${line.replace(/[-[\]/{}()+?.\\^$|]/g, '\\$&').replace(/\*/g, '([^/]+)')}\\b`).test(path),
  );

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly dev?: boolean; readonly devDependencies?: Record<string, string> }>
  >;
}
const lock: Lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const installed = Object.entries(lock.packages).filter(([path]) => path.startsWith('node_modules/'));

test('what runs is published', () => {
  for (const path of [
    'host.json',
    'package.json',
    'insights-lake.json',
    'dist/functions/planWindows.js',
    'dist/shared/pipeline/run.js',
    'node_modules/@kusto/language-service-next/bridge.min.js',
    'node_modules/@kusto/language-service-next/Kusto.Language.Bridge.min.js',
  ])
    assert.equal(denied(path), false, path);
  const lost = installed.filter(
    ([path, { dev }]) => !dev && ['/package.json', '/dist/x.js', '/lib/test/x.js'].some((file) => denied(path + file)),
  );
  assert.deepEqual(
    lost.map(([path]) => path),
    [],
  );
});

test('nothing else is', () => {
  const paths = [
    '.ci/run',
    '.github/workflows/ci.yml',
    '.gitignore',
    '.funcignore-copy.md',
    '.insights-lake/azurite/db.json',
    '.package/host.json',
  ]
    .concat([
      'README.md',
      'LICENSE',
      'SECURITY.md',
      'azure.yaml',
      'biome.json',
      'package-lock.json',
      'tsconfig.json',
      'tsconfig.build.json',
    ])
    .concat([
      'bench/main.ts',
      'cli/main.ts',
      'docs/deploy.md',
      'functions/planWindows.ts',
      'infra/main.bicep',
      'local/demo/main.ts',
    ])
    .concat([
      'deployed.json',
      'lake/requests/app=shop/date=2026-01-31/hour=06/query_a_b.parquet',
      'local.settings.json',
      'local.settings.sample.json',
      'shared/model.ts',
      'test/corpus/README.md',
      'dist/cli/main.js',
    ]);
  assert.deepEqual(
    paths.filter((path) => !denied(path)),
    [],
  );
});

test('a forgotten --omit=dev does not publish the tools: none of those that package.json names', () => {
  const tools = Object.keys(lock.packages['']?.devDependencies ?? {});
  assert.ok(tools.length > 5);
  assert.deepEqual(
    tools.filter((name) => !denied(`node_modules/${name}/package.json`)),
    [],
  );
});

test('azd does not take node_modules for excluded, which would make it build in Azure', () => {
  assert.deepEqual(
    patterns.filter((line) => /^\/?node_modules\/?(\*\*?)?$/.test(line)),
    [],
  );
});
