import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Operations } from '../../../cli/operations/ports.ts';
import type { SweepRequest } from '../../../shared/model.ts';
import type { RequeueRequest } from '../../../shared/pipeline/ask/requeue.ts';
import type { SweepOutcome } from '../../../shared/pipeline/sweep/sweep.ts';
import { run } from '../fake.ts';

const base = await mkdtemp(join(tmpdir(), 'insights-operate-'));
after(() => rm(base, { recursive: true }));
const settings = join(base, 'deployed.json');
await writeFile(settings, JSON.stringify([{ name: 'EXPORT_CONTAINER', value: 'exports' }]));

const swept: SweepOutcome = {
  range: { start: -Infinity, end: Infinity },
  windows: 48,
  blobs: 2880,
  bytes: 5_000_000,
  enqueued: 40,
  open: 3,
  kept: 1,
  archived: 2,
  missing: ['am-apptraces'],
  unknown: ['insights-logs-appsystemevents'],
  errors: [],
};

function fake(outcome: SweepOutcome = swept) {
  const asked: { sweep?: SweepRequest; requeue?: RequeueRequest; lake?: string; env?: string | undefined }[] = [];
  const operations: Pick<Operations, 'enqueue' | 'requeue' | 'drift'> = {
    enqueue: async (sweep, env, _abort, tell) => {
      asked.push({ sweep, env: env.EXPORT_CONTAINER });
      for (let n = 0; n < 20; n++)
        tell({ windows: n, blobs: n * 60, bytes: 0, enqueued: n, at: Date.UTC(2024, 0, 1, n) });
      return outcome;
    },
    requeue: async (requeue, lake, env) => {
      asked.push({
        requeue,
        lake: lake?.kind === 'folder' ? 'folder' : (lake?.container ?? ''),
        env: env.EXPORT_CONTAINER,
      });
      return { windows: 100, quarantined: 2, failed: 1 };
    },
    drift: async (lake, env) => {
      asked.push({ lake: lake?.kind === 'folder' ? 'folder' : (lake?.container ?? ''), env: env.EXPORT_CONTAINER });
      const field = { app: 'shop', source: 'continuous', signal: 'requests', count: 1 } as const;
      return [
        { ...field, path: 'request.old', firstSeen: Date.UTC(2026, 0, 1) },
        { ...field, path: 'request.new', count: 1234, firstSeen: Date.UTC(2026, 0, 2) },
      ];
    },
  };
  return { operations, asked };
}

test('sweep --enqueue: the settings of the app, the range, progress and what came of it', async () => {
  const { operations, asked } = fake();
  const words = [
    'sweep',
    '--enqueue',
    '--settings',
    settings,
    '--from',
    '2024-01-01',
    '--prefix',
    'shop_1/',
    '--app',
    'shop',
  ];
  const { code, out, err } = await run(words, { operations });
  assert.equal(code, 0);
  assert.deepEqual(asked, [
    { sweep: { start: Date.UTC(2024, 0, 1), end: Infinity, prefix: 'shop_1/', app: 'shop' }, env: 'exports' },
  ]);
  assert.equal(
    out,
    `48 windows of 2,880 blobs (5.0 MB): 40 enqueued, 3 on their way already, the rest as the lake has them
2 windows hold archived blobs, which are skipped; 1 stay as they are
no such container: am-apptraces
no signal, left out: insights-logs-appsystemevents
`,
  );
  assert.match(err, /^2024-01-01T05:00Z · 5 windows, 300 blobs · 5 enqueued\n/);
});

test('sweep --enqueue --json; what could not be listed is exit code 3', async () => {
  const { operations } = fake({ ...swept, errors: ['list x: 403'] });
  const { code, out } = await run(['sweep', '--enqueue', '--json'], {
    operations,
    env: { EXPORT_CONTAINER: 'exports' },
  });
  assert.equal(code, 3);
  const { range, ...counts } = swept;
  assert.deepEqual(JSON.parse(out), { command: 'sweep', exitCode: 3, ...counts, errors: ['list x: 403'] });
});

test('requeue: in the app of the settings, or in a lake of the command line', async () => {
  const { operations, asked } = fake();
  const app = await run(['requeue', '--settings', settings, '--signals', 'traces,requests', '--to', '2024-02-01'], {
    operations,
  });
  assert.equal(app.out, '3 of 100 windows are due again (2 with quarantined records, 1 failed); the app runs them\n');
  const lake = await run(['requeue', '--out', './lake'], { operations });
  assert.match(lake.out, /; run the command that made the lake again, and it runs them\n$/);
  const json = await run(['requeue', '--out', './lake', '--json'], { operations });
  assert.deepEqual(JSON.parse(json.out), { command: 'requeue', exitCode: 0, windows: 100, quarantined: 2, failed: 1 });
  assert.deepEqual(asked.slice(0, 2), [
    {
      requeue: { start: -Infinity, end: Date.UTC(2024, 1, 1), prefix: '', app: '', signals: ['requests', 'traces'] },
      lake: '',
      env: 'exports',
    },
    { requeue: { start: -Infinity, end: Infinity, prefix: '', app: '', signals: [] }, lake: 'folder', env: undefined },
  ]);
});

