import { connection, guid, one, other, reads, refuses } from './settings.ts';

reads([
  [
    'an identity for the lake',
    { ...one, AZURE_CLIENT_ID: guid, LAKE_CLIENT_ID: other },
    (c) => c.lake,
    {
      kind: 'container',
      url: 'https://lake.blob.core.windows.net',
      container: 'telemetry',
      prefix: '',
      access: { kind: 'identity', clientId: other, setting: 'LAKE_CLIENT_ID' },
    },
  ],
  [
    'a lake by key',
    { ...one, LAKE_ACCOUNT_KEY: 'a2V5' },
    (c) =>
      c.lake.kind === 'container' && c.lake.access.kind === 'key'
        ? [c.lake.access.account, c.lake.access.key.reveal()]
        : c.lake,
    ['lake', 'a2V5'],
  ],
  [
    'an emulated lake by key',
    { ...one, LAKE_ACCOUNT_URL: 'http://127.0.0.1:10000/devstoreaccount1', LAKE_ACCOUNT_KEY: 'a2V5' },
    (c) => (c.lake.kind === 'container' && c.lake.access.kind === 'key' ? c.lake.access.account : c.lake),
    'devstoreaccount1',
  ],
  [
    'a lake by SAS',
    { ...one, LAKE_SAS: '?sv=1&sig=abc' },
    (c) => (c.lake.kind === 'container' && c.lake.access.kind === 'sas' ? c.lake.access.sas.reveal() : c.lake),
    'sv=1&sig=abc',
  ],
  [
    'a lake by connection string',
    { ...one, LAKE_ACCOUNT_URL: '', LAKE_CONNECTION_STRING: connection, LAKE_PREFIX: 'raw/' },
    (c) => (c.lake.kind === 'container' ? [c.lake.url, c.lake.prefix, c.lake.access.kind] : c.lake),
    ['', 'raw', 'connectionString'],
  ],
  [
    'a folder',
    { ...one, LAKE_ACCOUNT_URL: '', LAKE_CONTAINER: '', LAKE_FOLDER: './lake' },
    (c) => c.lake,
    { kind: 'folder', folder: './lake' },
  ],
  [
    'zipped text by day',
    { ...one, LAKE_FORMAT: 'ndjson', LAKE_GZIP: 'TRUE', LAKE_PARTITION: 'day' },
    (c) => c.output,
    {
      format: 'ndjson',
      gzip: true,
      partition: 'day',
      path: '{signal}/app={app}/date={yyyy}-{MM}-{dd}/{source}_{start}_{end}.{ext}',
    },
  ],
]);

