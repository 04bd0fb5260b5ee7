import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Finding } from '../../../cli/check/check.ts';
import { examine } from '../../../cli/check/examine.ts';
import { type Azurite, startAzurite } from '../../../local/azurite.ts';
import { type Simulator, startSimulator } from '../../../local/simulator/startSimulator.ts';
import type { Env } from '../../../shared/config/flat.ts';
import { openStore } from '../../../shared/wire/clients.ts';
import { guid, run } from '../fake.ts';

const other = 'fedcba98-89ab-cdef-0123-456789abcdef';
let folder: string;
let azurite: Azurite;
let simulator: Simulator;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-'));
  azurite = await startAzurite();
  simulator = await startSimulator({ ids: [guid] });
});
after(async () => {
  await simulator.close();
  await azurite.close();
  await rm(folder, { recursive: true, force: true });
});

const settings = (): Env => ({
  AzureWebJobsStorage: azurite.connectionString,
  APP_NAME: 'shop',
  APP_ID: guid,
  SIGNALS: 'requests, traces',
  QUERY_ENDPOINT: simulator.url,
  EXPORT_CONTAINER: 'exports',
  EXPORT_CONNECTION: 'AzureWebJobsStorage',
  EXPORT_UNTIL: '2024-01-01',
  QUERY_FROM: '2024-01-01',
  LAKE_CONNECTION_STRING: azurite.connectionString,
  LAKE_CONTAINER: 'lake',
});

async function findings(env: Env): Promise<string[]> {
  const found: string[] = [];
  for await (const { level, subject, text } of examine(env, new AbortController().signal))
    found.push(`${level} ${subject} ${text}`);
  const secrets = [azurite.key, 'c2VjcmV0'];
  assert.deepEqual(
    secrets.filter((secret) => found.join('\n').includes(secret)),
    [],
  );
  return found;
}

const storeOf = (container: string) => {
  const key = { reveal: () => azurite.key };
  return openStore({
    kind: 'container',
    url: azurite.blobUrl,
    container,
    prefix: '',
    access: { kind: 'key', account: azurite.account, key },
  });
};

test('settings, clock, source, exports, lake, state, each with a line; nothing but a probe stays', async () => {
  await storeOf('exports').prepare();
  const found = await findings(settings());
  const at = (url: string) => url.replace(/[.?]/g, '\\$&');
  const expected = [
    /^ok settings complete: shop \(2 signals\), 1 export container → parquet by hour$/,
    /^ok settings shop: older than the 90 days that tables keep where nobody has changed it: the part from 2024/,
    new RegExp(`^ok clock this machine is [0-2] s (ahead of|behind) ${at(new URL(azurite.blobUrl).origin)}$`),
    new RegExp(
      `^ok source shop at ${at(new URL(simulator.url).host)}: 2 signals answer; 0 rows of the minute before 2.*Z$`,
    ),
    new RegExp(`^ok exports ${at(azurite.blobUrl)}/exports/: can be read$`),
    new RegExp(`^ok lake ${at(azurite.blobUrl)}/lake/: files can be written, overwritten, listed and removed$`),
    /^ok state table insightslake: can be written and read; knows 0 feeds of this lake$/,
    /^ok state queues insights-lake-windows and insights-lake-windows-backfill: are there$/,
  ];
  assert.equal(found.length, expected.length, found.join('\n'));
  for (const [index, line] of found.entries()) assert.match(line, expected[index] ?? /$^/);
  assert.equal(simulator.requests.filter(({ status }) => status === 200).length, 2);
  const left = await Array.fromAsync(storeOf('lake').list(''));
  assert.deepEqual(
    left.map(({ name }) => name),
    ['_insights-lake/probe'],
  );
});

test('what is planned from before what the source keeps has a line for each app; else there is none', async () => {
  const about = async (more: Env) => (await findings({ ...settings(), ...more })).filter((line) => /older/.test(line));
  const today = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  assert.deepEqual(await about({ QUERY_RETENTION: '30d', QUERY_FROM: today }), []);
  assert.deepEqual(await about({ QUERY_RETENTION: '30d', QUERY_UNTIL: '2024-02-01' }), [
    'ok settings shop: older than what the source keeps (30 days): all of it from 2024-01-01T00:00Z to ' +
      '2024-02-01T00:00Z; windows of it without rows become unavailable, not done',
  ]);
});

const shaped = (shape: object): Env => ({ INSIGHTS_LAKE_CONFIG: JSON.stringify({ shape }) });

test('a name that is nearly one of Azure’s has a line to look at; names of others have none', async () => {
  const more = { AZURE_CLIENTID: 'x', API_ENDPOINT: 'x', GOPROXY: 'x', OTEL_METRIC_EXPORTER: 'none' };
  const found = (await findings({ ...settings(), ...more })).filter((line) =>
    /API|PROXY|did you mean|^fail/.test(line),
  );
  assert.deepEqual(found, [
    'warn settings AZURE_CLIENTID is set and not read here; did you mean AZURE_CLIENT_ID?',
    'warn settings OTEL_METRIC_EXPORTER is set and not read here; did you mean OTEL_METRICS_EXPORTER?',
  ]);
});

