import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TableClient } from '@azure/data-tables';
import { BlobClient, BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { grantsOf } from './grants.ts';
import { ways } from './snapshots.ts';

/**
 * The roles counted against the calls: every method of an Azure client that the code calls is a row here with the
 * permission that the service asks for, every permission is in a role that the templates grant, and every role is there
 * for a row.
 */

const clients = {
  blob: [ContainerClient, BlockBlobClient, BlobClient],
  queue: [QueueClient],
  table: [TableClient],
} as const;
type Client = keyof typeof clients;

/**
 * What each call needs, below Microsoft.Storage/storageAccounts/, as Microsoft documents it for Entra tokens; nothing
 * where none is sent.
 */
const calls: Readonly<Record<Client, Readonly<Record<string, readonly string[]>>>> = {
  blob: {
    getBlockBlobClient: [],
    getProperties: ['blobServices/containers/blobs/read'],
    listBlobsFlat: ['blobServices/containers/blobs/read'],
    listBlobsByHierarchy: ['blobServices/containers/blobs/read'],
    download: ['blobServices/containers/blobs/read'],
    upload: ['blobServices/containers/blobs/write'],
    stageBlock: ['blobServices/containers/blobs/write'],
    commitBlockList: ['blobServices/containers/blobs/write'],
    delete: ['blobServices/containers/blobs/delete'],
    createIfNotExists: ['blobServices/containers/write'],
  },
  queue: {
    createIfNotExists: ['queueServices/queues/write'],
    getProperties: ['queueServices/queues/read'],
    sendMessage: ['queueServices/queues/messages/write'],
  },
  table: {
    createTable: ['tableServices/tables/write'],
    getEntity: ['tableServices/tables/entities/read'],
    listEntities: ['tableServices/tables/entities/read'],
    deleteEntity: ['tableServices/tables/entities/delete'],
    upsertEntity: ['tableServices/tables/entities/write'],
    submitTransaction: ['write', 'delete', 'add/action', 'update/action'].map(
      (verb) => `tableServices/tables/entities/${verb}`,
    ),
  },
};

/** What the built-in roles allow of that (actions and data actions, as Microsoft publishes them). */
const allows: Readonly<Record<string, readonly string[]>> = {
  storageBlobDataOwner: ['blobServices/containers/**'],
  storageBlobDataContributor: [
    ...['delete', 'read', 'write'].map((verb) => `blobServices/containers/${verb}`),
    ...['delete', 'read', 'write', 'move/action', 'add/action'].map((verb) => `blobServices/containers/blobs/${verb}`),
  ],
  storageBlobDataReader: ['blobServices/containers/read', 'blobServices/containers/blobs/read'],
  storageQueueDataContributor: [
    ...['delete', 'read', 'write'].map((verb) => `queueServices/queues/${verb}`),
    ...['delete', 'read', 'write', 'process/action'].map((verb) => `queueServices/queues/messages/${verb}`),
  ],
  storageTableDataContributor: [
    ...['delete', 'read', 'write'].map((verb) => `tableServices/tables/${verb}`),
    ...['delete', 'read', 'write', 'add/action', 'update/action'].map(
      (verb) => `tableServices/tables/entities/${verb}`,
    ),
  ],
};

/** What each grant of the templates is for: calls of ours, or somebody else's that no code of ours shows. */
const uses: Readonly<
  Record<string, { readonly client: Client; readonly calls: 'all' | 'reading' } | { readonly others: string }>
> = {
  'storageBlobDataOwner on the host account': { others: 'the Functions host: leases, keys, receipts; the package' },
  'storageQueueDataContributor on the host account': { client: 'queue', calls: 'all' },
  'storageTableDataContributor on the host account': { client: 'table', calls: 'all' },
  'storageBlobDataContributor on the lake': { client: 'blob', calls: 'all' },
  'storageBlobDataReader on the exports': { client: 'blob', calls: 'reading' },
  'storageQueueDataContributor on the exports': { others: 'the Functions host: webjobs-blobtrigger-poison' },
  'storageAccountContributor on the exports': { others: 'the Functions host: classic logs for LogsAndContainerScan' },
  'monitoringMetricsPublisher on its own component': {
    others: 'the Functions host, and shared/metrics/application-insights.ts: telemetry of the app',
  },
  'reader on a component': { others: 'the query API, asked by shared/source/query/client.ts' },
  'reader on a workspace': { others: 'the query API, asked by shared/source/query/client.ts' },
  'storageBlobDataContributor on the dead letters': { others: 'Event Grid' },
};
/** What a source may do with the store of export blobs. */
const reading = ['getBlockBlobClient', 'getProperties', 'listBlobsFlat', 'listBlobsByHierarchy', 'download'];

const shared = join(import.meta.dirname, '..', '..', 'shared');
const files = readdirSync(shared, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(shared, name), 'utf8') }));

