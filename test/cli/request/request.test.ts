import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { exitCodes, Failure } from '../../../cli/failure.ts';
import { destinationOf } from '../../../cli/request/destination.ts';
import type { Access } from '../../../shared/model.ts';
import { guid, run } from '../fake.ts';

const connection =
  'DefaultEndpointsProtocol=https;AccountName=lake;AccountKey=aHVzaA==;EndpointSuffix=core.windows.net';

/** What opens the place, with the secret shown. */
function opened(access: Access): string {
  if (access.kind === 'sas') return `sas ${access.sas.reveal()}`;
  if (access.kind === 'key') return `key ${access.account} ${access.key.reveal()}`;
  return access.kind;
}

const places: readonly (readonly [out: string, env: Record<string, string>, where: string, access: string])[] = [
  ['./lake', {}, resolve('lake'), ''],
  [pathToFileURL(resolve('lake')).href, {}, resolve('lake'), ''],
  ['https://lake.blob.core.windows.net/raw', {}, 'https://lake.blob.core.windows.net raw ', 'identity'],
  ['https://lake.dfs.core.windows.net/raw/a/b%20c/', {}, 'https://lake.blob.core.windows.net raw a/b c', 'identity'],
  ['abfss://raw@lake.dfs.core.windows.net/a', {}, 'https://lake.blob.core.windows.net raw a', 'identity'],
  [
    'https://lake.blob.core.windows.net/raw?sv=1&sig=s',
    { AZURE_STORAGE_KEY: 'k' },
    'https://lake.blob.core.windows.net raw ',
    'sas sv=1&sig=s',
  ],
  [
    'https://lake.blob.core.windows.net/raw',
    { AZURE_STORAGE_KEY: 'k' },
    'https://lake.blob.core.windows.net raw ',
    'key lake k',
  ],
  [
    'https://lake.blob.core.windows.net/raw',
    { AZURE_STORAGE_CONNECTION_STRING: connection },
    'https://lake.blob.core.windows.net raw ',
    'key lake aHVzaA==',
  ],
  [
    'https://1lake.blob.core.windows.net/raw',
    { AZURE_STORAGE_KEY: 'aHVzaA==' },
    'https://1lake.blob.core.windows.net raw ',
    'key 1lake aHVzaA==',
  ],
  [
    'http://127.0.0.1:10000/devstoreaccount1/raw/a',
    { AZURE_STORAGE_CONNECTION_STRING: 'UseDevelopmentStorage=true' },
    'http://127.0.0.1:10000/devstoreaccount1 raw a',
    'key devstoreaccount1 Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
  ],
  [
    'https://lake.blob.core.windows.net/raw',
    {
      AZURE_STORAGE_CONNECTION_STRING:
        'BlobEndpoint=https://lake.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=s',
    },
    'https://lake.blob.core.windows.net raw ',
    'sas sv=1&sig=s',
  ],
];
for (const [out, env, where, access] of places) {
  test(`destination ${out} with ${Object.keys(env)}`, () => {
    const place = destinationOf(out, env);
    assert.equal(place.kind === 'folder' ? place.folder : `${place.url} ${place.container} ${place.prefix}`, where);
    assert.equal(place.kind === 'folder' ? '' : opened(place.access), access);
  });
}

