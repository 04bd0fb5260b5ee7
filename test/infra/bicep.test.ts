import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { bicepFile, filesEnding, infra, parameterFile, syntaxFaultsOf } from './bicepFile.ts';

const files = filesEnding('.bicep').map(bicepFile);
const byName = new Map(files.map((file) => [file.file, file]));
const parameterFiles = filesEnding('.bicepparam');

test('the grammar finds what is wrong', () => {
  assert.deepEqual(syntaxFaultsOf("param a string = 'x'\n"), []);
  assert.notDeepEqual(syntaxFaultsOf("param a string = 'x\n"), []);
  assert.notDeepEqual(syntaxFaultsOf('var a = {\n  b 1\n}\n'), []);
});

test('no file has a syntax error', () => {
  assert.ok(files.length >= 12 && parameterFiles.length >= 5);
  assert.deepEqual([...files.flatMap((file) => file.faults), ...parameterFiles.flatMap((file) => parameterFile(file).faults)], []);
});

test('every parameter and output says what it is', () => {
  const silent = files.flatMap(({ file, text, parameters }) => {
    const mute = [...parameters].filter(([, { decorators }]) => !decorators.some((word) => /^description\('.{7,}'\)$/s.test(word)));
    const outputs = [...text.matchAll(/^(.*)\noutput (\w+)/gm)].filter(([, before = '']) => !before.startsWith('@description('));
    return [...mute.map(([name]) => `${file}: param ${name}`), ...outputs.map(([, , name]) => `${file}: output ${name}`)];
  });
  assert.deepEqual(silent, []);
});

test('whole numbers have limits, and words that Azure knows are listed', () => {
  const loose = files.flatMap(({ file, parameters }) =>
    [...parameters]
      .filter(([, { type, decorators }]) => type === 'int' && !/allowed|minValue.*maxValue/s.test(decorators.join()))
      .map(([name]) => `${file}: ${name}`),
  );
  assert.deepEqual(loose, []);
  for (const name of ['use', 'plan', 'premiumSku', 'lakeSku', 'exportTrigger'])
    assert.match(byName.get('main.bicep')?.parameters.get(name)?.decorators.join() ?? '', /allowed\(/, name);
});

test('modules get the parameters that they declare, and give the outputs that are asked of them', () => {
  const wrong = files.flatMap(({ file, text, modules }) =>
    modules.flatMap(({ name, file: target, given }) => {
      const module = byName.get(target);
      if (!module) return [`${file}: ${name}: no file ${target}`];
      const missing = [...module.parameters].filter(([key, { value }]) => value === undefined && !given.includes(key)).map(([key]) => key);
      const unknown = given.filter((key) => !module.parameters.has(key));
      const asked = [...text.matchAll(new RegExp(`\\b${name}!?\\.outputs\\.(\\w+)`, 'g'))].map(([, key = '']) => key);
      return [...missing, ...unknown, ...asked.filter((key) => !module.outputs.includes(key))].map((key) => `${file}: ${name}: ${key}`);
    }),
  );
  assert.deepEqual(wrong, []);
  assert.deepEqual(
    filesEnding('.bicep').filter(
      (file) => file.startsWith('modules/') && !files.some((other) => other.modules.some((use) => use.file === file)),
    ),
    [],
    'modules that nothing uses',
  );
});

test('parameter files give what main.bicep needs and nothing that it does not know', () => {
  const main = byName.get('main.bicep')?.parameters ?? new Map();
  for (const file of parameterFiles) {
    const { using, given } = parameterFile(file);
    assert.equal(using, 'main.bicep', file);
    const needed = [...main].filter(([, { value }]) => value === undefined).map(([name]) => name);
    assert.deepEqual(
      needed.filter((name) => !given.includes(name)),
      [],
      file,
    );
    assert.deepEqual(
      given.filter((name) => !main.has(name)),
      [],
      file,
    );
  }
});

test('a resource type has one version everywhere, and none is a preview unless there is nothing else', () => {
  const versions = new Map<string, Set<string>>();
  for (const { type, version } of files.flatMap((file) => file.resources).filter((resource) => resource.version !== ''))
    versions.set(type, (versions.get(type) ?? new Set()).add(version));
  const several = [...versions].filter(([, found]) => found.size > 1).map(([type]) => type);
  const previews = [...versions].filter(([, found]) => [...found].some((version) => version.endsWith('preview'))).map(([type]) => type);
  assert.deepEqual([several, previews], [[], ['Microsoft.Insights/diagnosticSettings']]);
});

const compiler = [
  { command: 'bicep', args: ['build', '--stdout'] },
  { command: 'az', args: ['bicep', 'build', '--stdout', '--file'] },
].find(({ command, args }) => spawnSync(command, [...args.slice(0, -1), '--help'], { stdio: 'ignore' }).status === 0);

for (const file of ['main.bicep', 'events.bicep'])
  test(`${file} compiles`, { skip: compiler ? false : 'neither bicep nor az bicep is on this machine' }, () => {
    const { command = '', args = [] } = compiler ?? {};
    const { status, stderr } = spawnSync(command, [...args, join(infra, file)], { encoding: 'utf8', maxBuffer: 1 << 28 });
    assert.equal(status, 0, stderr);
  });
