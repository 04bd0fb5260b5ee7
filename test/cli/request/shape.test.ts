import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { shapeMarks } from '../../../cli/deliver/shape-marks.ts';
import type { Summary } from '../../../cli/deliver/summary.ts';
import { memoryData } from '../../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../../local/simulator/startSimulator.ts';
import { telemetryRows } from '../../../local/telemetry/telemetryRows.ts';
import { shapesOf } from '../../../shared/signals/shape-settings.ts';
import { signals } from '../../../shared/signals/tables.ts';
import { run } from '../real.ts';

/** --shape over the real pipeline: what it holds back is looked for in the bytes of everything that a lake holds. */

const base = await mkdtemp(join(tmpdir(), 'insights-shape-'));
const hour = Date.UTC(2024, 2, 1, 5);
const secrets = { ip: '198.51.100.77', user: 'user-7e57ab1e', mail: 'bob@secret.example', odd: 'odd-5ecre7' };
const key = { SHAPE_HASH_KEY: 'a key of the test alone' };
const hidden = Object.values(secrets);
const shape = {
  '*': {
    drop: ['client_IP'],
    hash: ['user_Id'],
    dimensions: { deny: ['email'] },
    extra: { deny: ['context.user.odd', 'Odd'] },
  },
  requests: { rename: { name: 'title' }, where: "name <> 'probe'" },
};

const COMPONENT = 'resourceId=/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/SHOP';
const HOURLY = `insights-logs-apprequests/${COMPONENT}/y=2024/m=03/d=01/h=05/m=00/PT1H.json`;
const CLASSIC = 'Shop_2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e/Messages/2024-03-01/05/x.blob';
const { ip, user, mail, odd } = secrets;
const flat = (id: string, name = 'GET /') =>
  `${JSON.stringify({
    ...{
      time: '2024-03-01T05:10:00Z',
      Type: 'AppRequests',
      Id: id,
      _ItemId: id,
      Name: name,
      DurationMs: 1,
      Success: true,
    },
    ...{ ClientIP: ip, UserId: user, Properties: { email: mail, kept: 'open' }, Odd: odd },
  })}\n`;
/** Its severity fits no column, so the whole record goes to extra. */
const classic = `${JSON.stringify({
  message: [{ raw: 'hello', severityLevel: { not: 'a level' } }],
  internal: { data: { id: 'c' } },
  context: {
    ...{ data: { eventTime: '2024-03-01T05:10:00Z' }, location: { clientip: ip }, user: { anonId: user, odd } },
    custom: { dimensions: [{ email: mail }, { kept: 'open' }] },
  },
})}\n`;
const torn = (text: string) => `${text.slice(0, -3)}\n`;

async function put(root: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
}

const shapeFile = async (name: string, document: unknown): Promise<string> => {
  await put(base, { [name]: JSON.stringify(document) });
  return join(base, name);
};

/** Everything in the lake: rows, quarantine, ledger, marks. `most`: without locks, which come and go. */
async function bytesIn(lake: string, most = false): Promise<string> {
  const names = (await readdir(lake, { recursive: true })).filter((name) => !(most && name.startsWith('.')));
  const texts = await Promise.all(
    names
      .toSorted()
      .map(async (name) =>
        (await stat(join(lake, name))).isFile() ? `${name}\n${await readFile(join(lake, name), 'utf8')}` : '',
      ),
  );
  return texts.join('\n');
}