const refused: readonly (readonly [out: string, env: Record<string, string>, message: RegExp])[] = [
  ['https://lake.blob.core.windows.net/Raw?sv=1&sig=hush', {}, /"Raw" is no name of a container/],
  ['https://lake.blob.core.windows.net/raw?token=hush', {}, /no SAS token/],
  ['https://lake.blob.core.windows.net/raw/50%', {}, /raw\/50%: a % in the name of a folder is written %25/],
  ['https://lake.blob.core.windows.net/%E0%A4%A', {}, /a % in the name of a folder/],
  ['abfss://raw@lake.dfs.core.windows.net/%zz', {}, /a % in the name of a folder/],
  ['https://lake.blob.core.windows.net/raw/a%5Cb', {}, /raw\/a%5Cb: the folder must be a folder path such as/],
  ['https://lake.blob.core.windows.net/raw/a%2F..%2Fb', {}, /the folder must be .* without .* \.\.$/],
  ['https://lake.blob.core.windows.net/raw/a%00b', {}, /the folder must be/],
  [
    'https://lake.blob.core.windows.net/raw/a#b?sv=1&sig=hush',
    {},
    /raw\/a: a # in the name of a folder is written %23/,
  ],
  ['abfss://raw@lake.dfs.core.windows.net/a#b', {}, /a # in the name of a folder is written %23/],
  ['https://me:hush@lake.blob.core.windows.net/raw', {}, /no address that can be used/],
  ['ftp://lake/raw?hush', {}, /ftp is not supported/],
  [
    'https://other.blob.core.windows.net/raw',
    { AZURE_STORAGE_CONNECTION_STRING: connection },
    /is of the account lake, --out names other/,
  ],
  [
    'https://lake.blob.core.windows.net/raw',
    { AZURE_STORAGE_CONNECTION_STRING: 'hush' },
    /is no storage connection string/,
  ],
  ...[
    'DefaultEndpointsProtocol=http;AccountName=lake;AccountKey=hush',
    'BlobEndpoint=http://lake.blob.core.windows.net;SharedAccessSignature=sv=1&sig=hush',
    'UseDevelopmentStorage=true;BlobEndpoint=http://lake.blob.core.windows.net;SharedAccessSignature=sv=1&sig=hush',
    'AccountName=lake;AccountKey=hush;BlobEndpoint=https://lake.blob.core.windows.net;TableEndpoint=http://lake.x.net',
  ].map(
    (text) =>
      [
        'https://lake.blob.core.windows.net/raw',
        { AZURE_STORAGE_CONNECTION_STRING: text },
        /^AZURE_STORAGE_CONNECTION_STRING must be .* with https, as its key or SAS would travel in the clear; mend or/,
      ] as const,
  ),
];
for (const [out, env, message] of refused) {
  test(`destination ${out} is refused without its secret`, () => {
    assert.throws(
      () => destinationOf(out, env),
      (error: Error) => message.test(error.message) && !/hush/.test(inspect(error)),
    );
  });
}

test('an export with everything', async () => {
  const resource = '/subscriptions/s/resourceGroups/g/providers/microsoft.insights/components/c';
  const { request } = await run(
    [
      ...[
        'export',
        '--app',
        'shop=sim',
        '--workspace',
        `pay=ws,${resource}`,
        '--from',
        '2026-01-31T06:00',
        '--to',
        '2026-02-01',
      ],
      ...[
        '--out',
        './lake',
        '--signals',
        'traces, requests',
        '--window',
        '15m',
        '--format',
        'csv',
        '--gzip',
        '--partition',
        'day',
      ],
      ...['--endpoint', 'http://127.0.0.1:7075', '--key-env', 'MY_KEY', '--again'],
    ],
    { env: { MY_KEY: 'hush' } },
  );
  assert.equal(request?.command, 'export');
  if (request?.command !== 'export') return;
  assert.deepEqual(
    request.apps.map(({ name, query }) => [
      name,
      query?.url,
      query?.schema,
      query?.auth.kind,
      query?.signals,
      query?.window,
    ]),
    [
      ['shop', 'http://127.0.0.1:7075/v1/apps/sim/query', { kind: 'app' }, 'key', ['requests', 'traces'], 900_000],
      [
        'pay',
        'http://127.0.0.1:7075/v1/workspaces/ws/query',
        { kind: 'workspace', resourceId: resource },
        'key',
        ['requests', 'traces'],
        900_000,
      ],
    ],
  );
  assert.deepEqual(request.range, { start: Date.UTC(2026, 0, 31, 6), end: Date.UTC(2026, 1, 1) });
  assert.equal(request.again, true);
  assert.deepEqual(request.lake, { kind: 'folder', folder: resolve('lake') });
  assert.deepEqual({ ...request.output, path: '' }, { format: 'csv', gzip: true, partition: 'day', path: '' });
});

test('an export with the least: all signals, hours, Parquet, identity', async () => {
  const { request } = await run([
    'export',
    '--app',
    `shop=${guid}`,
    '--from',
    '2026-01-31',
    '--to',
    '2026-02-01',
    '--out',
    'lake',
  ]);
  assert.ok(request?.command === 'export');
  const query = request.apps[0]?.query;
  assert.deepEqual(
    [query?.signals.length, query?.window, query?.auth, request.output.format, request.again],
    [10, 3_600_000, { kind: 'identity', clientId: '', setting: 'AZURE_CLIENT_ID' }, 'parquet', false],
  );
});

test('an export asks the query API by the identity that AZURE_CLIENT_ID names', async () => {
  const { request } = await run([...least], { env: { AZURE_CLIENT_ID: guid } });
  assert.ok(request?.command === 'export');
  assert.deepEqual(request.apps[0]?.query?.auth, { kind: 'identity', clientId: guid, setting: 'AZURE_CLIENT_ID' });
});

const least = ['export', '--app', `shop=${guid}`, '--from', '2026-01-31', '--to', '2026-02-01', '--out', 'lake'];
const older: readonly (readonly [retention: string, line: string])[] = [
  ['4d', '(4 days): all of it from 2026-01-31T00:00Z to 2026-02-01T00:00Z;'],
  ['10d', '(10 days): the part from 2026-01-31T00:00Z to 2026-01-31T12:00Z;'],
  ['30d', ''],
];
for (const [retention, line] of older)
  test(`an export says first what is older than ${retention} of retention, of a flag or of the settings`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'retention-'));
    const file = join(folder, 'deployed.json');
    await writeFile(file, JSON.stringify({ QUERY_RETENTION: retention }));
    for (const more of [
      ['--retention', retention],
      ['--settings', file],
    ]) {
      const refusing = () => {
        throw new Failure(exitCodes.destination, 'nothing has run by now');
      };
      const { err, request } = await run([...least, ...more], { prepare: refusing });
      const first = err.slice(0, err.indexOf('\n') + 1);
      assert.ok(request?.command === 'export');
      if (line === '') assert.ok(!err.includes('older than'));
      else assert.ok(first.startsWith('older than what the source keeps ') && first.includes(line), err);
    }
    await rm(folder, { recursive: true });
  });

test('a retention that is none is named by its flag', async () => {
  const { code, err } = await run([...least, '--retention', '3d']);
  assert.equal(code, 2);
  assert.match(err, /--retention must be a length from 4d to 4383d, such as 90d; it is "3d"/);
});

for (const [flag, value, words] of [
  ['--workspace', `shop=${guid},/subscriptions/x`, 'a resource id such as'],
  ['--workspace', 'shop=none', 'a GUID such as'],
  ['--app', 'shop=none', 'a GUID such as'],
] as const)
  test(`${flag} ${value} is refused by that flag`, async () => {
    const { code, err } = await run(['export', flag, value, ...least.slice(3)]);
    assert.equal(code, 2);
    assert.match(err, new RegExp(`: ${flag} must be ${words} `));
  });

test('a transform', async () => {
  const { request } = await run(['transform', 'a', 'b', '--out', 'lake', '--window', '1d', '--app', 'old']);
  assert.ok(request?.command === 'transform');
  assert.deepEqual(
    [request.inputs, request.window, request.app, request.output.format],
    [['a', 'b'], 86_400_000, 'old', 'parquet'],
  );
});
