import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bicepFile, filesEnding, infra } from './bicepFile.ts';

const files = filesEnding('.bicep').map(bicepFile);
const main = bicepFile('main.bicep');
const resources = files.flatMap((file) => file.resources.map((resource) => ({ ...resource, file: file.file })));
const made = (type: string) => resources.filter((resource) => resource.type === type && !resource.existing);

test('storage accounts: Entra only, TLS 1.2, nothing anonymous', () => {
  const accounts = made('Microsoft.Storage/storageAccounts');
  assert.deepEqual(
    accounts.map(({ file }) => file),
    ['modules/storage.bicep'],
  );
  for (const line of [
    'allowSharedKeyAccess: false',
    'allowBlobPublicAccess: false',
    'allowCrossTenantReplication: false',
    "minimumTlsVersion: 'TLS1_2'",
    'supportsHttpsTrafficOnly: true',
    'isLocalUserEnabled: false',
    'isSftpEnabled: false',
  ])
    assert.ok(accounts[0]?.text.includes(line), line);
  const containers = made('Microsoft.Storage/storageAccounts/blobServices/containers');
  assert.ok(containers.length > 0 && containers.every(({ text }) => text.includes("publicAccess: 'None'")));
});

test('the function app: HTTPS only, TLS 1.2, no publishing passwords, no FTP', () => {
  const [site] = made('Microsoft.Web/sites');
  assert.ok(site);
  assert.ok(site.text.includes('httpsOnly: true'));
  assert.equal(site.text.match(/ minTlsVersion: '1\.2'/g)?.length, 2);
  assert.equal(site.text.match(/scmMinTlsVersion: '1\.2'/g)?.length, 2);
  assert.equal(site.text.match(/ftpsState: 'Disabled'/g)?.length, 2);
  assert.equal(
    site.text.match(
      /'basicPublishingCredentialsPolicies' = \{\n {4}name: '(ftp|scm)'\n {4}properties: \{\n {6}allow: false/g,
    )?.length,
    2,
  );
  assert.ok(site.text.includes("type: 'UserAssigned'"));
});

test('its telemetry takes tokens only', () => {
  assert.ok(made('Microsoft.Insights/components').every(({ text }) => text.includes('DisableLocalAuth: true')));
});

test('no secrets in outputs, settings or the log of deployments', () => {
  const keys = files
    .filter(({ text }) => /listKeys|listAccountSas|list[A-Z]\w+\(|AccountKey|SharedAccessSignature/.test(text))
    .map(({ file }) => file);
  assert.deepEqual(keys, ['events.bicep'], 'only the key of the blob trigger is ever read');
  assert.match(
    bicepFile('modules/subscription.bicep').parameters.get('endpointUrl')?.decorators.join() ?? '',
    /secure\(\)/,
  );
  for (const { file, text } of files)
    assert.doesNotMatch([...text.matchAll(/^output .*$/gm)].join('\n'), /listKeys|systemKeys|code=/, file);
});

test('defaults are the safe and the cheap ones', () => {
  const defaults = Object.fromEntries([...main.parameters].map(([name, { value }]) => [name, value]));
  assert.deepEqual(
    Object.fromEntries(
      [
        'alerts',
        'plan',
        'maximumInstanceCount',
        'exportTrigger',
        'diagnosticSettings',
        'lakeRetentionDays',
        'exportRetentionDays',
      ].map((name) => [name, defaults[name]]),
    ),
    {
      alerts: 'true',
      plan: "'FlexConsumption'",
      maximumInstanceCount: '5', // the query API serves five at once
      exportTrigger: "'EventGrid'",
      diagnosticSettings: 'false',
      lakeRetentionDays: '0', // nothing is deleted unless asked for
      exportRetentionDays: '0',
    },
  );
});

/** The ids of the built-in roles, as Microsoft publishes them; the same in every tenant. */
const roles = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
  storageBlobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88',
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
  storageAccountContributor: '17d1049b-9a84-46fb-8f53-869881c3d3ab',
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb',
  reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
};

/** What is granted where. A new row is a decision, to be explained in SECURITY.md. */
const grants = [
  'hostBlobs: storageBlobDataOwner on host',
  'hostQueues: storageQueueDataContributor on host',
  'hostTables: storageTableDataContributor on host',
  'lakeBlobs: storageBlobDataContributor on lake',
  'exportContainerBlobs: storageBlobDataReader on exportFolder',
  'exportAccountBlobs: storageBlobDataReader on exports',
  'exportQueues: storageQueueDataContributor on exports',
  'exportLogs: storageAccountContributor on exports',
  'ownTelemetry: monitoringMetricsPublisher on own',
  'componentReader: reader on component',
  'workspaceReader: reader on workspace',
  'deadLetterBlobs: storageBlobDataContributor on deadLetters',
];

test('every role assignment stands in roles.bicep, and each is one that we decided on', () => {
  const assignments = resources.filter(({ type }) => type === 'Microsoft.Authorization/roleAssignments');
  assert.deepEqual([...new Set(assignments.map(({ file }) => file))], ['modules/roles.bicep']);
  const found = assignments.map(({ text }) => {
    const name = /^resource (\w+)/.exec(text)?.[1];
    const scope = /\n {2}scope: (\w+)\n/.exec(text)?.[1];
    const used = new Set([...text.matchAll(/\brole\.(\w+)/g)].map(([, role]) => role));
    assert.equal(used.size, 1, `${name}: the role in the name and the role that is granted`);
    assert.ok(text.includes(`guid(${scope}.id, principalId, role.`), `${name}: named after its own scope`);
    assert.match(text, /= if \(/, `${name}: only where it is asked for`);
    return `${name}: ${[...used]} on ${scope}`;
  });
  assert.deepEqual(found, grants);
  const table = /var role = \{\n([^}]*)\}/.exec(bicepFile('modules/roles.bicep').text)?.[1] ?? '';
  assert.deepEqual(
    Object.fromEntries([...table.matchAll(/^ {2}(\w+): '([^']+)'$/gm)].map(([, name, id]) => [name, id])),
    roles,
  );
});

test('SECURITY.md names every role', () => {
  const text = readFileSync(join(infra, '..', 'SECURITY.md'), 'utf8');
  const titles = Object.keys(roles).map((name) =>
    name.replace(/[A-Z]/g, ' $&').replace(/^./, (letter) => letter.toUpperCase()),
  );
  assert.deepEqual(
    titles.filter((title) => !text.includes(`| ${title} |`)),
    [],
  );
});

test('events: finished blobs of that container only, and none is lost in silence', () => {
  const { text } = bicepFile('modules/subscription.bicep');
  assert.ok(text.includes("includedEventTypes: ['Microsoft.Storage.BlobCreated']"));
  assert.ok(
    text.includes("key: 'data.api'\n          values: ['PutBlob', 'PutBlockList', 'CopyBlob', 'FlushWithClose']"),
  );
  assert.ok(text.includes('deadLetterWithResourceIdentity'));
  const events = bicepFile('events.bicep').text;
  assert.match(events, /subjectPrefix: '\/blobServices\/default\/containers\/\$\{exportContainer\}\/\$\{folder\}'/);
  assert.match(events, /var folder = empty\(exportPrefix\) \? '' : 'blobs\/\$\{exportPrefix\}\/'/);
});