test('conditions on rows and a quarantine of its own have a line each, where there are some', async () => {
  const about = async (more: Env) =>
    (await findings({ ...settings(), ...more }))
      .filter((line) => /conditions|shape|quarantine/.test(line))
      .map((line) => line.replace(azurite.blobUrl, ''));
  assert.deepEqual(await about(shaped({ requests: { drop: ['client_IP'] } })), []);
  assert.deepEqual(await about(shaped({ requests: { where: 'success' } })), [
    'ok settings conditions on the rows of 1 signal: understood',
  ]);
  assert.deepEqual(
    await about({
      ...shaped({ '*': { where: "user_Id <> ''" }, traces: { where: 'severityLevel > 0' } }),
      QUARANTINE_CONTAINER: 'quarantine',
    }),
    [
      'ok settings conditions on the rows of 10 signals: understood',
      'ok lake /quarantine/: files can be written, overwritten, listed and removed',
    ],
  );
  assert.deepEqual(
    (await Array.fromAsync(storeOf('quarantine').list(''))).map(({ name }) => name),
    ['_insights-lake/probe'],
  );
});

const wrong: readonly (readonly [what: string, change: () => Env, ...lines: RegExp[]])[] = [
  [
    'a shape that is none',
    () => shaped({ requests: { drop: ['usr_Id'], hash: ['user_Id'] } }),
    /^fail settings INSIGHTS_LAKE_CONFIG: shape\.requests\.drop names "usr_Id", .* no column of requests; did you mean user_Id\?$/,
  ],
  [
    'hashing without a key',
    () => shaped({ requests: { hash: ['user_Id'] } }),
    /^fail settings SHAPE_HASH_KEY must be a secret of .*, for shape\.requests\.hash; it is not set$/,
  ],
  [
    'every wrong setting has a line, and nothing else is tried',
    () => ({ QUERY_WINDOW: '7h', LAKE_FORMAT: 'xls', AzureWebJobsStorage: 'c2VjcmV0' }),
    /^fail settings QUERY_WINDOW must be .*; it is "7h"/,
    /^fail settings LAKE_FORMAT must be /,
    /^fail settings AzureWebJobsStorage must be a storage connection string/,
  ],
  [
    'each condition that is none',
    () => ({
      INSIGHTS_LAKE_CONFIG: '{"shape": {"requests": {"where": "succes"}, "traces": {"where": "severityLevel"}}}',
    }),
    /^fail settings shape\.requests\.where must be .*no column succes \(at character 1: succes\); it is "succes"$/,
    /^fail settings shape\.traces\.where must be .*must have the type bool .*; it is "severityLevel"$/,
  ],
  [
    'an app that is not there',
    () => ({ APP_ID: other }),
    /^fail source query requests of shop .*404.*check the address and the app id/,
  ],
  [
    'a container of exports that is not there, of an app that reads blobs alone',
    () => ({ EXPORT_CONTAINER: 'nowhere', APP_NAME: '', APP_ID: '', QUERY_ENDPOINT: '', QUERY_FROM: '' }),
    /^fail exports .*\/nowhere\/: there is no such container; check its name/,
  ],
  [
    'beside a query source it may not be there yet, as with local.settings.sample.json',
    () => ({ EXPORT_CONTAINER: 'nowhere' }),
    /^warn exports .*\/nowhere\/: there is no such container; check its name/,
  ],
  [
    'of several one may not be there yet',
    () => ({ EXPORT_CONTAINER: 'exports,nowhere' }),
    /^ok exports .*\/exports\/: can be read/,
    /^warn exports .*\/nowhere\/: there is no such container/,
  ],
  [
    'what is the same with many is said once',
    () => ({ EXPORT_CONTAINER: 'exports,insights-logs-*' }),
    /^ok exports .*\/exports\/: can be read$/,
    /^warn exports .*\/insights-logs-apprequests\/: there is no such container.*; the same with 9 more$/,
  ],
  [
    'a folder that blobs never reached',
    () => ({ EXPORT_PREFIX: 'elsewhere' }),
    /^warn exports .*\/elsewhere\/: can be read, and is empty; check container and folder/,
  ],
  [
    'a key that is refused',
    () => ({ LAKE_CONNECTION_STRING: azurite.connectionString.replace(azurite.key, 'c2VjcmV0') }),
    /^fail lake .*\/lake\/: the key, SAS or token was refused|^fail lake .*not allowed/,
  ],
  [
    'a connection string that no client takes',
    () => ({ LAKE_CONNECTION_STRING: 'AccountName=x;AccountKey=c2VjcmV0' }),
    /^fail lake the lake cannot be opened: .*; copy LAKE_CONNECTION_STRING anew/,
    /^fail state the lake cannot be opened/,
  ],
  ['a table that cannot be', () => ({ STATE_TABLE: 'tables' }), /^fail state .*table .*tables/],
  [
    'a reference that only the app can follow',
    () => ({ QUERY_KEY: '@Microsoft.KeyVault(SecretUri=https://vault/c2VjcmV0)' }),
    /^warn settings QUERY_KEY: a reference into Key Vault, which only the app can follow/,
  ],
];
for (const [what, change, ...lines] of wrong)
  test(what, async () => {
    const found = await findings({ ...settings(), ...change() });
    for (const line of lines)
      assert.ok(
        found.some((text) => line.test(text)),
        `${line} in\n${found.join('\n')}`,
      );
    const subjects = lines.map((line) => /\^(?:fail|warn) (\w+)/.exec(line.source)?.[1]);
    const blamed = found.filter((text) => /^fail/.test(text)).filter((text) => !subjects.includes(text.split(' ')[1]));
    assert.deepEqual(blamed, [], 'and nothing else is blamed');
  });

