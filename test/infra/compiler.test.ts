import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Bicep, type Diagnostic, findBicep, howToGetBicep, startBicep } from '../../infra/compiler.ts';
import { releaseEntries } from '../../infra/release.ts';
import { refused } from './refused.ts';
import { infra, parametersPath, parametersText, snapshotPath, snapshotText, templateFiles, ways } from './snapshots.ts';

test('a compiler is found by BICEP, then on the PATH, then where az bicep install puts it', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'bicep-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const [onPath, azure] = [join(folder, 'path'), join(folder, 'azure')];
  for (const place of [onPath, join(azure, 'bin')]) {
    await mkdir(place, { recursive: true });
    writeFileSync(join(place, 'bicep'), '');
    chmodSync(join(place, 'bicep'), 0o755);
  }
  const env = { AZURE_CONFIG_DIR: azure, PATH: [folder, onPath].join(delimiter) };
  assert.equal(findBicep({ ...env, BICEP: '/named' }), '/named');
  assert.equal(findBicep(env), join(onPath, 'bicep'));
  assert.equal(findBicep({ ...env, PATH: folder }), join(azure, 'bin', 'bicep'));
  assert.equal(findBicep({ PATH: folder, AZURE_CONFIG_DIR: folder }), undefined);
});

test('a compiler that does not start says so', async () => {
  await assert.rejects(startBicep(join(tmpdir(), 'no-such-bicep')), /no-such-bicep does not start/);
});

const path = findBicep(process.env);

test('a build machine has a compiler', { skip: process.env.CI === 'true' ? false : 'only with CI=true' }, () => {
  assert.ok(path, howToGetBicep);
});

const root = join(infra, '..');
const shown = (diagnostics: readonly Diagnostic[]): string[] =>
  // What is recent hangs on the day: it is for whoever compiles, and fails no test.
  diagnostics
    .filter(({ code }) => code !== 'use-recent-api-versions')
    .map(({ source, range, code, message }) => `${relative(root, source)}:${range.start.line + 1} ${code} ${message}`);

describe('with the Bicep compiler', { skip: path ? false : howToGetBicep }, () => {
  let bicep: Bicep;
  before(async () => {
    bicep = await startBicep(path ?? '');
  });
  after(() => bicep.close());

  for (const name of ['main', 'events'])
    test(`${name}.bicep compiles without an error or a warning, every rule of the linter on`, async () => {
      const { contents, diagnostics } = await bicep.compile(join(infra, `${name}.bicep`));
      assert.deepEqual(shown(diagnostics), []);
      assert.ok(contents !== undefined);
    });

  test('parameter files give what the templates need, and nothing that they do not know or would refuse', async () => {
    const files = ['blobs', 'both', 'existing-lake', 'query'].map((name) =>
      join(infra, 'params', `${name}.bicepparam`),
    );
    for (const file of files) {
      const { diagnostics } = await bicep.compileParameters(file);
      assert.deepEqual(shown(diagnostics), [], file);
    }
  });

  test('files are written as bicep format writes them', async () => {
    for (const file of templateFiles()) assert.equal(await bicep.format(file), readFileSync(file, 'utf8'), file);
  });

  for (const way of ways)
    test(`the snapshot is what the templates make: ${way}`, async () => {
      const made: unknown = JSON.parse(await snapshotText(way, bicep));
      assert.deepEqual(made, JSON.parse(readFileSync(snapshotPath(way), 'utf8')), 'stale: run npm run snapshots');
    });

  test('the list of parameters is the one of the templates', async () => {
    assert.equal(readFileSync(parametersPath, 'utf8'), await parametersText(bicep), 'run npm run snapshots');
  });

  test('a release holds the templates compiled, for the portal', async () => {
    const entries = await releaseEntries(root, path ?? '');
    for (const name of ['main', 'events']) {
      const entry = entries.find((found) => found.name === `infra/${name}.json`);
      const { $schema, resources } = JSON.parse(String(Buffer.from(entry?.content ?? '')));
      assert.match($schema, /deploymentTemplate\.json#$/);
      assert.ok(Object.keys(resources).length > 2, name);
    }
  });

  for (const { name, template, parameters, sentence } of refused)
    test(`refused before anything is made: ${name}`, async () => {
      const folder = mkdtempSync(join(root, 'test', 'infra', 'snapshots', '.refused-'));
      try {
        const file = join(folder, 'way.bicepparam');
        writeFileSync(file, `using '../../../../infra/${template}.bicep'\n\n${parameters.join('\n')}\n`);
        await assert.rejects(bicep.snapshot(file), sentence);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
});
