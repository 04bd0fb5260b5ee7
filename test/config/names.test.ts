import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { azureNames, platformNames, terminalNames } from '../../shared/config/azure-names.ts';
import { documentSetting, flatSettings, secretSettings } from '../../shared/config/flat.ts';
import { lackingPrefix, nearlyRead, unknownSettings } from '../../shared/config/unknown-settings.ts';
import { faultsOf, one } from './settings.ts';

const own = [...flatSettings.map(([name]) => name), ...secretSettings, documentSetting];
const connections = ['ExportStorage', 'AzureWebJobsStorage'];

/** What can go wrong in typing a name; `[..., ...]` is none where the name has nothing for it. */
const typing: readonly (readonly [string, (name: string) => string])[] = [
  ['without the first letter', (name) => name.slice(1)],
  ['without the last', (name) => name.slice(0, -1)],
  ['without the last two', (name) => name.slice(0, -2)],
  ['a letter more', (name) => `${name}S`],
  ['two letters more', (name) => `${name}XY`],
  ['one on each side', (name) => `X${name}X`],
  ['without an underscore', (name) => name.replace('_', '')],
  ['an underscore twice', (name) => name.replace('_', '__')],
  ['the last two turned', (name) => name.replace(/(.)(.)$/, '$2$1')],
  ['two turned', (name) => `${name.slice(0, 3)}${name[4]}${name[3]}${name.slice(5)}`],
  ['small', (name) => name.toLowerCase()],
  ['a dash', (name) => name.replace('_', '-')],
  ['a digit', (name) => name.replace('E', '3')],
  ['another letter', (name) => name.replace(/[AI]/, 'O')],
];

describe('whatever is spelt nearly as something that is read is named, with what was probably meant', () => {
  const parts = connections.flatMap((name) => [`${name}__blobServiceUri`, `${name}__clientId`, `${name}__credential`]);
  const read = [...own, ...azureNames, ...terminalNames, ...connections];
  const wrongs = (name: string): string[] =>
    [...new Set(typing.map(([, spell]) => spell(name)))].filter(
      (spelt) =>
        spelt !== name &&
        spelt.length >= 5 &&
        !read.some((known) => known === spelt || (/_proxy$/.test(spelt) && known === spelt.toUpperCase())),
    );
  for (const name of [...own, ...parts])
    test(`${name}: refused`, () => {
      const wrong = wrongs(name);
      for (const spelt of wrong) {
        const said = faultsOf({ ...one, [spelt]: '5' }).join('\n');
        assert.ok(said.includes(`${spelt} is no setting of Insights Lake`), `${spelt} is accepted: ${said}`);
      }
      assert.ok(wrong.length > 3, `${wrong.length} ways were tried`);
    });
  for (const name of azureNames)
    test(`${name}: told, not refused`, () => {
      const wrong = wrongs(name);
      for (const spelt of wrong) {
        assert.deepEqual(faultsOf({ ...one, [spelt]: '5' }), []);
        const [said = ''] = nearlyRead({ ...one, [spelt]: '5' }, azureNames);
        assert.ok(said.startsWith(`${spelt} is set and not read here; did you mean `), `${spelt}: ${said}`);
      }
      assert.ok(wrong.length > 3, `${wrong.length} ways were tried`);
    });
});

test('beside the right name a like one is somebody else’s', () => {
  assert.equal(nearlyRead({ AZURE_CLIENTID: 'x' }).length, 1);
  assert.deepEqual(nearlyRead({ AZURE_CLIENTID: 'x', AZURE_CLIENT_ID: 'y' }), []);
});

test('parts of a connection of another name are looked at alike', () => {
  const env = { EXPORT_CONTAINER: 'exports', EXPORT_CONNECTION: 'OldStorage', OldStorage__blobServiceUri: 'https://a' };
  const said = faultsOf({ ...one, ...env, OldStorage__queueServiceUrl: 'https://b' }).join('\n');
  assert.match(said, /^OldStorage__queueServiceUrl is no .*; did you mean OldStorage__queueServiceUri\?$/m);
});

test('at a terminal it is said what is not read, of all that commands read', () => {
  for (const name of [...azureNames, ...terminalNames.filter((each) => each.startsWith('AZURE'))]) {
    assert.deepEqual(nearlyRead({ [name]: 'x' }), []);
    assert.deepEqual(nearlyRead({ [`${name}S`]: 'x' }), [`${name}S is set and not read here; did you mean ${name}?`]);
    assert.deepEqual(nearlyRead({ [`${name}S`]: ' ' }), [], 'blank is not set');
  }
});

