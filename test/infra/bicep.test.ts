import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { azdValues } from './azdValues.ts';
import { bicepFile, filesEnding, infra, parameterFile, syntaxFaultsOf } from './bicepFile.ts';

const files = filesEnding('.bicep').map(bicepFile);
const byName = new Map(files.map((file) => [file.file, file]));
const parameterFiles = filesEnding('.parameters.json');

test('the grammar finds what is wrong', () => {
  assert.deepEqual(syntaxFaultsOf("param a string = 'x'\n"), []);
  assert.notDeepEqual(syntaxFaultsOf("param a string = 'x\n"), []);
  assert.notDeepEqual(syntaxFaultsOf('var a = {\n  b 1\n}\n'), []);
});

test('no file has a syntax error', () => {
  assert.ok(files.length >= 12);
  assert.deepEqual(
    files.flatMap((file) => file.faults),
    [],
  );
});

test('every parameter and output says what it is', () => {
  const silent = files.flatMap(({ file, text, parameters }) => {
    const mute = [...parameters].filter(
      ([, { decorators }]) => !decorators.some((word) => /^description\('.{7,}'\)$/s.test(word)),
    );
    const outputs = [...text.matchAll(/^(.*)\noutput (\w+)/gm)].filter(
      ([, before = '']) => !before.startsWith('@description('),
    );
    return [
      ...mute.map(([name]) => `${file}: param ${name}`),
      ...outputs.map(([, , name]) => `${file}: output ${name}`),
    ];
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
      const missing = [...module.parameters]
        .filter(([key, { value }]) => value === undefined && !given.includes(key))
        .map(([key]) => key);
      const unknown = given.filter((key) => !module.parameters.has(key));
      const asked = [...text.matchAll(new RegExp(`\\b${name}!?\\.outputs\\.(\\w+)`, 'g'))].map(([, key = '']) => key);
      return [...missing, ...unknown, ...asked.filter((key) => !module.outputs.includes(key))].map(
        (key) => `${file}: ${name}: ${key}`,
      );
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

const main = byName.get('main.bicep')?.parameters ?? new Map();

/** What is wrong with a value, by type and limits of the parameter; '' for nothing. */
function fault(name: string, value: unknown): string {
  const parameter = main.get(name);
  if (!parameter) return `${name}: main.bicep has no such parameter`;
  const kind = Array.isArray(value)
    ? 'array'
    : Number.isInteger(value)
      ? 'int'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;
  if (kind !== parameter.type) return `${name}: ${kind} instead of ${parameter.type}`;
  const decorators = parameter.decorators.join('\n');
  const [, allowed] = /^allowed\(\[([^\]]*)\]\)$/m.exec(decorators) ?? [];
  const words = allowed?.match(/'[^']*'|\d+/g)?.map((word) => word.replaceAll("'", ''));
  if (words && !words.includes(String(value))) return `${name}: ${value} is none of ${words}`;
  const size = typeof value === 'string' ? value.length : typeof value === 'number' ? value : undefined;
  const limit = (word: string) =>
    Number(new RegExp(`^${word}(?:Length|Value)\\((\\d+)\\)$`, 'm').exec(decorators)?.[1] ?? Number.NaN);
  return size !== undefined && (size < limit('min') || size > limit('max'))
    ? `${name}: ${value} is beyond its limits`
    : '';
}

const faults = (given: ReadonlyMap<string, unknown>): string[] => [
  ...[...given].map(([name, value]) => fault(name, value)).filter((text) => text !== ''),
  ...[...main]
    .filter(([name, { value }]) => value === undefined && !given.has(name))
    .map(([name]) => `${name} is not given`),
];

test('values that main.bicep would refuse are found', () => {
  const wrong = {
    use: 'all',
    colour: 'red',
    location: 1,
    maximumInstanceCount: 0,
    privateNetwork: 'true',
    alertEmails: {},
    name: 'il',
  };
  assert.deepEqual(
    faults(new Map(Object.entries(wrong))).map((text) => /^\w+/.exec(text)?.[0]),
    Object.keys(wrong),
  );
  assert.deepEqual(faults(new Map()), ['use is not given']);
});

test('parameter files give what main.bicep needs, and nothing that it does not know or would refuse', () => {
  const ways = parameterFiles.filter((file) => file.startsWith('params/'));
  assert.deepEqual(ways.map((file) => /(\w[\w-]*)\./.exec(file)?.[1]).sort(), [
    'blobs',
    'both',
    'existing-lake',
    'query',
  ]);
  for (const file of ways) assert.deepEqual(faults(parameterFile(file)), [], file);
});

test('azd gives what main.bicep needs, whichever of its variables are set', () => {
  const given = parameterFile('main.parameters.json');
  assert.deepEqual(faults(azdValues(given, main, {})), []);
  const environment = {
    ...{
      INSIGHTS_LAKE_USE: 'both',
      INSIGHTS_LAKE_NAME: 'shop',
      AZURE_LOCATION: 'westeurope',
      SOURCE_COMPONENT_ID: '/c',
    },
    ...{
      SOURCE_WORKSPACE_ID: '/w',
      EXPORT_ACCOUNT_ID: '/e',
      EXPORT_CONTAINER_NAME: 'old',
      EXPORT_FOLDER: 'a/b',
      LAKE_ACCOUNT_ID: '/l',
    },
    ...{
      DIAGNOSTIC_SETTINGS: 'true',
      LAKE_CONTAINER_NAME: 'mine',
      INSTANCE_MEMORY_MB: '4096',
      MAXIMUM_INSTANCE_COUNT: '2',
    },
    ...{
      PRIVATE_NETWORK: 'true',
      ALERT_EMAILS: '["a@example.org"]',
      INSIGHTS_LAKE_SETTINGS: '{"QUERY_FROM":"2026-01-01"}',
    },
  };
  const values = azdValues(given, main, environment);
  assert.deepEqual([...values.keys()], [...given.keys()]);
  assert.deepEqual(faults(values), []);
  assert.deepEqual(
    [...values.values()].map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value))).sort(),
    Object.values(environment).sort(),
  );
});

