import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { grantsOf, roleIds } from './grants.ts';
import { infra, type Resource, resourcesOf, ways } from './snapshots.ts';

const all = ways.flatMap((way) => resourcesOf(way).map((resource) => ({ way, resource })));
const made = (type: string) => all.filter(({ resource }) => resource.type === type);
const propertyOf = (resource: Resource, path: string): unknown =>
  path.split('.').reduce<unknown>((at, key) => Object(at)[key], resource.properties);

/** Every resource of a type, in every way to deploy, has these properties. */
function everywhere(type: string, properties: Readonly<Record<string, unknown>>): void {
  const found = made(type);
  assert.ok(found.length > 0, type);
  for (const { way, resource } of found)
    for (const [path, value] of Object.entries(properties))
      assert.deepEqual(propertyOf(resource, path), value, `${way}: ${resource.name}: ${path}`);
}

test('storage accounts: Entra only, TLS 1.2, nothing anonymous', () => {
  everywhere('Microsoft.Storage/storageAccounts', {
    allowSharedKeyAccess: false,
    allowBlobPublicAccess: false,
    allowCrossTenantReplication: false,
    minimumTlsVersion: 'TLS1_2',
    supportsHttpsTrafficOnly: true,
    isLocalUserEnabled: false,
    isSftpEnabled: false,
  });
  everywhere('Microsoft.Storage/storageAccounts/blobServices/containers', { publicAccess: 'None' });
});