async function rowsIn(lake: string, signal: string): Promise<Record<string, unknown>[]> {
  const names = (await readdir(join(lake, signal), { recursive: true })).filter((name) => name.endsWith('.ndjson'));
  const texts = await Promise.all(names.toSorted().map((name) => readFile(join(lake, signal, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n').filter(Boolean)).map((line) => JSON.parse(line));
}

const exports = join(base, 'exports');
const shapes = await shapeFile('shape.json', { shape });
let simulator: Simulator;
before(async () => {
  await put(exports, {
    [HOURLY]: flat('a') + flat('b', 'probe') + torn(flat('c')),
    [CLASSIC]: classic + torn(classic),
  });
  const rows = [
    ...telemetryRows({
      seed: 'shape',
      app: 'shop',
      perHour: 60,
      start: hour,
      end: hour + 3_600_000,
      signal: 'requests',
    }),
  ];
  const told = rows.map((row) => ({
    ...row,
    user_Id: user,
    client_IP: ip,
    customDimensions: JSON.stringify({ email: mail, kept: 'open' }),
  }));
  simulator = await startSimulator({ data: memoryData(told) });
});
after(async () => {
  await simulator.close();
  await rm(base, { recursive: true, force: true });
});

const commands: readonly (readonly [command: string, words: () => string[], told: readonly string[]])[] = [
  ['transform', () => ['transform', exports], hidden],
  ['sweep', () => ['sweep', '--container', exports], hidden],
  [
    'export',
    () => [
      'export',
      '--app',
      'shop=sim',
      '--endpoint',
      simulator.url,
      ...['--retention', '4383d'],
      '--from',
      '2024-03-01T05:00',
      '--to',
      '2024-03-01T06:00',
    ],
    [ip, user, mail],
  ],
];

for (const [command, words, told] of commands) {
  test(`${command}: what is dropped, hashed or denied is nowhere in the lake`, async () => {
    const [open, lake] = [join(base, `${command}-open`), join(base, `${command}-shaped`)];
    const plain = await run([...words(), '--out', open, '--format', 'ndjson']);
    assert.equal(plain.code, 0, plain.err);
    const all = await bytesIn(open);
    for (const secret of told) assert.ok(all.includes(secret), `${secret} without --shape`);

    const shaped = await run([...words(), '--out', lake, '--format', 'ndjson', '--shape', shapes, '--json'], key);
    assert.equal(shaped.code, 0, shaped.err);
    const left = await bytesIn(lake);
    for (const secret of [...told, key.SHAPE_HASH_KEY])
      assert.ok(!`${left}${shaped.out}${shaped.err}`.includes(secret), `${secret} with --shape`);
    assert.ok(left.includes('open'), 'the other dimensions stay');
    assert.ok(
      (await rowsIn(lake, 'requests')).every(
        ({ title, user_Id }) => title !== 'probe' && /^[0-9a-f]{64}$/.test(String(user_Id)),
      ),
    );
  });
}

test('both sources: the same columns and the same hash', async () => {
  const [blob] = await rowsIn(join(base, 'transform-shaped'), 'requests');
  const [answer] = await rowsIn(join(base, 'export-shaped'), 'requests');
  assert.deepEqual(Object.keys(blob ?? {}), Object.keys(answer ?? {}));
  assert.equal(blob?.user_Id, answer?.user_Id);
  assert.ok(blob !== undefined && 'title' in blob && !('client_IP' in blob));
});

test('what a condition leaves out is counted; quarantine says where unreadable lines are, not what', async () => {
  const lake = join(base, 'counted');
  const words = ['transform', exports, '--out', lake, '--format', 'ndjson', '--shape', shapes];
  const summary = JSON.parse((await run([...words, '--json'], key)).out) as Summary;
  assert.deepEqual([summary.totals.rows, summary.totals.filtered, summary.totals.quarantined], [2, 1, 2]);
  const [line] = await rowsIn(lake, '_quarantine');
  assert.deepEqual(Object.keys(line ?? {}), ['window', 'blob', 'offset', 'length', 'reason']);
  assert.match((await run(words, key)).out, /\nfiltered by conditions of --shape: 1\n/);
});

test("a deployed app's document: its shape and the fate of bytes, and nothing else of it", async () => {
  const document = {
    $schema: './insights-lake.schema.json',
    ...{ apps: 'not looked at', exports: { container: 'X' }, lake: { format: 'csv', path: 'y' }, signals: ['traces'] },
    ...{ shape: { '*': { drop: ['client_IP'] } }, quarantine: { bytes: 'keep', container: 'unread' } },
  };
  const lake = join(base, 'whole');
  const words = [
    'transform',
    exports,
    '--out',
    lake,
    '--format',
    'ndjson',
    '--shape',
    await shapeFile('whole.json', document),
  ];
  const { code, err } = await run(words);
  assert.equal(code, 0, err);
  const [line] = await rowsIn(lake, '_quarantine');
  assert.ok(String(line?.bytes).includes(ip), 'its owner said so');
  assert.ok(!(await bytesIn(join(lake, 'requests'))).includes(ip));
});

const at = '--shape: ';
const must =
  '--shape must be a file with the part shape of the settings document, such as {"shape": {"*": {"drop": ' +
  '["client_IP"]}}}; it is ';
const wrong: readonly (readonly [
  what: string,
  text: string | undefined,
  lines: readonly (string | RegExp)[],
  env?: object,
])[] = [
  [
    'every wrong word at once',
    '{"shape": {"request": {}, "traces": {"dropp": [], "drop": ["mesage"]}, "requests": {"hash": ["usr_Id"]}, ' +
      '"pageViews": {"where": " "}}}',
    [
      `${at}shape.request is no setting; did you mean requests?`,
      `${at}shape.traces.dropp is no setting; did you mean drop?`,
      `${at}shape.pageViews.where must be a condition in KQL such as resultCode != '404'; it is " "`,
      `${at}shape.requests.hash names "usr_Id", which is no column of requests; did you mean user_Id?`,
    ],
  ],
  [
    'no key',
    '{"shape": {"*": {"hash": ["user_Id"]}}}',
    ['SHAPE_HASH_KEY must be a secret of 16 characters or more, for shape.*.hash; it is not set'],
  ],
  [
    'a short key',
    '{"shape": {"*": {"hash": ["user_Id"]}}}',
    ['SHAPE_HASH_KEY must be a secret of 16 characters or more, for shape.*.hash; it is 5 characters'],
    { SHAPE_HASH_KEY: 'short' },
  ],
  [
    'a key that was copied from the settings of the app',
    '{"shape": {"*": {"hash": ["user_Id"]}}}',
    ['SHAPE_HASH_KEY is a reference, which only the app can follow; set the secret itself'],
    { SHAPE_HASH_KEY: '@Microsoft.KeyVault(SecretUri=https://vault/secrets/key)' },
  ],
  [
    'a shape alone',
    '{"requests": {}}',
    [`${at}requests is no setting`, /^--shape must be a file .*"wrong\.json", which has none$/],
  ],
  [
    'a misspelt part',
    '{"shap": {}}',
    [`${at}shap is no setting; did you mean shape?`, /^--shape must be a file .*which has none$/],
  ],
  [
    'a misspelt fate of bytes',
    '{"shape": {}, "quarantine": {"byte": "keep", "prefix": ""}}',
    [`${at}quarantine.byte is no setting; did you mean bytes?`, /^--shape: quarantine\.prefix must be a folder path/],
  ],
  [
    'a name of the paths',
    '{"shape": {"traces": {"rename": {"message": "app"}}}}',
    [/^--shape: shape names a column of traces "app"/],
  ],
  ['a list', '[]', [`${must}"wrong.json", which holds no JSON object`]],
  ['no JSON', '{"shape": ', [/^--shape must be .*"wrong\.json", which does not parse \(.+\)$/]],
  ...[40, 20_000].map(
    (depth) =>
      [
        `a nest, ${depth} deep`,
        `{"shape": {"*": ${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}}`,
        [`${must}"wrong.json", which nests more than 32 deep`],
      ] as const,
  ),
  ['no file', undefined, [`${must}"wrong.json", which cannot be read (ENOENT)`]],
  [
    'conditions that are none',
    '{"shape": {"requests": {"where": "succes"}, "traces": {"where": "severityLevel"}}}',
    [
      'shape.requests.where must be a KQL condition on the columns of requests: there is no column succes (at ' +
        'character 1: succes); it is "succes"',
      'shape.traces.where must be a KQL condition on the columns of traces: The expression must have the type ' +
        'bool (at character 1: severityLevel); it is "severityLevel"',
    ],
  ],
];

for (const [what, text, lines, env] of wrong) {
  test(`refused: ${what}`, async () => {
    const file = join(base, 'wrong.json');
    await rm(file, { force: true });
    if (text !== undefined) await writeFile(file, text);
    for (const [, words] of commands) {
      const lake = join(base, 'unmade');
      const { code, out, err } = await run([...words(), '--out', lake, '--shape', file], { ...env });
      const said = err.trimEnd().replaceAll(`${base}/`, '').split('\n');
      const told =
        said.length === 1
          ? [said[0]?.replace(/^insights-lake: \w+: /, '')]
          : said.slice(1).map((line) => line.replace(/^- /, ''));
      assert.deepEqual([code, out, told.length], [2, '', lines.length], err);
      for (const line of lines)
        assert.ok(
          told.some((each = '') => (typeof line === 'string' ? each === line : line.test(each))),
          `${line} in ${err}`,
        );
      await assert.rejects(stat(lake), 'nothing is written');
    }
  });
}

const kept = {
  traces: { drop: ['client_IP'], where: "message <> ''" },
  requests: { hash: ['user_Id'], drop: ['client_IP', 'client_City'] },
};
const others: readonly (readonly [
  what: string,
  now: object | undefined,
  env: Record<string, string>,
  refusal: string,
])[] = [
  [
    'the same in other words',
    { requests: { drop: ['client_City', 'client_IP'], hash: ['user_Id'] }, traces: kept.traces },
    key,
    '',
  ],
  ['none', undefined, {}, 'with --shape, not without'],
  ['an empty one', {}, {}, 'with --shape, not without'],
  [
    'another one',
    { ...kept, traces: {} },
    key,
    'with another shape of traces (or another SHAPE_HASH_KEY), not this one',
  ],
  [
    'another key',
    kept,
    { SHAPE_HASH_KEY: 'another key than that' },
    'with another shape of requests (or another SHAPE_HASH_KEY), not this one',
  ],
];

test('a lake keeps the shape that it was made with', async () => {
  const lake = join(base, 'kept');
  const words = ['transform', exports, '--out', lake, '--format', 'ndjson'];
  assert.equal((await run([...words, '--shape', await shapeFile('kept.json', { shape: kept })], key)).code, 0);
  await run(['requeue', '--out', lake]);
  const before = await bytesIn(lake, true);
  for (const [what, now, env, refusal] of others.toSorted((a, b) => b[3].length - a[3].length)) {
    const more = now === undefined ? [] : ['--shape', await shapeFile('now.json', { shape: now })];
    const { code, err } = await run([...words, ...more], env);
    assert.equal(code, refusal === '' ? 0 : 2, `${what}: ${err}`);
    if (refusal === '') continue;
    assert.ok(
      err.includes(`was written ${refusal}`) && err.endsWith('; say the same again, or choose another --out\n'),
      `${what}: ${err}`,
    );
    assert.ok((await bytesIn(lake, true)) === before, `${what} changes something`);
  }
});

test('what is said under * and of each signal is the same', () => {
  const parts = { drop: ['client_IP'], where: "user_Id <> ''", rename: { itemId: 'id_of_item' } };
  const each = Object.fromEntries(signals.map((signal) => [signal, parts]));
  const marks = (settings: object) => shapeMarks({ signals: shapesOf(settings), key: undefined });
  assert.deepEqual(marks(each), marks({ '*': parts }));
  assert.equal(new Set(Object.values(marks(each))).size, 1);
  const promote = [{ from: 'extra.a', as: 'a', type: 'long' }];
  for (const more of [
    { hash: ['user_Id'] },
    { dimensions: { allow: [] } },
    { dimensions: { deny: ['x'] } },
    { extra: { deny: ['x'] } },
    { promote },
  ])
    assert.notEqual(marks({ '*': { ...parts, ...more } }).traces, marks({ '*': parts }).traces, JSON.stringify(more));
});

test('a lake that was made without keeps doing without; a shape that shapes nothing is none', async () => {
  const lake = join(base, 'plain');
  const words = ['transform', exports, '--out', lake];
  assert.equal((await run(words)).code, 0);
  const marks = join(lake, '_insights-lake/output.json');
  const { shape: _, ...older } = JSON.parse(await readFile(marks, 'utf8'));
  for (const document of [older, { ...older, shape: {} }]) {
    await writeFile(marks, JSON.stringify(document));
    const { code, err } = await run([...words, '--shape', shapes], key);
    assert.deepEqual([code, /was written without --shape, not with one; say the same/.test(err)], [2, true], err);
    assert.equal(
      (await run([...words, '--shape', await shapeFile('nothing.json', { shape: { requests: {} } })])).code,
      0,
    );
  }
});

test('sweep --enqueue: the settings of the app say it', async () => {
  const { code, err } = await run(['sweep', '--enqueue', '--shape', shapes]);
  assert.deepEqual(
    [code, err],
    [2, 'insights-lake: sweep: --shape is not for --enqueue, the settings of the app say it\n'],
  );
});
