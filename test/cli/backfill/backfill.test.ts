import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operations } from '../../../cli/operations/ports.ts';
import type { BackfillPlan, BackfillReport, Backfills, BackfillWish } from '../../../shared/model.ts';
import { run } from '../fake.ts';

const range = { start: Date.UTC(2025, 0, 1), end: Date.UTC(2026, 0, 1) };
const env = { APP_NAME: 'shop' };
const request = { app: 'shop', signals: ['requests' as const], ...range, choice: 'missing' as const, concurrency: 2 };
const given: BackfillPlan = {
  ...{ ...request, windows: 8760, skipped: 24, retired: 0, unavailable: 100, doubtful: 0 },
  ...{ rows: 1_234_567, bytes: 74_000_000, requests: 17_520, time: 7_200_000, sampled: 12 },
};
const report: BackfillReport = {
  ...{ ...request, id: 'one', state: 'running', begunAt: range.end, window: 3_600_000 },
  ...{ day: range.start, signal: 0, next: range.start, slots: [], taken: 42 },
  ...{ share: 0.257, eta: Date.UTC(2026, 0, 2, 3, 4, 5), open: 2, failed: 1 },
};

function fake(plan = given) {
  const asked: unknown[] = [];
  const backfills: Backfills = {
    plan: async (wish: BackfillWish) => {
      asked.push(['plan', wish]);
      return plan;
    },
    start: async (wish) => {
      asked.push(['start', wish]);
      return report;
    },
    order: async (id, order) => {
      asked.push([order, id]);
      return { ...report, state: 'paused', eta: 0, failed: 0, open: 0 };
    },
    status: async () => [report, report],
  };
  const operations: Pick<Operations, 'backfill'> = { backfill: (use) => use(backfills) };
  return { operations, asked };
}

const flags = [
  '--from',
  '2025-01-01',
  '--to',
  '2026-01-01',
  '--signals',
  'requests',
  '--only',
  'all',
  '--concurrency',
  '3',
];

test('plan: what it would be, in words and as JSON', async () => {
  const { operations, asked } = fake();
  const { code, out } = await run(['backfill', 'plan', ...flags], { operations, env });
  assert.equal(code, 0);
  assert.equal(
    out,
    `shop, requests: 8,760 windows would run, 24 are done or on their way
100 windows are older than what the source keeps (QUERY_RETENTION), and are left out
about 1,234,567 rows, 74.0 MB, 17,520 requests, 2h 00m with 2 at a time; guessed from 12 windows that were counted
insights-lake backfill start with the same flags begins it
`,
  );
  const wish = { app: '', signals: ['requests'], ...range, choice: 'all', concurrency: 3 };
  assert.deepEqual(asked, [['plan', wish]]);
  const json = JSON.parse((await run(['backfill', 'plan', ...flags, '--json'], { operations, env })).out);
  assert.deepEqual([json.plan.windows, json.plan.rows, json.plan.only], [8760, 1_234_567, 'missing']);
});

test("plan: what of the range is the planner's, and where nothing is left", async () => {
  const none = { windows: 0, unavailable: 0, rows: 0, bytes: 0, requests: 0, time: 0, sampled: 0 };
  const { operations } = fake({ ...given, ...none, end: Date.UTC(2025, 11, 1) });
  const { out } = await run(['backfill', 'plan', ...flags], { operations, env });
  assert.equal(
    out,
    `shop, requests: 0 windows would run, 24 are done or on their way
windows from 2025-12-01T00:00Z on are the planner's, and are left out
nothing is left to bring in; with --only all those that are done would run once more
`,
  );
});

test('start, pause, resume, cancel and status', async () => {
  const { operations, asked } = fake();
  const line =
    'one  running  shop requests  2025-01-01T00:00Z to 2026-01-01T00:00Z: 25 %, 42 windows handed out, 2 under way, ' +
    '1 failed, and are tried again, done about 2026-01-02T03:04Z\n';
  const more = 'insights-lake backfill status tells how far it is; pause, resume and cancel take its name with --id\n';
  assert.equal((await run(['backfill', 'start', ...flags], { operations, env })).out, line + more);
  for (const order of ['pause', 'resume', 'cancel'])
    assert.match((await run(['backfill', order, '--id', 'one'], { operations, env })).out, /^one {2}paused .*25 %/);
  assert.equal((await run(['backfill', 'status'], { operations, env })).out, line + line);
  assert.deepEqual(asked.slice(1), [
    ['pause', 'one'],
    ['resume', 'one'],
    ['cancel', 'one'],
  ]);
});

for (const [words, said] of [
  [[], /must be followed by one of plan, start/],
  [['begin'], /must be followed by one of plan, start/],
  [['plan'], /--from and --to/],
  [['start', '--from', '2025-01-01'], /both are needed/],
  [['pause'], /--id names which/],
  [['plan', ...flags, '--only', 'some'], /--only must be missing, failed or all/],
  [['plan', ...flags, '--concurrency', '0'], /--concurrency must be a number from 1 to 20/],
] as const)
  test(`backfill ${words.join(' ')}: refused`, async () => {
    const { code, err } = await run(['backfill', ...words], { operations: fake().operations, env });
    assert.equal(code, 2);
    assert.match(err, said);
  });

test('windows that no name has room for are named by the plan and by the status, as JSON as well', async () => {
  const { operations } = fake({ ...given, roomless: 6 });
  const { out } = await run(['backfill', 'plan', ...flags], { operations, env });
  assert.match(out, /\n6 windows have no room: other apps have that time under this name, .*; give the app a name/);
  const backfills = { status: async () => [{ ...report, roomless: 1 }] } as unknown as Backfills;
  const told: Pick<Operations, 'backfill'> = { backfill: (use) => use(backfills) };
  const status = await run(['backfill', 'status'], { operations: told, env });
  assert.match(status.out, /\nleft out so far: 1 window has no room: /);
  const json = JSON.parse((await run(['backfill', 'status', '--json'], { operations: told, env })).out);
  assert.equal(json.backfills[0].roomless, 1);
});
