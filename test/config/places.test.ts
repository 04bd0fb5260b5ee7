import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountName, EMULATED, travelsOpen } from '../../shared/config/places.ts';
import { guid, one, reads, refuses } from './settings.ts';

reads([
  [
    'state by identity',
    {
      ...one,
      AzureWebJobsStorage: '',
      AzureWebJobsStorage__tableServiceUri: 'https://own.table.core.windows.net/',
      AzureWebJobsStorage__queueServiceUri: 'https://own.queue.core.windows.net',
      AzureWebJobsStorage__clientId: guid,
    },
    (c) => c.state,
    {
      tableUrl: 'https://own.table.core.windows.net',
      queueUrl: 'https://own.queue.core.windows.net',
      access: { kind: 'identity', clientId: guid, setting: 'AzureWebJobsStorage__clientId' },
      table: 'insightslake',
      queue: 'insights-lake-windows',
    },
  ],
  [
    'state by account name',
    { ...one, AzureWebJobsStorage: '', AzureWebJobsStorage__accountName: 'own' },
    (c) => [c.state.tableUrl, c.state.queueUrl],
    ['https://own.table.core.windows.net', 'https://own.queue.core.windows.net'],
  ],
]);

refuses([
  [
    'a connection string',
    { ...one, AzureWebJobsStorage: 'hunter2' },
    /^AzureWebJobsStorage must be a storage connection string .*; it is \[secret\]$/,
  ],
  [
    'exports without their storage',
    { ...one, EXPORT_CONTAINER: 'exports' },
    /^ExportStorage__blobServiceUri/,
    /^ExportStorage__queueServiceUri/,
  ],
  [
    'one half of the exports’ storage',
    { ...one, EXPORT_CONTAINER: 'exports', ExportStorage__blobServiceUri: 'https://ce.blob.core.windows.net' },
    /^ExportStorage__queueServiceUri must be the queue endpoint/,
  ],
  ...['blob', 'queue', 'table'].flatMap((kind) =>
    [`http://own.${kind}.core.windows.net`, 'http://127.0.0.1:10000/own', `own.${kind}.core.windows.net`].map(
      (address) =>
        [
          `a state at ${address} for an identity`,
          {
            ...one,
            ...{ AzureWebJobsStorage: '', AzureWebJobsStorage__accountName: 'own' },
            [`AzureWebJobsStorage__${kind}ServiceUri`]: address,
          },
          new RegExp(
            `^AzureWebJobsStorage__${kind}ServiceUri must be the ${kind} endpoint of .*, with https.*${address}`,
          ),
        ] as const,
    ),
  ),
]);

test('no key or SAS travels in the clear beyond this machine', () => {
  const emulator = `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=${EMULATED.key}`;
  const rows: [string, boolean][] = [
    ['DefaultEndpointsProtocol=http;AccountName=a;AccountKey=k;EndpointSuffix=core.windows.net', true],
    ['DefaultEndpointsProtocol=https;AccountName=a;AccountKey=k;EndpointSuffix=core.windows.net', false],
    ['BlobEndpoint=http://a.blob.core.windows.net;SharedAccessSignature=sv=1&sig=s', true],
    [
      'BlobEndpoint=https://a.blob.core.windows.net;TableEndpoint=http://a.example/;SharedAccessSignature=sv=1&sig=s',
      true,
    ],
    ['DefaultEndpointsProtocol=http;AccountName=a;AccountKey=k;BlobEndpoint=http://127.0.0.1:10000/a;', false],
    ...[
      ...['azurite', 'host.docker.internal', 'azurite.dev.svc.cluster.local', 'azurite.dev.svc', 'nas.lan'],
      ...['10.0.0.4', '172.20.0.2', '127.0.0.1', '[fd00::2]'],
    ].map((host): [string, boolean] => [`${emulator};BlobEndpoint=http://${host}:10000/devstoreaccount1;`, false]),
    ...[
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'evil.example',
      '172.32.0.2',
      '8.8.8.8',
      '[2001:db8::1]',
    ].map((host): [string, boolean] => [`${emulator};BlobEndpoint=http://${host}/devstoreaccount1;`, true]),
    [emulator, true],
    ['DefaultEndpointsProtocol=http;AccountName=a;AccountKey=k;BlobEndpoint=;QueueEndpoint=;TableEndpoint=', true],
    ['AccountName=devstoreaccount1;AccountKey=k;BlobEndpoint=http://azurite:10000/devstoreaccount1', true],
    ['AccountName=devstoreaccount1;BlobEndpoint=http://azurite:10000/a;SharedAccessSignature=sv=1&sig=s', true],
    ['UseDevelopmentStorage=true;BlobEndpoint=http://evil.example/;SharedAccessSignature=sv=1&sig=s', true],
    ['UseDevelopmentStorage=true;BlobEndpoint=http://evil.example/', true],
    ['UseDevelopmentStorage=true;AccountKey=k;BlobEndpoint=http://azurite/', true],
    ['UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://evil.example', true],
    ['UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite', false],
    ['UseDevelopmentStorage=false;AccountName=a;AccountKey=k;BlobEndpoint=http://azurite:10000/a', true],
    ['BlobEndpoint="http://a.example";SharedAccessSignature=sv=1&sig=s', true],
    ['BlobEndpoint=http://localhost@evil.example/a;SharedAccessSignature=sv=1&sig=s', true],
    ['UseDevelopmentStorage=true', false],
    ['DefaultEndpointsProtocol=http;AccountName=a;AccountKey=k;BlobEndpoint=https://a.blob.core.windows.net', true],
    ['AccountName=a;AccountKey=k;BlobEndpoint = HTTP://a.blob.core.windows.net', true],
    ['AccountName=a;AccountKey=k;QueueEndpoint=http://10.0.0.4:10001/a', true],
  ];
  for (const [text, open] of rows) assert.equal(travelsOpen(text), open, text);
});

test('an account is called by the first word of its host, or of the path behind a number', () => {
  const rows: [string, string][] = [
    ['https://lake.blob.core.windows.net', 'lake'],
    ['https://1lake.blob.core.windows.net/raw', '1lake'],
    ['http://127.0.0.1:10000/devstoreaccount1', 'devstoreaccount1'],
    ['http://localhost:10000/own/raw', 'own'],
    ['http://[::1]:10000/own', 'own'],
  ];
  for (const [url, name] of rows) assert.equal(accountName(url), name, url);
});
