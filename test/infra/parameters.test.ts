import assert from 'node:assert/strict';
import { test } from 'node:test';
import { azdParameters, azdValues } from './azdValues.ts';
import { type Parameter, templateOf } from './snapshots.ts';

const { parameters: main, outputs } = templateOf('main');
const all = Object.entries({ ...main, ...templateOf('events').parameters });

test('parameters have types: lists and objects of text, numbers with limits, words that are listed', () => {
  const loose = all.filter(
    ([, { type, items, additionalProperties, minValue, maxValue, allowedValues }]) =>
      (type === 'array' && items?.type !== 'string') ||
      (type === 'object' && additionalProperties?.type !== 'string') ||
      (type === 'int' && allowedValues === undefined && (minValue === undefined || maxValue === undefined)),
  );
  assert.deepEqual(loose, []);
  for (const name of ['use', 'plan', 'premiumSku', 'lakeSku', 'stateSku', 'exportTrigger', 'instanceMemoryMB'])
    assert.ok((main[name]?.allowedValues?.length ?? 0) > 1, name);
});

test('defaults are the safe and the cheap ones', () => {
  const expected = {
    alerts: true,
    plan: 'FlexConsumption',
    maximumInstanceCount: 5, // the query API serves five at once
    exportTrigger: 'EventGrid',
    diagnosticSettings: false,
    lakeRetentionDays: 0, // nothing is deleted unless asked for
    exportRetentionDays: 0,
    zoneRedundant: false,
  };
  const found = Object.keys(expected).map((name) => [name, main[name]?.defaultValue]);
  assert.deepEqual(Object.fromEntries(found), expected);
});

test('every parameter of main.bicep can be set through azd, and azd sets no other', () => {
  assert.deepEqual([...azdParameters.keys()].sort(), Object.keys(main).sort());
  const variables = [...azdParameters.values()].map((value) => /^\$\{(\w+)/.exec(value)?.[1]);
  assert.equal(new Set(variables).size, variables.length, 'each by a variable of its own');
});

/** What is wrong with a value, by type and limits of the parameter; '' for nothing. */
function fault(name: string, value: unknown, parameter: Parameter | undefined): string {
  if (parameter === undefined) return `${name}: main.bicep has no such parameter`;
  const { type, allowedValues, minValue, maxValue, minLength, maxLength } = parameter;
  const kind = Array.isArray(value)
    ? 'array'
    : Number.isInteger(value)
      ? 'int'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;
  if (kind !== type) return `${name}: ${kind} instead of ${type}`;
  if (allowedValues && !allowedValues.includes(value)) return `${name}: ${value} is none of ${allowedValues}`;
  const size = typeof value === 'string' ? value.length : Number(value);
  const [least, most] = [minValue ?? minLength ?? Number.NEGATIVE_INFINITY, maxValue ?? maxLength ?? Infinity];
  return size < least || size > most ? `${name}: ${value} is beyond its limits` : '';
}

const faults = (given: ReadonlyMap<string, unknown>): string[] => [
  ...[...given].map(([name, value]) => fault(name, value, main[name])).filter((text) => text !== ''),
  ...Object.entries(main)
    .filter(([name, { defaultValue, nullable }]) => defaultValue === undefined && !nullable && !given.has(name))
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

/** A value for a parameter that is not its default, as text of azd's environment. */
function another({ type, allowedValues, minValue, minLength }: Parameter): string {
  if (allowedValues) return String(allowedValues.at(-1));
  if (type === 'bool') return 'true';
  if (type === 'int') return String((minValue ?? 0) + 1);
  if (type === 'array') return '["a@example.org"]';
  return type === 'object' ? '{"QUERY_FROM":"2026-01-01"}' : 'x'.repeat(Math.max(minLength ?? 1, 4));
}

test('azd gives what main.bicep needs, whichever of its variables are set', () => {
  assert.deepEqual(faults(azdValues(main, {})), []);
  const environment = Object.fromEntries(
    [...azdParameters].map(([name, value]) => {
      const parameter = main[name];
      assert.ok(parameter, name);
      return [/^\$\{(\w+)/.exec(value)?.[1] ?? '', another(parameter)];
    }),
  );
  const values = azdValues(main, environment);
  assert.deepEqual([...values.keys()], [...azdParameters.keys()]);
  assert.deepEqual(faults(values), []);
});

test('what azd falls back on is what main.bicep does', () => {
  const other = [...azdValues(main, {})].filter(
    ([name, value]) => name !== 'use' && JSON.stringify(main[name]?.defaultValue) !== JSON.stringify(value),
  );
  assert.deepEqual(other, []);
});

test('what azd hands over has names of its own: no output is an input, or a usual variable of a shell', () => {
  const given = Object.keys(outputs).map((name) => name.toLowerCase());
  const variables = [...azdParameters.values()].map((value) => /^\$\{(\w+)/.exec(value)?.[1] ?? '');
  assert.deepEqual(
    variables.filter((name) => given.includes(name.toLowerCase()) || !name.includes('_')),
    [],
  );
});

test('the outputs begin with a small letter: the Azure CLI respells others', () => {
  assert.deepEqual(
    Object.keys(outputs).filter((name) => !/^[a-z]/.test(name)),
    [],
  );
});

test('a default has no brace: azd would take it for the end', () => {
  assert.deepEqual(
    [...azdParameters.values()].filter((value) => !/^\$\{[A-Z_]+(=[^{}]+)?\}$/.test(value)),
    [],
  );
});
