import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sectionKeys } from '../../shared/config/schema.ts';
import { parseConfig } from '../../shared/config.ts';
import { assertFaults, faultsOf, guid, one, other, readFrom } from './settings.ts';

const { APP_NAME: _, APP_ID: __, ...place } = one;
const document = {
  $schema: 'https://example.org/insights-lake.schema.json',
  apps: [
    { name: 'shop', appId: guid, window: '15m', signals: ['requests'] },
    { name: 'pay', workspaceId: other, from: '2026-01-01', cloud: 'china' },
  ],
  signals: ['traces'],
  query: { lag: '20m', cloud: 'usgov' },
};

test('several apps come in one document, each with what it says and what query says', () => {
  for (const env of [
    { ...place, INSIGHTS_LAKE_CONFIG: JSON.stringify(document) },
    { ...place, INSIGHTS_LAKE_CONFIG: '@apps.json' },
  ]) {
    const { apps } = parseConfig(env, readFrom({ 'apps.json': `\uFEFF${JSON.stringify(document)}` }));
    assert.deepEqual(
      apps.map(({ name, query }) => [
        name,
        new URL(query?.url ?? '').host,
        query?.window,
        query?.lag,
        query?.signals,
        query?.from,
      ]),
      [
        ['shop', 'api.applicationinsights.us', 900_000, 1_200_000, ['requests'], undefined],
        ['pay', 'api.loganalytics.azure.cn', 3_600_000, 1_200_000, ['traces'], Date.UTC(2026, 0, 1)],
      ],
    );
  }
});

test('a flat setting wins over the document', () => {
  const config = parseConfig({ ...place, QUERY_LAG: '5m', INSIGHTS_LAKE_CONFIG: JSON.stringify(document) });
  assert.equal(config.apps[0]?.query?.lag, 300_000);
});

const wrongDocuments: readonly (readonly [what: string, document: unknown, ...faults: RegExp[]])[] = [
  ['text', '{', /^INSIGHTS_LAKE_CONFIG must be a JSON object.*does not parse/],
  ['a list', '[]', /^INSIGHTS_LAKE_CONFIG must be a JSON object, .*; it is \[\]$/],
  ['a missing file', '@none.json', /^INSIGHTS_LAKE_CONFIG must name a file .*@none.json cannot \(ENOENT/],
  [
    'a nest',
    `{"apps":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
    /^INSIGHTS_LAKE_CONFIG must be .* nests more than 32 deep$/,
  ],
  ['a key', { ...document, querry: {} }, /^INSIGHTS_LAKE_CONFIG: querry is no setting; did you mean query\?$/],
  [
    'a key of an app',
    { apps: [{ name: 'a', appid: guid, appId: guid }] },
    /^INSIGHTS_LAKE_CONFIG: apps\[0\].appid is no setting; did you mean appId\?$/,
  ],
  [
    'a value',
    { apps: [{ name: 'a', appId: guid, window: 15 }] },
    /^INSIGHTS_LAKE_CONFIG: apps\[0\].window must be a length .*; it is 15$/,
  ],
  [
    'two of one name',
    {
      apps: [
        { name: 'a', appId: guid },
        { name: 'a', appId: other },
      ],
    },
    /^INSIGHTS_LAKE_CONFIG: apps\[1\].name must be a name that no other app has; it is "a"$/,
  ],
  [
    'a secret',
    { ...document, lake: { sas: 'sig=abc' } },
    /^INSIGHTS_LAKE_CONFIG: lake.sas is no setting; a secret goes into the app setting LAKE_SAS$/,
  ],
];
for (const [what, value, ...expected] of wrongDocuments) {
  test(`refuses ${what} in the document`, () => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    assertFaults(faultsOf({ ...place, INSIGHTS_LAKE_CONFIG: text }), expected);
  });
}

test('apps of the document and flat ones exclude each other', () => {
  assert.match(
    faultsOf({ ...one, INSIGHTS_LAKE_CONFIG: JSON.stringify(document) }).join('\n'),
    /^APP_NAME, APP_ID and apps of INSIGHTS_LAKE_CONFIG exclude/,
  );
});

test('two names of one app are refused where they want the same signal of the same time', () => {
  const component = '/subscriptions/a/resourceGroups/b/providers/microsoft.insights/components/c';
  const twice = /^INSIGHTS_LAKE_CONFIG: apps\[1\]\.(appId|workspaceId) must be that of an app that no other name has/;
  const shop = { name: 'shop', appId: guid };
  const faults: readonly [object, object, boolean][] = [
    [shop, { name: 'store', appId: guid.toUpperCase() }, true],
    [shop, { name: 'store', appId: other }, false],
    [shop, { name: 'store', appId: guid, from: '2026-02-01' }, true],
    [{ ...shop, until: '2026-02-01' }, { name: 'store', appId: guid, from: '2026-02-01' }, false],
    [{ ...shop, until: '2026-02-02' }, { name: 'store', appId: guid, from: '2026-02-01' }, true],
    [{ ...shop, signals: ['requests'] }, { name: 'store', appId: guid, signals: ['traces', 'exceptions'] }, false],
    [{ ...shop, signals: ['requests'] }, { name: 'store', appId: guid, signals: ['traces', 'requests'] }, true],
    [{ name: 'all', workspaceId: guid }, { name: 'shop', workspaceId: guid, resourceId: component }, false],
    [{ name: 'all', workspaceId: guid }, { name: 'shop', workspaceId: guid }, true],
    [
      { name: 'shop', workspaceId: guid, resourceId: component },
      { name: 'store', workspaceId: guid, resourceId: component.toLowerCase() },
      true,
    ],
    [
      { name: 'shop', workspaceId: guid, resourceId: component },
      { name: 'store', workspaceId: guid, resourceId: `${component}d` },
      false,
    ],
    [shop, { name: 'store', workspaceId: guid }, false],
  ];
  for (const [first, second, isRefused] of faults) {
    const found = faultsOf({ ...place, INSIGHTS_LAKE_CONFIG: JSON.stringify({ apps: [first, second] }) });
    assert.equal(found.length, isRefused ? 1 : 0, `${JSON.stringify(second)}: ${found}`);
    if (isRefused) assert.match(found[0] ?? '', twice);
  }
});

test('whatever stands where something else should, it is told in words of our own', () => {
  const wrong = [null, 5, 'x', [], {}, true, [null], [[]], { a: 1 }, 1e99, ''];
  for (const [section, keys] of Object.entries(sectionKeys))
    for (const key of keys.filter((each) => each !== '$schema'))
      for (const value of wrong) {
        const own = { [key]: value };
        const [first = '', second] = section.split('.');
        const part = second === undefined ? own : { [second]: own };
        const whole = first === '' ? own : { [first]: first === 'apps' ? [part] : part };
        const env = { ...(JSON.stringify(whole).startsWith('{"apps"') ? place : one), ExportStorage: 'x' };
        const faults = faultsOf({ ...env, INSIGHTS_LAKE_CONFIG: JSON.stringify(whole) }).join('\n');
        assert.doesNotMatch(faults, /Invalid|expected|Too |undefined|NaN|\[object/, faults);
      }
});