refuses([
  ['a lake in two places', { ...one, LAKE_FOLDER: 'x' }, /LAKE_ACCOUNT_URL and LAKE_FOLDER are set$/],
  [
    'a lake without a container',
    { ...one, LAKE_CONTAINER: '' },
    /^LAKE_CONTAINER must be the name of a container; it is not set$/,
  ],
  [
    'a lake with two keys',
    { ...one, LAKE_ACCOUNT_KEY: 'a', LAKE_SAS: 'sig=b' },
    /^only one of LAKE_ACCOUNT_KEY and LAKE_SAS/,
  ],
  [
    'an emulated lake, asked by an identity',
    { ...one, LAKE_ACCOUNT_URL: 'http://127.0.0.1:10000/devstoreaccount1' },
    /^LAKE_ACCOUNT_URL must be an address with https, or go with LAKE_ACCOUNT_KEY or LAKE_SAS: the token of an identity would travel in the clear; it is "http:\/\/127/,
  ],
  [
    'a container in the account URL',
    { ...one, LAKE_ACCOUNT_URL: 'https://lake.blob.core.windows.net?sv=1&sig=hush' },
    /^LAKE_ACCOUNT_URL must be .*; it is \[secret\]$/,
  ],
  [
    'a format',
    { ...one, LAKE_FORMAT: 'parquett' },
    /^LAKE_FORMAT must be one of parquet, ndjson, csv; it is "parquett"; did you mean parquet\?$/,
  ],
  ['gzip on Parquet', { ...one, LAKE_GZIP: 'true' }, /^LAKE_GZIP must be false with the format parquet/],
  ['a path template', { ...one, LAKE_PATH: '{signal}/{app}/x.{ext}' }, /^LAKE_PATH lacks \{source\}/],
  ['neither true nor false', { ...one, LAKE_GZIP: 'yes' }, /^LAKE_GZIP must be true or false; it is "yes"$/],
  ...[
    ['requests', {}],
    ['Requests', {}],
    ['requests/app=shop', {}],
    ['requests/app=shop/date=2026-01-01/hour=03', {}],
    ['reque\u017fts', {}],
    ['\uff32equests/app=a', {}],
    ['requests', { QUARANTINE_CONTAINER: 'unreadable' }],
    ['traces/x', {}],
    ['requests/unreadable', {}],
    ['customEvents/a/b/c/d/e', {}],
    ['traces/_delta_log', { LAKE_TABLE: 'delta' }],
    ['raw', { LAKE_PATH: 'raw/{app}/{signal}/{yyyy}/{MM}/{dd}/{HH}/{source}_{start}_{end}.{ext}' }],
    ['raw/shop/traces/x', { LAKE_PATH: 'raw/{app}/{signal}/{yyyy}/{MM}/{dd}/{HH}/{source}_{start}_{end}.{ext}' }],
    ['raw/2026/x', { LAKE_PATH: 'raw/{yyyy}/{MM}/{dd}/{HH}/{app}/{signal}/{source}_{start}_{end}.{ext}' }],
    ['raw/shop', { LAKE_PATH: 'raw/{app}/{signal}/{yyyy}/{MM}/{dd}/{HH}/{source}_{start}_{end}.{ext}' }],
  ].map(
    ([prefix, more]) =>
      [
        `a quarantine where rows lie: ${prefix}`,
        { ...one, QUARANTINE_PREFIX: String(prefix), ...Object(more) },
        /^QUARANTINE_PREFIX must be a folder that no file with rows can lie in, such as _quarantine; it is /,
      ] as const,
  ),
  ...['{signal}', '{signal}/app=x', 'unreadable/{app}'].map(
    (prefix) =>
      [
        `a quarantine by a template: ${prefix}`,
        { ...one, QUARANTINE_PREFIX: prefix },
        /^QUARANTINE_PREFIX must be a folder as it is called: it is no template; it is /,
      ] as const,
  ),
  ...['LAKE_PREFIX', 'QUARANTINE_PREFIX'].map(
    (name) =>
      [
        `a folder longer than a blob's name: ${name}`,
        { ...one, [name]: 'x/'.repeat(2_500) },
        new RegExp(`^${name} must be a folder path of 512 characters at most: the name of a blob has room for 1,024`),
      ] as const,
  ),
  [
    'a control character in a folder',
    { ...one, QUARANTINE_PREFIX: 'unreadable\u0000x' },
    /^QUARANTINE_PREFIX must be a folder path such as _quarantine/,
  ],
  [
    'a quarantine in the state of the lake',
    { ...one, QUARANTINE_PREFIX: '_insights-lake/bad' },
    /^QUARANTINE_PREFIX must be a folder that is not _insights-lake/,
  ],
  [
    'a rule of retention for what is no signal',
    { ...one, LAKE_RETENTION: 'tracs=90d' },
    /^LAKE_RETENTION must be for signals, or for \* .*; it is "tracs"; did you mean traces\?$/,
  ],
]);

reads(
  [
    ['unreadable', {}],
    ['_quarantine/requests', {}],
    ['requests-unreadable', {}],
    ['raw/shop/x', { LAKE_PATH: 'raw/{app}/{signal}/{yyyy}/{MM}/{dd}/{HH}/{source}_{start}_{end}.{ext}' }],
    ['raw/unreadable', { LAKE_PATH: 'raw/{signal}/{app}/{yyyy}/{MM}/{dd}/{HH}/{source}_{start}_{end}.{ext}' }],
  ].map(
    ([prefix, more]) =>
      [
        `a quarantine beside the rows: ${prefix}`,
        { ...one, QUARANTINE_PREFIX: String(prefix), ...Object(more) },
        (c) => c.quarantine.prefix,
        String(prefix),
      ] as const,
  ),
);