test('the function app: HTTPS only, TLS 1.2, no publishing passwords, no FTP', () => {
  everywhere('Microsoft.Web/sites', {
    httpsOnly: true,
    'siteConfig.minTlsVersion': '1.2',
    'siteConfig.scmMinTlsVersion': '1.2',
    'siteConfig.ftpsState': 'Disabled',
  });
  everywhere('Microsoft.Web/sites/basicPublishingCredentialsPolicies', { allow: false });
  const policies = made('Microsoft.Web/sites/basicPublishingCredentialsPolicies').map(({ resource }) =>
    resource.name.replace(/.*\//, ''),
  );
  assert.deepEqual([...new Set(policies)].sort(), ['ftp', 'scm']);
});

test('its telemetry takes tokens only', () => {
  everywhere('Microsoft.Insights/components', { DisableLocalAuth: true });
  everywhere('Microsoft.OperationalInsights/workspaces', { 'features.disableLocalAuth': true });
});

test('no secrets in outputs, settings or the log of deployments: only the key of the blob trigger is ever read', () => {
  const files = readdirSync(infra, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.bicep'));
  const reading = files.filter((name) =>
    /list[A-Z]\w*\(|AccountKey|SharedAccessSignature/.test(readFileSync(join(infra, name), 'utf8')),
  );
  assert.deepEqual(reading, ['events.bicep']);
  const subscription = readFileSync(join(infra, 'modules', 'subscription.bicep'), 'utf8');
  assert.match(subscription, /@secure\(\)\nparam endpointUrl string/);
  const text = ways
    .filter((way) => !way.startsWith('events'))
    .map((way) => readFileSync(join(infra, '..', 'test', 'infra', 'snapshots', `${way}.snapshot.json`), 'utf8'));
  assert.ok(text.every((snapshot) => !/listKeys|systemKeys/i.test(snapshot)));
});

/** What every deployment grants. A new row is a decision, to be explained in SECURITY.md. */
const always = [
  'storageBlobDataOwner on ilakeh',
  'storageQueueDataContributor on ilakeh',
  'storageTableDataContributor on ilakeh',
  'monitoringMetricsPublisher on ilake-',
];
const ownLake = 'storageBlobDataContributor on ilakel/containers/lake';
const theirComponent = 'reader on Shop.Prod';

/** What is granted where, by way to deploy. */
const grants: Readonly<Record<string, readonly string[]>> = {
  query: [...always, ownLake, theirComponent],
  workspace: [...always, ownLake, theirComponent, 'reader on shared'],
  'several-apps': [...always, ownLake, theirComponent, 'reader on shared'],
  zones: [...always, ownLake, theirComponent],
  'private-own-subnets': [...always, ownLake, theirComponent],
  quarantine: [...always, ownLake, theirComponent, 'storageBlobDataContributor on ilakel/containers/unreadable'],
  'own-lake': [
    ...always,
    theirComponent,
    'storageBlobDataContributor on theirlake/containers/telemetry',
    'storageBlobDataContributor on theirlake/containers/unreadable',
  ],
  blobs: [
    ...always,
    ownLake,
    'storageBlobDataReader on theirexports/containers/exports',
    'storageQueueDataContributor on theirexports',
  ],
  'data-export': [
    ...always,
    ownLake,
    'storageBlobDataReader on theirexports',
    'storageQueueDataContributor on theirexports',
  ],
  'premium-polling': [
    ...always,
    ownLake,
    'storageAccountContributor on theirexports',
    'storageBlobDataReader on theirexports',
    'storageQueueDataContributor on theirexports',
  ],
  diagnostics: [...always, ownLake, 'storageBlobDataReader on ilakee', 'storageQueueDataContributor on ilakee'],
  both: [
    ...always,
    ownLake,
    theirComponent,
    'storageBlobDataReader on ilakee',
    'storageQueueDataContributor on ilakee',
  ],
  private: [
    ...always,
    ownLake,
    theirComponent,
    'storageBlobDataReader on ilakee',
    'storageQueueDataContributor on ilakee',
  ],
  events: ['storageBlobDataContributor on ilakehost/containers/event-dead-letters'],
  'events-own-topic': ['storageBlobDataContributor on ilakehost/containers/event-dead-letters'],
};

test('what is granted is what was decided on, in every way to deploy', () => {
  const found = ways.map((way) => [way, grantsOf(way).map(({ role, on }) => `${role} on ${on}`)] as const);
  assert.deepEqual(
    Object.fromEntries(found.map(([way, list]) => [way, [...list].sort()])),
    Object.fromEntries(Object.entries(grants).map(([way, list]) => [way, [...list].sort()])),
  );
});

test('a what-if can show every role: its name and its condition are known before anything runs', () => {
  for (const { way, resource } of made('Microsoft.Authorization/roleAssignments'))
    assert.doesNotMatch(`${resource.id} ${resource.name} ${resource.condition ?? ''}`, /reference\(/, way);
});

test('SECURITY.md names every role', () => {
  const text = readFileSync(join(infra, '..', 'SECURITY.md'), 'utf8');
  const titles = Object.keys(roleIds).map((name) =>
    name.replace(/[A-Z]/g, ' $&').replace(/^./, (letter) => letter.toUpperCase()),
  );
  assert.deepEqual(
    titles.filter((title) => !text.includes(`| ${title} |`)),
    [],
  );
});

test('in a private network no account answers to the internet, but for services that must write', () => {
  const reach = (way: string) =>
    Object.fromEntries(
      resourcesOf(way)
        .filter(({ type }) => type === 'Microsoft.Storage/storageAccounts')
        .map((account) => [
          account.name.slice(0, 6),
          [
            propertyOf(account, 'publicNetworkAccess'),
            propertyOf(account, 'networkAcls.defaultAction'),
            propertyOf(account, 'networkAcls.bypass'),
          ].join(' '),
        ]),
    );
  // Diagnostic settings write into the exports, Event Grid's dead letters go to the host's account.
  assert.deepEqual(reach('private'), {
    ilakeh: 'Enabled Deny AzureServices',
    ilakel: 'Disabled Deny None',
    ilakee: 'Enabled Deny AzureServices',
  });
  assert.deepEqual(reach('private-own-subnets'), { ilakeh: 'Disabled Deny None', ilakel: 'Disabled Deny None' });
});

test('events: finished blobs of that container only, and none is lost in silence', () => {
  const prefixes = { events: '', 'events-own-topic': 'blobs/archive/shop/' };
  for (const [way, folder] of Object.entries(prefixes)) {
    const found = resourcesOf(way).find(({ type }) => type === 'Microsoft.EventGrid/systemTopics/eventSubscriptions');
    assert.ok(found, way);
    assert.deepEqual(propertyOf(found, 'filter'), {
      includedEventTypes: ['Microsoft.Storage.BlobCreated'],
      subjectBeginsWith: `/blobServices/default/containers/exports/${folder}`,
      advancedFilters: [
        {
          operatorType: 'StringIn',
          key: 'data.api',
          values: ['PutBlob', 'PutBlockList', 'CopyBlob', 'FlushWithClose'],
        },
      ],
    });
    assert.equal(
      propertyOf(found, 'deadLetterWithResourceIdentity.deadLetterDestination.properties.blobContainerName'),
      'event-dead-letters',
    );
  }
});

test('the topic lies where the account of the exports lies', () => {
  const [topic] = resourcesOf('events').filter(({ type }) => type === 'Microsoft.EventGrid/systemTopics');
  assert.match(
    String(topic?.location),
    /reference\('[^']*\/storageAccounts\/theirexports', '[^']*', 'full'\)\.location/,
  );
});
