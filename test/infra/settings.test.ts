import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../shared/config.ts';
import { bicepFile, filesEnding, parameterFile } from './bicepFile.ts';

const identity = '11111111-1111-4111-8111-111111111111';
const id = '22222222-2222-4222-8222-222222222222';
const component =
  '/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/shop/providers/microsoft.insights/components/Shop.Prod';

/** Every setting that the templates make, with a value as a deployment gives it. */
const host = {
  AzureWebJobsStorage__blobServiceUri: 'https://ilakeh.blob.core.windows.net',
  AzureWebJobsStorage__queueServiceUri: 'https://ilakeh.queue.core.windows.net',
  AzureWebJobsStorage__tableServiceUri: 'https://ilakeh.table.core.windows.net',
  AzureWebJobsStorage__credential: 'managedidentity',
  AzureWebJobsStorage__clientId: identity,
  AzureWebJobsDisableHomepage: 'true',
  AZURE_CLIENT_ID: identity,
  APPLICATIONINSIGHTS_CONNECTION_STRING: 'InstrumentationKey=…',
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `ClientId=${identity};Authorization=AAD`,
};
const premium = {
  FUNCTIONS_EXTENSION_VERSION: '~4',
  FUNCTIONS_WORKER_RUNTIME: 'node',
  WEBSITE_RUN_FROM_PACKAGE: 'https://ilakeh.blob.core.windows.net/app-package/insights-lake.zip',
  WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID: '/subscriptions/…',
};
const lake = { LAKE_ACCOUNT_URL: 'https://ilakel.blob.core.windows.net', LAKE_CONTAINER: 'lake' };
const app = { APP_NAME: 'shop-prod', QUERY_CLOUD: 'public', APP_ID: id };
const workspace = { APP_NAME: 'shop-prod', QUERY_CLOUD: 'public', WORKSPACE_ID: id, RESOURCE_ID: component };
const blobs = {
  EXPORT_CONTAINER: 'exports',
  EXPORT_TRIGGER: 'EventGrid',
  ExportStorage__blobServiceUri: 'https://ilakee.blob.core.windows.net',
  ExportStorage__queueServiceUri: 'https://ilakee.queue.core.windows.net',
  ExportStorage__credential: 'managedidentity',
  ExportStorage__clientId: identity,
};
const folders = { LAKE_PREFIX: 'insights', EXPORT_PREFIX: 'archive' };
const document = { INSIGHTS_LAKE_CONFIG: JSON.stringify({ apps: [{ name: 'shop', appId: id }] }) };

const settingsIn = (text: string) =>
  [...text.matchAll(/(?:^ *|\{ )([A-Z][A-Za-z]*_\w+|AzureWebJobs\w+|ExportStorage__\w+): /gm)].map(([, name]) => name);

test('the settings of this test are those that the templates make', () => {
  const made = ['main.bicep', 'modules/app.bicep'].flatMap((file) => {
    const variables = [
      ...bicepFile(file).text.matchAll(/^var \w+Settings =[\s\S]*?(?=^(?:var|module|resource|\/\/) ?)/gm),
    ];
    return settingsIn(variables.join('\n'));
  });
  const here = Object.keys({ ...host, ...premium, ...lake, ...app, ...workspace, ...blobs, ...folders, ...document });
  assert.deepEqual([...new Set(made)].sort(), here.sort());
});

const ways = {
  query: { ...host, ...lake, ...app },
  workspace: { ...host, ...premium, ...lake, ...workspace },
  blobs: { ...host, ...lake, ...blobs, ...folders },
  both: { ...host, ...lake, ...app, ...blobs, EXPORT_UNTIL: '2024-02-01', QUERY_FROM: '2024-02-01' },
  document: { ...host, ...lake, ...document },
};

for (const [way, env] of Object.entries(ways))
  test(`the app has nothing against the settings of a deployment: ${way}`, () => {
    const config = parseConfig(env);
    assert.equal(config.state.tableUrl, host.AzureWebJobsStorage__tableServiceUri);
    assert.equal(config.state.queueUrl, host.AzureWebJobsStorage__queueServiceUri);
    assert.deepEqual(config.state.access, { kind: 'identity', clientId: identity });
    const access = { kind: 'identity', clientId: identity } as const;
    const prefix = 'LAKE_PREFIX' in env ? 'insights' : '';
    assert.deepEqual(config.lake, { kind: 'container', url: lake.LAKE_ACCOUNT_URL, container: 'lake', prefix, access });
    assert.equal(config.apps.length, way === 'blobs' ? 0 : 1);
    for (const { query } of config.apps) assert.deepEqual(query?.auth, access);
    assert.deepEqual(
      config.exports?.place,
      'EXPORT_CONTAINER' in env
        ? {
            kind: 'container',
            url: blobs.ExportStorage__blobServiceUri,
            container: 'exports',
            prefix: 'EXPORT_PREFIX' in env ? 'archive' : '',
            access,
          }
        : undefined,
    );
  });

for (const file of filesEnding('.parameters.json').filter((name) => name.startsWith('params/')))
  test(`the app has nothing against the settings of ${file}`, () => {
    const text = JSON.stringify(Object.fromEntries(parameterFile(file))).replaceAll('<container>', 'filled-in');
    const {
      use,
      sourceComponentId,
      exportAccountId,
      lakeAccountId,
      exportContainer,
      exportPrefix,
      lakeContainer,
      lakePrefix,
      settings,
    } = JSON.parse(text);
    // As main.bicep derives them.
    const config = parseConfig({
      ...host,
      ...lake,
      ...(lakeContainer && { LAKE_CONTAINER: lakeContainer }),
      ...(lakePrefix && { LAKE_PREFIX: lakePrefix }),
      ...(use !== 'blobs' && app),
      ...(use !== 'query' && { ...blobs, EXPORT_CONTAINER: exportContainer }),
      ...(exportPrefix && { EXPORT_PREFIX: exportPrefix }),
      ...settings,
    });
    assert.equal(config.apps.length === 1, use !== 'blobs');
    assert.equal(config.exports !== undefined, use !== 'query');
    assert.deepEqual(
      [!sourceComponentId, !exportAccountId],
      [use === 'blobs', use === 'query'],
      'each use names its sources',
    );
    assert.equal(!lakeAccountId, !lakeContainer, 'a lake of one’s own is account and container');
  });