test('what azd falls back on is what main.bicep does', () => {
  const values = azdValues(parameterFile('main.parameters.json'), main, {});
  const other = [...values].filter(
    ([name, value]) => (main.get(name)?.value ?? "'query'").replaceAll("'", '') !== String(value),
  );
  assert.deepEqual(other, []);
});

test('a resource type has one version everywhere, and none is a preview unless there is nothing else', () => {
  const versions = new Map<string, Set<string>>();
  for (const { type, version } of files.flatMap((file) => file.resources).filter((resource) => resource.version !== ''))
    versions.set(type, (versions.get(type) ?? new Set()).add(version));
  const several = [...versions].filter(([, found]) => found.size > 1).map(([type]) => type);
  const previews = [...versions]
    .filter(([, found]) => [...found].some((version) => version.endsWith('preview')))
    .map(([type]) => type);
  assert.deepEqual([several, previews], [[], ['Microsoft.Insights/diagnosticSettings']]);
});

const compiler = [
  { command: 'bicep', args: ['build', '--stdout'] },
  { command: 'az', args: ['bicep', 'build', '--stdout', '--file'] },
].find(({ command, args }) => spawnSync(command, [...args.slice(0, -1), '--help'], { stdio: 'ignore' }).status === 0);

for (const file of ['main.bicep', 'events.bicep'])
  test(`${file} compiles`, { skip: compiler ? false : 'neither bicep nor az bicep is on this machine' }, () => {
    const { command = '', args = [] } = compiler ?? {};
    const { status, stderr } = spawnSync(command, [...args, join(infra, file)], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    assert.equal(status, 0, stderr);
  });