/** Of App Service, Functions, the Azure CLI and libraries, azd, Terraform, build machines, shells. */
const ofOthers = `
AZURE_CLIENT_SECRET AZURE_CLIENT_CERTIFICATE_PATH AZURE_CLIENT_CERTIFICATE_PASSWORD AZURE_CONFIG_DIR AZURE_USERNAME
AZURE_SUBSCRIPTION_ID AZURE_STORAGE_ACCOUNT AZURE_STORAGE_SAS_TOKEN AZURE_STORAGE_AUTH_MODE
AZURE_STORAGE_SERVICE_ENDPOINT AZURE_STORAGE_ACCOUNT_NAME AZURE_STORAGE_ACCOUNT_KEY AZURE_STORAGE_NAME
AZURE_STORAGE_KEY AZURE_STORAGE_CONNECTION_STRING AZURE_RESOURCE_GROUP AZURE_LOCATION AZURE_ENV_NAME
AZURE_PRINCIPAL_ID AZURE_PRINCIPAL_TYPE AZURE_OBJECT_ID AZURE_CLOUD AZURE_EXTENSION_DIR AZURE_HTTP_USER_AGENT
AZURE_LOG_LEVEL AZURE_TRACING_DISABLED AZURE_AUTHORITY AZURE_DEFAULTS_GROUP AZURE_DEFAULTS_LOCATION AZURE_CORE_OUTPUT
AZURE_FUNCTIONS_ENVIRONMENT AZURE_KEYVAULT_ENDPOINT AZURE_FEDERATED_TOKEN AZURE_SERVICE_PRINCIPAL_ID
AZURE_SP_CLIENT_ID AZURE_AD_TENANT_ID AZURE_AD_CLIENT_ID AZURE_CREDENTIALS AZURE_REGION AZURE_DEVOPS_EXT_PAT
AZURE_CONTAINER_REGISTRY_ENDPOINT AZD_INITIAL_ENVIRONMENT_CONFIG AZURE_USER_NAME ARM_CLIENT_ID ARM_TENANT_ID
ARM_CLIENT_SECRET ARM_SUBSCRIPTION_ID ARM_ACCESS_KEY ARM_USE_MSI ARM_MSI_ENDPOINT APPINSIGHTS_INSTRUMENTATIONKEY
APPLICATIONINSIGHTS_INSTRUMENTATION_KEY APPLICATIONINSIGHTS_CONFIGURATION_CONTENT APPLICATIONINSIGHTS_ROLE_NAME
APPLICATIONINSIGHTS_SAMPLING_PERCENTAGE ApplicationInsightsAgent_EXTENSION_VERSION
APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL APPLICATION_INSIGHTS_NO_STATSBEAT APPINSIGHTS_PROFILERFEATURE_VERSION
FUNCTIONS_WORKER_RUNTIME FUNCTIONS_EXTENSION_VERSION FUNCTIONS_WORKER_PROCESS_COUNT FUNCTIONS_REQUEST_BODY_SIZE_LIMIT
FUNCTIONS_APPLICATION_DIRECTORY FUNCTIONS_WORKER_DIRECTORY FUNCTION_APP_EDIT_MODE FUNCTIONS_INPROC_NET8_ENABLED
AzureWebJobsStorage AzureWebJobsDashboard AzureWebJobsFeatureFlags AzureWebJobsSecretStorageType
AzureWebJobsScriptRoot AzureWebJobsDisableHomepage AzureWebJobsSecretStorageKeyVaultUri
AzureWebJobsStorage__managedIdentityResourceId AzureWebJobsSecretStorageSas AzureWebJobs_TypeScriptPath
AzureWebJobs.planWindows.Disabled AzureWebJobsEnv AzureFunctionsJobHost__logging__logLevel__default
AzureFunctionsJobHost__extensions__queues__batchSize
AzureFunctionsJobHost__logging__applicationInsights__samplingSettings__isEnabled AzureFunctionsWebHost__hostid
WEBSITE_SITE_NAME WEBSITE_INSTANCE_ID WEBSITE_HOSTNAME WEBSITE_RUN_FROM_PACKAGE WEBSITE_CONTENTSHARE WEBSITE_TIME_ZONE
WEBSITE_CONTENTAZUREFILECONNECTIONSTRING WEBSITE_NODE_DEFAULT_VERSION WEBSITE_AUTH_ENABLED WEBSITE_RESOURCE_GROUP
WEBSITE_OWNER_NAME WEBSITE_SKU WEBSITE_SLOT_NAME WEBSITE_VNET_ROUTE_ALL WEBSITE_DNS_SERVER WEBSITE_LOAD_CERTIFICATES
WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT WEBSITE_DEFAULT_HOSTNAME
WEBSITE_AUTH_ENCRYPTION_KEY WEBSITE_AUTH_SIGNING_KEY WEBSITE_OS WEBSITE_PLACEHOLDER_MODE WEBSITE_CORS_ALLOWED_ORIGINS
SCM_DO_BUILD_DURING_DEPLOYMENT ENABLE_ORYX_BUILD SCM_COMMAND_IDLE_TIMEOUT ORYX_ENV_TYPE REGION_NAME HOME PATH TEMP TMP
MSI_ENDPOINT MSI_SECRET IDENTITY_ENDPOINT IDENTITY_HEADER IDENTITY_API_VERSION CONTAINER_NAME WEBSITE_PLATFORM_VERSION
APP_POOL_ID APP_POOL_CONFIG LANG SHELL USER RELEASE BASE PORT HOST NODE_ENV NODE_OPTIONS NODE_PATH PWD OLDPWD SHLVL
OTEL_TRACES_SAMPLER OTEL_TRACES_SAMPLER_ARG OTEL_EXPORTER_OTLP_PROTOCOL OTEL_EXPORTER_OTLP_LOGS_ENDPOINT
OTEL_LOG_LEVEL OTEL_EXPORTER_OTLP_TRACES_ENDPOINT OTEL_EXPORTER_OTLP_TRACES_HEADERS
OTEL_EXPORTER_OTLP_METRICS_PROTOCOL OTEL_PROPAGATORS OTEL_LOGS_EXPORTER OTEL_TRACES_EXPORTER
OTEL_METRIC_EXPORT_INTERVAL OTEL_BSP_SCHEDULE_DELAY OTEL_EXPORTER_OTLP_INSECURE http_proxy https_proxy no_proxy
all_proxy ftp_proxy FTP_PROXY SOCKS_PROXY NO_COLOR FORCE_COLOR CLICOLOR COLORTERM TERM GITHUB_TOKEN GITHUB_RUN_ID
SYSTEM_ACCESSTOKEN SYSTEM_OIDCREQUESTURI BUILD_BUILDID CI TF_BUILD DOCKER_HOST DOTNET_ROOT SSL_CERT_FILE
NODE_EXTRA_CA_CERTS NODE_TLS_REJECT_UNAUTHORIZED npm_config_cache JAVA_HOME PYTHONPATH LOGNAME HOSTNAME
API_ENDPOINT AI_ENDPOINT S3_ENDPOINT WS_ENDPOINT MS_ENDPOINT MI_ENDPOINT MQ_ENDPOINT TSI_ENDPOINT SSI_ENDPOINT
MCP_ENDPOINT SMS_ENDPOINT IMS_ENDPOINT MDS_ENDPOINT IMDS_ENDPOINTS MSI_ENDPOINTS MSI_SECRETS IDENTITY_HEADERS
API_SECRET MY_SECRET MS_SECRET MFA_SECRET MI_SECRET HMI_SECRET SSO_SECRET DB_SECRET AAD_SECRET AD_SECRET
GOPROXY GO_PROXY APT_PROXY WSL_PROXY MY_PROXY TCP_PROXY SMTP_PROXY MAIL_PROXY DB_PROXY API_PROXY S3_PROXY TOR_PROXY
XL_PROXY CF_PROXY HTTP2_PROXY _PROXY NO_PROXIES WSS_PROXY WS_PROXY RSYNC_PROXY GRPC_PROXY NPM_PROXY
AZURE_CLIENT_ID_2 AZURE_CLIENT_ID2 AZURE_STORAGE_KEY1 AZURERM_CLIENT_ID AzureWebJobsStorage1 AzureWebJobsStorage2
ExportStorage2 APP_UID APP_PORT APP_SERVICE_HOST APP_SERVICE_PORT APP_SERVICE_PORT_HTTP APP_PORT_80_TCP
APP_PORT_80_TCP_PROTO APP_PORT_80_TCP_PORT APP_PORT_80_TCP_ADDR LAKE_SERVICE_HOST QUERY_SERVICE_PORT
`
  .trim()
  .split(/\s+/);

