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
      access: { kind: 'identity', clientId: guid },
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