/** Names that follow a dot and are called. */
const called = (text: string): string[] =>
  [...text.matchAll(/\??\.(\w+)(?:<[^()]*>)?\(/g)].map(([, name = '']) => name);

/** Methods of a client that the files call which name one of its classes. */
function callsOf(client: Client): string[] {
  const classes: readonly { readonly name: string; readonly prototype: object }[] = clients[client];
  const methods = new Set(classes.flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype)));
  const using = files.filter(({ text }) => classes.some(({ name }) => new RegExp(`\\b${name}\\b`).test(text)));
  return [...new Set(using.flatMap(({ text }) => called(text)).filter((name) => methods.has(name)))].sort();
}

/** What a grant is on, in the words of the table above. */
const places: readonly (readonly [pattern: RegExp, place: string])[] = [
  [/event-dead-letters$/, 'the dead letters'],
  [/^ilakeh$/, 'the host account'],
  [/^(ilakel|theirlake)\/containers\//, 'the lake'],
  [/^(ilakee$|theirexports)/, 'the exports'],
  [/^ilake-$/, 'its own component'],
  [/^Shop\.Prod$/, 'a component'],
  [/^shared$/, 'a workspace'],
];
const grants = new Map<string, string>(
  ways.flatMap(grantsOf).map(({ role, on }) => {
    const place = places.find(([pattern]) => pattern.test(on))?.[1] ?? on;
    return [`${role} on ${place}`, role] as const;
  }),
);

const isAllowed = (role: string, permission: string): boolean =>
  (allows[role] ?? []).some((allowed) =>
    allowed.endsWith('**') ? permission.startsWith(allowed.slice(0, -2)) : permission === allowed,
  );

for (const client of ['blob', 'queue', 'table'] as const)
  test(`every call of a ${client} client is known, and no other`, () => {
    assert.deepEqual(callsOf(client), Object.keys(calls[client]).sort());
  });

test('clients are named nowhere else: who imports an Azure package is in this table, or asks the query API', () => {
  const importing = files.filter(({ text }) => /from '@azure\/(?!functions)/.test(text)).map(({ name }) => name);
  assert.deepEqual(importing.sort(), [
    'lake/put-blob.ts',
    'lake/read-blob.ts',
    'lake/store-container.ts',
    'metrics/application-insights.ts',
    'net/answer-body.ts',
    'net/bearer.ts',
    'net/heard-clock.ts',
    'net/identity.ts',
    'net/limited-http.ts',
    'net/passing.ts',
    'net/retry-after.ts',
    'net/storage-http.ts',
    'net/stranger.ts',
    'source/query/client.ts',
    'source/query/credentials.ts',
    'state/backfills-table.ts',
    'state/health-table.ts',
    'state/hints-queue.ts',
    'state/ledger-table.ts',
    'state/seats-table.ts',
    'state/table-calls.ts',
    'state/table-changes.ts',
    'wire/clients.ts',
  ]);
});

test('every grant has a use, and every use a grant', () => {
  assert.deepEqual([...grants.keys()].sort(), Object.keys(uses).sort());
});

for (const [grant, use] of Object.entries(uses))
  if ('client' in use)
    test(`${grant} allows what is called, and all that it is granted for is called`, () => {
      const role = grants.get(grant) ?? '';
      const own = Object.entries(calls[use.client]).filter(([name]) => use.calls === 'all' || reading.includes(name));
      const permissions = new Set(own.flatMap(([, needed]) => needed));
      assert.ok(permissions.size > 0);
      assert.deepEqual(
        [...permissions].filter((permission) => !isAllowed(role, permission)),
        [],
      );
      const weaker = { storageBlobDataContributor: 'storageBlobDataReader' }[role];
      if (weaker)
        assert.ok(
          [...permissions].some((permission) => !isAllowed(weaker, permission)),
          'a weaker role would do',
        );
    });

test('sources only read: no source puts, removes or prepares anything', () => {
  const writing = files
    .filter(({ name }) => name.startsWith('source/'))
    .flatMap(({ name, text }) =>
      [...text.matchAll(/\b(?:store|container|place)\w*\.(put|remove|prepare)\(/g)].map(([call]) => `${name}: ${call}`),
    );
  assert.deepEqual(writing, []);
  assert.ok(
    files.some(({ name, text }) => name.startsWith('source/blobs/') && /\bstore\w*\.(read|list|folders)\(/.test(text)),
  );
});