test('names of others that are near one of Azure’s or OpenTelemetry’s refuse nothing', () => {
  for (const name of [
    'APPLICATION_INSIGHTS_CONNECTION_STRING',
    'OTEL_METRIC_EXPORTER',
    'AZURE_TENANT_IDS',
    'NOPROXY',
  ]) {
    assert.deepEqual(faultsOf({ ...one, [name]: 'x' }), []);
    assert.equal(nearlyRead({ [name]: 'x' }).length, 1, name);
  }
});

test('names that exist elsewhere are left alone', () => {
  assert.ok(ofOthers.length > 180, String(ofOthers.length));
  assert.deepEqual(
    ofOthers.filter((name) => unknownSettings({ [name]: 'x' }).length > 0 || nearlyRead({ [name]: 'x' }).length > 0),
    [],
  );
});

describe('nothing that is read by name is missing from the lists', () => {
  const known = new Set([...own, ...azureNames, ...terminalNames, ...platformNames, ...connections]);
  /** `env.NAME`, `env['NAME']`, `settingOf(env, 'NAME')`, and names told to a library. */
  const READ = [
    /\benv(?:\.|\[['"])([A-Za-z][A-Za-z0-9_]+)/g,
    /\b(?:settingOf|connectionOf)\(\s*\w*[eE]nv,\s*['"]([A-Za-z_]+)['"]/g,
    /\b(?:AZURE|IDENTITY|IMDS|MSI)_[A-Z_]+: ?"([A-Z_]+)"/g,
  ];
  const namesIn = (folder: string, ending: string): Map<string, string> =>
    new Map(
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith(ending))
        .flatMap((name) => {
          const text = readFileSync(`${folder}/${name}`, 'utf8');
          return READ.flatMap((pattern) => [...text.matchAll(pattern)].map(([, read = '']) => [read, name] as const));
        }),
    );
  // A client id that is none: the name of a column of the library's own.
  const NONE = new Set(['DEFAULT_IDENTITY_CLIENT_ID', 'envVariable', 'name', 'constructor']);
  const places: readonly (readonly [folder: string, ending: string, least: number])[] = [
    ['shared', '.ts', 8],
    ['functions', '.ts', 1],
    ['cli', '.ts', 4],
    ['node_modules/@azure/identity/dist/esm', '.js', 14],
    ['node_modules/@azure/msal-node/dist', '.mjs', 5],
  ];
  for (const [folder, ending, least] of places)
    test(folder, () => {
      assert.ok(existsSync(folder));
      const found = [...namesIn(folder, ending)].filter(([name]) => /[A-Z]/.test(name) && !NONE.has(name));
      assert.ok(found.length >= least, `${found.length} names`);
      assert.deepEqual(
        found.filter(([name]) => !known.has(name)),
        [],
      );
    });
});

test('a setting without its first word, or behind the name of the product, is told of an app, not refused', () => {
  const long = own.filter((name) => name.split('_').length > 2 && name !== documentSetting);
  assert.ok(long.length > 5, String(long.length));
  for (const name of long)
    for (const spelt of [name.slice(name.indexOf('_') + 1), `INSIGHTS_LAKE_${name}`, `INSIGHTS_${name}`]) {
      if (own.includes(spelt) || azureNames.includes(spelt)) continue;
      const [said = ''] = lackingPrefix({ [spelt]: '5' });
      assert.match(said, new RegExp(`^${spelt} is set and not read here; did you mean [A-Z_]+\\?$`));
      assert.deepEqual(
        lackingPrefix({ [spelt]: '5', [/mean (.*)\?/.exec(said)?.[1] ?? '']: '6' }),
        [],
        'it is set, too',
      );
    }
  const all = Object.fromEntries([...own, ...azureNames, ...platformNames].map((name) => [name, '5']));
  assert.deepEqual(lackingPrefix(all), []);
  assert.deepEqual(lackingPrefix({ FORMAT: '5', CONTAINER: '5', NODE_ENV: '5', SHOP_APP_ID: '5' }), []);
});

test('a key that no header can carry is refused, and not shown', () => {
  for (const key of ['ab\ncd', 'k\u00e9y', '\u043a\u043b\u044e\u0447', 'a\u001b[31m'])
    assert.deepEqual(faultsOf({ ...one, QUERY_KEY: key }), [
      'QUERY_KEY must be a key of plain letters, digits and signs, without line breaks; it is [secret]',
    ]);
  assert.deepEqual(faultsOf({ ...one, QUERY_KEY: 'a+/=-_.~ b' }), []);
});
