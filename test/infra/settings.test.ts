import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../shared/config.ts';
import { appSettingsOf, clientId, componentAppId, workspaceCustomerId } from './appSettings.ts';
import { resourcesOf, ways } from './snapshots.ts';

const by = (setting: string) => ({ kind: 'identity', clientId, setting }) as const;
const url = (account: string, service = 'blob') => `https://${account}.${service}.core.windows.net`;
const container = (account: string, name: string, prefix = '', setting = 'AZURE_CLIENT_ID') => ({
  kind: 'container',
  url: account,
  container: name,
  prefix,
  access: by(setting),
});
const accountOf = (way: string, letter: string): string =>
  resourcesOf(way).find(
    ({ type, name }) => type === 'Microsoft.Storage/storageAccounts' && name.startsWith(`ilake${letter}`),
  )?.name ?? '';
const lakeOf = (way: string) => url(accountOf(way, 'l'));

const component =
  '/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/shop/' +
  'providers/microsoft.insights/components/Shop.Prod';
const byApp = (name: string, id: string) => ({ name, asked: `apps/${id}/query`, schema: { kind: 'app' } });
const byWorkspace = (name: string, id: string, resourceId: string) => ({
  name,
  asked: `workspaces/${id}/query`,
  schema: { kind: 'workspace', resourceId },
});
const app = byApp('shop-prod', componentAppId);

/**
 * What the app makes of the settings of each way to deploy: its apps, the place of the lake, the place of the exports.
 */
const expected: Readonly<Record<string, readonly [apps: readonly object[], lake: object, exports?: object]>> = {
  query: [[app], container(lakeOf('query'), 'lake')],
  zones: [[app], container(lakeOf('zones'), 'lake')],
  'private-own-subnets': [[app], container(lakeOf('private-own-subnets'), 'lake')],
  workspace: [[byWorkspace('shop-prod', workspaceCustomerId, component)], container(lakeOf('workspace'), 'lake')],
  'several-apps': [
    [
      byApp('shop', '22222222-2222-4222-8222-222222222222'),
      byWorkspace('crm', '44444444-4444-4444-8444-444444444444', ''),
    ],
    container(lakeOf('several-apps'), 'lake'),
  ],
  quarantine: [[app], container(lakeOf('quarantine'), 'lake', 'insights')],
  'own-lake': [[app], container(url('theirlake'), 'telemetry', 'insights')],
  blobs: [[], container(lakeOf('blobs'), 'lake', 'insights'), container(url('theirexports'), 'exports', 'archive')],
  'data-export': [[], container(lakeOf('data-export'), 'lake'), container(url('theirexports'), 'am-apprequests')],
  'premium-polling': [[], container(lakeOf('premium-polling'), 'lake'), container(url('theirexports'), 'exports')],
  diagnostics: [
    [],
    container(lakeOf('diagnostics'), 'lake'),
    container(url(accountOf('diagnostics', 'e')), 'insights-logs-apprequests'),
  ],
  both: [[app], container(lakeOf('both'), 'lake'), container(url(accountOf('both', 'e')), 'exports')],
  private: [[app], container(lakeOf('private'), 'lake'), container(url(accountOf('private', 'e')), 'exports')],
};

test('every way to deploy stands in this table', () => {
  assert.deepEqual(Object.keys(expected).sort(), ways.filter((way) => !way.startsWith('events')).sort());
});

for (const [way, [apps, lake, exports]] of Object.entries(expected))
  test(`the app has nothing against the settings of a deployment: ${way}`, () => {
    const config = parseConfig(appSettingsOf(way));
    const host = accountOf(way, 'h');
    assert.equal(config.state.tableUrl, url(host, 'table'));
    assert.equal(config.state.queueUrl, url(host, 'queue'));
    assert.deepEqual(config.state.access, by('AzureWebJobsStorage__clientId'));
    assert.deepEqual(config.lake, lake);
    assert.deepEqual(
      config.apps.map(({ name, query }) => ({ name, asked: query?.url.split('/v1/')[1], schema: query?.schema })),
      apps,
    );
    for (const { query } of config.apps) assert.deepEqual(query?.auth, by('AZURE_CLIENT_ID'));
    assert.deepEqual(config.exports?.place, exports && { ...exports, access: by('ExportStorage__clientId') });
  });