test('a clock that goes wrong is noticed by the answer of a service', async () => {
  const server = createServer((_request, response) => {
    response.sendDate = false;
    response
      .setHeader('Date', new Date(Date.now() - 300_000).toUTCString())
      .writeHead(404)
      .end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    const { LAKE_CONNECTION_STRING, LAKE_CONTAINER, ...rest } = settings();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const found = await findings({ ...rest, QUERY_ENDPOINT: url, LAKE_FOLDER: join(folder, 'lake') });
    assert.match(
      found.join('\n'),
      /^warn clock this machine is (299|30[01]) s ahead of http:\/\/127.*; set its clock/m,
    );
  } finally {
    server.close();
  }
});

const finding = (level: Finding['level'], subject: Finding['subject'], text = 'x: y'): Finding => ({
  level,
  subject,
  text,
});

test('lines, verdict and exit code', async () => {
  const cases: readonly (readonly [findings: readonly Finding[], code: number, last: RegExp])[] = [
    [[finding('ok', 'settings'), finding('ok', 'lake')], 0, /^all is well /],
    [[finding('ok', 'settings'), finding('warn', 'clock')], 0, /^nothing failed; 1 to look at /],
    [[finding('fail', 'settings'), finding('fail', 'settings')], 2, /^2 of 2 failed /],
    [[finding('ok', 'settings'), finding('fail', 'source')], 3, /^1 of 2 failed /],
    [[finding('fail', 'exports'), finding('fail', 'source')], 3, /failed/],
    [[finding('fail', 'lake')], 4, /failed/],
    [[finding('fail', 'state')], 1, /failed/],
    [[finding('fail', 'lake'), finding('fail', 'source')], 1, /failed/],
  ];
  for (const [given, code, last] of cases) {
    const ran = await run(['check'], { examine: () => given });
    const lines = ran.out.trimEnd().split('\n');
    assert.equal(ran.code, code);
    assert.match(lines.pop() ?? '', last);
    assert.deepEqual(
      lines,
      given.map(({ level, subject, text }) => `${level.padEnd(5)} ${subject.padEnd(8)} ${text}`),
    );
    const json = await run(['check', '--json'], { examine: () => given });
    assert.deepEqual(JSON.parse(json.out), {
      ...JSON.parse(json.out),
      command: 'check',
      exitCode: code,
      findings: given,
    });
  }
});

test('the settings of a file and nothing else, in any of its forms', async () => {
  const forms = [
    [
      { name: 'APP_NAME', value: 'shop', slotSetting: false },
      { name: 'PLAN_LIMIT', value: 5 },
    ],
    { APP_NAME: 'shop', PLAN_LIMIT: '5' },
    { IsEncrypted: false, Values: { APP_NAME: 'shop', PLAN_LIMIT: 5 } },
  ];
  for (const form of forms) {
    const file = join(folder, 'settings.json');
    await writeFile(file, `\uFEFF${JSON.stringify(form)}`);
    let seen: Env = {};
    const ran = await run(['check', '--settings', file], {
      env: { APP_NAME: 'not this' },
      examine: (env) => {
        seen = env;
        return [];
      },
    });
    assert.equal(ran.code, 0);
    assert.deepEqual(seen, { APP_NAME: 'shop', PLAN_LIMIT: '5' });
  }
});

test('files that hold no settings, without showing what they hold', async () => {
  const file = join(folder, 'wrong.json');
  const texts: readonly (readonly [string, RegExp])[] = [
    ['{"a":"c2VjcmV0"', /holds no settings; it must be what az functionapp config appsettings list prints/],
    ['"c2VjcmV0"', /holds no settings/],
    ['[{"key":"c2VjcmV0"}]', /holds no settings/],
    ['{"A":{"b":"c2VjcmV0"}}', /A must be a text; it is an object/],
    ['{"IsEncrypted":true,"Values":{"A":"c2VjcmV0"}}', /is encrypted; decrypt it with func settings decrypt/],
  ];
  for (const [text, message] of texts) {
    await writeFile(file, text);
    const { code, err } = await run(['check', '--settings', file]);
    assert.equal(code, 2);
    assert.match(err, message);
    assert.doesNotMatch(err, /c2VjcmV0/);
  }
  assert.match((await run(['check', '--settings', join(folder, 'none.json')])).err, /cannot be read \(ENOENT\)/);
  assert.match((await run(['check', 'stray'])).err, /"stray" belongs to no flag/);
});
