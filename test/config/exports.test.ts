import { blobs, connection, one, other, reads, refuses } from './settings.ts';

reads([
  [
    'exports by connection string',
    { ...one, ...blobs, EXPORT_PREFIX: 'ce' },
    (c) =>
      c.exports?.place.kind === 'container'
        ? [
            c.exports.place.container,
            c.exports.place.prefix,
            c.exports.place.access.kind,
            c.exports.window,
            c.exports.refresh,
          ]
        : [],
    ['exports', 'ce', 'connectionString', 3_600_000, 300_000],
  ],
  [
    'exports by identity',
    {
      ...one,
      EXPORT_CONTAINER: 'exports',
      ExportStorage__blobServiceUri: 'https://ce.blob.core.windows.net',
      ExportStorage__queueServiceUri: 'https://ce.queue.core.windows.net',
      ExportStorage__credential: 'managedidentity',
      ExportStorage__clientId: other,
    },
    (c) => (c.exports?.place.kind === 'container' ? [c.exports.place.url, c.exports.place.access] : []),
    ['https://ce.blob.core.windows.net', { kind: 'identity', clientId: other, setting: 'ExportStorage__clientId' }],
  ],
  [
    'exports alone, through another connection',
    { ...one, APP_NAME: '', APP_ID: '', EXPORT_CONTAINER: 'exports', EXPORT_CONNECTION: 'AzureWebJobsStorage' },
    (c) => [c.apps, c.exports?.from],
    [[], undefined],
  ],
  [
    'export folders with names',
    { ...one, ...blobs, EXPORT_APPS: 'Old Shop_0123=old-shop, x_1=x' },
    (c) => c.exports?.apps,
    { 'Old Shop_0123': 'old-shop', x_1: 'x' },
  ],
  [
    'exports that end before the query begins',
    { ...one, ...blobs, EXPORT_APPS: 'shop_1=shop', EXPORT_UNTIL: '2024-03-01', QUERY_FROM: '2024-03-01' },
    (c) => c.exports?.until,
    Date.UTC(2024, 2, 1),
  ],
  ...['0001-01-01', '1900-01-01', '1969-01-01'].map((from): Parameters<typeof reads>[0][number] => [
    `all of an archive, since ${from}`,
    { ...one, ...blobs, EXPORT_FROM: from, EXPORT_UNTIL: from.replace('-01-01', '-01-02'), QUERY_FROM: '2024-03-01' },
    (c) => [c.exports?.from, (c.exports?.until ?? 0) < 0],
    [Date.parse(from), true],
  ]),
  [
    'several containers, the prefix that of the first',
    { ...one, ...blobs, EXPORT_CONTAINER: 'exports, insights-logs-*, exports,am-apptraces', EXPORT_PREFIX: 'ce' },
    (c) => c.exports?.places.map((place) => (place.kind === 'container' ? `${place.container}/${place.prefix}` : '')),
    [
      'exports/ce',
      ...['requests', 'dependencies', 'exceptions', 'traces', 'events', 'metrics', 'pageviews', 'browsertimings'].map(
        (kind) => `insights-logs-app${kind}/`,
      ),
      'insights-logs-appavailabilityresults/',
      'insights-logs-appperformancecounters/',
      'am-apptraces/',
    ],
  ],
  [
    'sweeps',
    { ...one, ...blobs, EXPORT_LOOKBACK: '2d', EXPORT_EMPTIED: 'follow', SWEEP_SCHEDULE: '0 0 * * * *' },
    (c) => [c.exports?.lookback, c.exports?.emptied],
    [172_800_000, 'follow'],
  ],
  ['sweeps by default', { ...one, ...blobs }, (c) => [c.exports?.lookback, c.exports?.emptied], [259_200_000, 'keep']],
  [
    'containers in the document',
    { ...one, ExportStorage: connection, INSIGHTS_LAKE_CONFIG: '{"exports":{"container":["am-*"]}}' },
    (c) => c.exports?.places.length,
    10,
  ],
  [
    'export settings without a container do nothing',
    { ...one, EXPORT_TRIGGER: 'EventGrid' },
    (c) => c.exports,
    undefined,
  ],
]);

refuses([
  [
    'a container among several',
    { ...one, ...blobs, EXPORT_CONTAINER: 'exports,No!' },
    /^EXPORT_CONTAINER must be the name of a container, or a list of them: .*; it is "No!"$/,
  ],
  [
    'a look-back',
    { ...one, ...blobs, EXPORT_LOOKBACK: '5m' },
    /^EXPORT_LOOKBACK must be a length from 1h to 90d, such as 72h; it is "5m"$/,
  ],
  ['an export window', { ...one, ...blobs, EXPORT_WINDOW: '30m' }, /^EXPORT_WINDOW must be whole hours/],
  [
    'both sources for one app',
    { ...one, ...blobs, EXPORT_APPS: 'shop_1=shop' },
    /^requests, .* of app shop would come twice, .*EXPORT_UNTIL/,
  ],
  [
    'pairs',
    { ...one, ...blobs, EXPORT_APPS: 'shop' },
    /^EXPORT_APPS must be an object of export folder to app name; it is "shop"$/,
  ],
]);