test('a range from the year 1 on is one of all', async () => {
  const { operations, asked } = fake();
  for (const words of [['sweep', '--enqueue'], ['requeue']])
    assert.equal((await run([...words, '--settings', settings, '--from', '0001-01-01'], { operations })).code, 0);
  assert.deepEqual(
    asked.map(({ sweep, requeue }) => (sweep ?? requeue)?.start),
    [Date.parse('0001-01-01'), Date.parse('0001-01-01')],
  );
});

test('drift: in the app of the settings, or in a lake of the command line; newest first', async () => {
  const { operations, asked } = fake();
  const app = await run(['drift', '--settings', settings], { operations });
  const lines = [
    '2026-01-02T00:00Z  shop  continuous  requests  request.new  1,234 rows',
    '2026-01-01T00:00Z  shop  continuous  requests  request.old  1 row',
  ];
  assert.equal(app.out, `${lines.join('\n')}\n`);
  const { out } = await run(['drift', '--out', './lake', '--json'], { operations });
  const { command, fields } = JSON.parse(out) as { command: string; fields: { path: string; firstSeen: string }[] };
  assert.deepEqual(
    [command, fields[0]?.path, fields[0]?.firstSeen],
    ['drift', 'request.new', '2026-01-02T00:00:00.000Z'],
  );
  assert.deepEqual(asked, [
    { lake: '', env: 'exports' },
    { lake: 'folder', env: undefined },
  ]);
});

const account = (name: string) => `AccountName=${name};AccountKey=a2V5`;
const url = (name: string) => `https://${name}.blob.core.windows.net/telemetry`;
const places: readonly (readonly [
  what: string,
  env: Record<string, string>,
  container: string,
  source: string,
  lake: string,
])[] = [
  ['one account by connection string', { AZURE_STORAGE_CONNECTION_STRING: account('one') }, 'one', 'key', 'key'],
  [
    'two accounts, the string that of the source',
    { AZURE_STORAGE_CONNECTION_STRING: account('two') },
    'two',
    'key',
    'identity',
  ],
  [
    'two accounts, the string that of the lake',
    { AZURE_STORAGE_CONNECTION_STRING: account('one') },
    'two',
    'identity',
    'key',
  ],
  ['two accounts, nothing given', {}, 'two', 'identity', 'identity'],
];
for (const [what, env, container, source, lake] of places) {
  test(`sweep: ${what}`, async () => {
    const { request } = await run(['sweep', '--container', url(container), '--out', url('one')], { env });
    assert.ok(
      request?.command === 'sweep' && request.container.kind === 'container' && request.lake.kind === 'container',
    );
    assert.deepEqual([request.container.access.kind, request.lake.access.kind], [source, lake]);
  });
}

const wrong: readonly (readonly [words: readonly string[], message: RegExp, env?: Record<string, string>])[] = [
  [['sweep', '--out', 'lake'], /--container is missing/],
  [['sweep', '--container', 'x'], /--out is missing/],
  [['sweep', '--container', 'x', '--out', 'lake', '--settings', 'y'], /sweep: y cannot be read/],
  [
    ['sweep', '--container', 'x', '--out', 'lake', '--from', 'monday'],
    /sweep: --from must be a date .*; it is "monday"/,
  ],
  [
    ['sweep', '--container', 'x', '--out', 'lake', '--from', '2024-01-02', '--to', '2024-01-01'],
    /--to must be later than --from/,
  ],
  [['sweep', '--container', 'x', '--out', 'lake', '--signals', 'trace'], /did you mean traces\?/],
  [['sweep', '--container', 'x', '--out', 'lake', '--window', '30m'], /--window must be whole hours/],
  [['sweep', '--enqueue', '--out', 'lake'], /--out is not for --enqueue/],
  [['sweep', '--enqueue', '--settings', 'none.json'], /sweep: none\.json cannot be read/],
  [['sweep', 'x'], /"x" belongs to no flag/],
  [
    ['sweep', '--container', url('one'), '--out', url('two')],
    /AZURE_STORAGE_KEY is of one account, --container and --out name two/,
    { AZURE_STORAGE_KEY: 'a2V5' },
  ],
  [['requeue', '--out', 'lake', '--settings', settings], /give --out or --settings, not both/],
  [['requeue', '--signals', 'trace'], /--signals must be signals out of/],
  [['inspect'], /no files or folders are given/],
];
for (const [words, message, env = {}] of wrong) {
  test(`wrong usage: ${words.slice(0, 7).join(' ')}`, async () => {
    const { code, err, out } = await run(words, { env });
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, message);
  });
}
