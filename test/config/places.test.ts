import assert from 'node:assert/strict';
import { test } from 'node:test';
import { travelsOpen } from '../../shared/config/places.ts';
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
]);

test('no key or SAS travels in the clear beyond this machine', () => {
  const rows: [string, boolean][] = [
    ['DefaultEndpointsProtocol=http;AccountName=a;AccountKey=k;EndpointSuffix=core.windows.net', true],
    ['DefaultEndpointsProtocol=https;AccountName=a;AccountKey=k;EndpointSuffix=core.windows.net', false],
    ['BlobEndpoint=http://a.blob.core.windows.net;SharedAccessSignature=sv=1&sig=s', true],
    [
      'BlobEndpoint=https://a.blob.core.windows.net;TableEndpoint=http://a.example/;SharedAccessSignature=sv=1&sig=s',
      true,
    ],
    ['DefaultEndpointsProtocol=http;AccountName=a;AccountKey=k;BlobEndpoint=http://127.0.0.1:10000/a;', false],
    [
      'DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=k;' +
        'BlobEndpoint=http://azurite:10000/devstoreaccount1;',
      false,
    ],
    ['UseDevelopmentStorage=true', false],
    ['DefaultEndpointsProtocol=http;AccountName=a;AccountKey=k;BlobEndpoint=https://a.blob.core.windows.net', true],
    ['AccountName=a;AccountKey=k;BlobEndpoint = HTTP://a.blob.core.windows.net', true],
    ['AccountName=a;AccountKey=k;QueueEndpoint=http://10.0.0.4:10001/a', true],
  ];
  for (const [text, open] of rows) assert.equal(travelsOpen(text), open, text);
});
