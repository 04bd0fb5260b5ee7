import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HealthReport } from '../../shared/model.ts';
import { rerunWindows } from '../../shared/pipeline/ask/rerun.ts';
import { plannedEntry } from '../../shared/pipeline/entry.ts';
import { answerOrder, answerQuestion, type StatusPorts } from '../../shared/status/answer.ts';
import { addSums, NOTHING, sumsOf } from '../../shared/status/day-tally.ts';
import { timeIn } from '../../shared/status/request.ts';
import { type Status, statusSchema, windowSchema } from '../../shared/status/schema.ts';
import { wireStatus } from '../../shared/wire/status.ts';
import { day, filled, hour, NOW, SIGNALS, type World } from './world.ts';

const health = (state: HealthReport['state']): HealthReport => ({
  ...{ state, since: NOW - hour, by: 'itself', reason: 'put a: 403', probes: 1, probeAfter: 0 },
  ...{ commits: 5, succeeded: 2, disabledAt: 0 },
});

function portsOf(
  { ledger, config, now }: World,
  state: HealthReport['state'] = 'active',
  backfills: Status['backfills'] = [],
) {
  const ordered: string[] = [];
  const clock = { now, sleep: async () => {}, random: () => 0.5 };
  const ports: StatusPorts = wireStatus(config, {
    ...{ ledger, now, ready: async () => {}, health: async () => health(state) },
    rerun: (order) => rerunWindows(order, { ledger, clock }),
    backfills: async () => backfills,
    order: async (order, reason) => {
      ordered.push(`${order} ${reason}`);
      return health(order === 'resume' ? 'active' : 'paused');
    },
  });
  return { ports, ordered };
}

async function statusIn(
  world: World,
  given: Record<string, string> = {},
  state?: HealthReport['state'],
  backfills?: Status['backfills'],
): Promise<Status> {
  const { status, body } = await answerQuestion('status', given, portsOf(world, state, backfills).ports);
  assert.equal(status, 200);
  return statusSchema.parse(body);
}

describe('the status', () => {
  test('every number is that of the ledger', async () => {
    const world = await filled({ apps: 3, days: 4 });
    const status = await statusIn(world, { from: '2026-11-23', to: '2026-11-27' });
    let sums = NOTHING;
    const rows = new Map<string, number>();
    for await (const feed of world.ledger.feeds())
      for await (const entry of world.ledger.list(feed)) {
        sums = addSums(sums, sumsOf(entry));
        const key = `${feed.app} ${feed.signal} ${Math.floor(entry.window.start / day)}`;
        rows.set(key, (rows.get(key) ?? 0) + entry.counts.written);
      }
    assert.deepEqual(status.total, { ...sums, windows: { ...sums.windows } });
    assert.equal(status.days.length, 4);
    for (const name of ['written', 'late', 'asked', 'wasted', 'bytes', 'delay'] as const)
      assert.equal(
        status.days.reduce((sum, each) => sum + each[name], 0),
        sums[name],
        name,
      );
    for (const feed of status.feeds)
      for (const [n, text] of feed.rows.split(' ').entries())
        assert.equal(Number(text), rows.get(`${feed.app} ${feed.signal} ${Date.UTC(2026, 10, 23) / day + n}`) ?? 0);
  });

  test('the verdict, and what needs a person, the worst first, with what to do', async () => {
    const { verdict, needs, feeds } = await statusIn(await filled({ apps: 3, days: 30 }));
    assert.equal(verdict.text, 'Complete until 2026-11-24 01:00 UTC, 2 days behind; 1 feed failing; 1 feed late');
    assert.deepEqual([verdict.state, verdict.late, verdict.failed, verdict.feeds], ['failed', 1, 1, 30]);
    assert.deepEqual(
      needs.map(({ kind }) => kind),
      ['failed', 'late', 'missing', 'unavailable', 'quarantine'],
    );
    const [failed] = needs;
    assert.match(
      failed?.text ?? '',
      /^5 windows of store exceptions failed, the first of 2026-11-24 01:00 UTC, tried 7 times$/,
    );
    assert.match(failed?.advice ?? '', /give the identity of the app the role Reader/);
    assert.deepEqual(failed?.window, {
      app: 'store',
      signal: 'exceptions',
      source: 'query',
      at: '2026-11-24T01:00:00.000Z',
    });
    const states = Object.groupBy(feeds, ({ state }) => state);
    assert.deepEqual([states.failed?.length, states.late?.length, states.complete?.length], [1, 1, 28]);
  });

  test('all is well: complete, behind by lag and window, nothing to do', async () => {
    const { verdict, needs } = await statusIn(await filled({ apps: 1, days: 2, well: true }));
    assert.deepEqual(
      [verdict.text, verdict.state, needs],
      ['Complete until 2026-11-26 09:00 UTC, 12 minutes behind', 'complete', []],
    );
  });

  test('what a backfill is bringing in is neither late nor forgotten', async () => {
    const world = await filled({ apps: 1, days: 2, well: true });
    const start = Math.floor(NOW / day) * day - 10 * day;
    const feed = { app: 'shop', signal: 'traces', source: 'query' } as const;
    await world.ledger.write(
      { ...plannedEntry({ ...feed, start, end: start + hour }, NOW), backfill: 'one' },
      undefined,
    );
    const range = { start: '2026-11-16T00:00:00.000Z', end: '2026-11-25T00:00:00.000Z' };
    const backfill = {
      event: 'backfill',
      id: 'one',
      state: 'running',
      app: 'shop',
      signals: 'requests,traces',
      only: 'missing',
      ...range,
      reached: '2026-11-16T00:15:00.000Z',
    };
    const asked = { from: '2026-11-15', to: '2026-11-27', grain: '1d' };
    const { verdict, needs, feeds } = await statusIn(world, asked, 'active', [backfill]);
    assert.deepEqual([verdict.state, needs], ['complete', []]);
    assert.equal(feeds.find(({ signal }) => signal === 'traces')?.cells, '- 9q d d375');
    const shorter = { ...backfill, end: '2026-11-20T00:00:00.000Z' };
    const left = await statusIn(world, asked, 'active', [shorter]);
    assert.deepEqual(
      left.needs.map(({ text }) => text),
      ['No window covers 2026-11-20 00:00 UTC to 2026-11-25 00:00 UTC of shop traces'],
    );
    for (const other of [
      { ...backfill, state: 'paused' },
      { ...backfill, only: 'failed' },
      { ...backfill, reached: '2026-11-18T12:00:00.000Z' },
      { ...backfill, signals: 'requests' },
    ])
      assert.deepEqual(
        (await statusIn(world, asked, 'active', [other])).needs.map(({ kind }) => kind),
        ['late', 'missing'],
      );
  });

  test('nothing yet, and a lake that is paused, are said', async () => {
    const world = await filled({ apps: 0, days: 1 });
    assert.equal((await statusIn(world)).verdict.text, 'Nothing has arrived yet');
    const paused = await statusIn(await filled({ apps: 1, days: 2, well: true }), {}, 'paused');
    assert.match(paused.verdict.text, /; the lake is paused: nothing is written$/);
    assert.deepEqual([paused.verdict.state, paused.needs[0]?.action?.order], ['paused', 'resume']);
    assert.match(paused.needs[0]?.text ?? '', /^The lake is paused for 60 minutes, by itself: put a: 403$/);
  });

  test('how far a feed is settled stands at the feed, and at no other', async () => {
    const world = await filled({ apps: 2, days: 4 });
    const through = Date.UTC(2026, 10, 24);
    await world.ledger.recordSettled({ app: 'store', signal: 'traces', source: 'query' }, through);
    const { feeds } = await statusIn(world);
    const settled = feeds.filter((feed) => feed.settled !== null);
    assert.deepEqual(
      settled.map((feed) => [feed.app, feed.signal, feed.settled]),
      [['store', 'traces', '2026-11-24T00:00:00.000Z']],
    );
    assert.equal(feeds.length, 20);
  });

  test('one app, some signals; cells of any length', async () => {
    const world = await filled({ apps: 3, days: 4 });
    const given = { app: 'store', signal: 'exceptions,traces', from: '2026-11-24', to: '2026-11-25', grain: '1h' };
    const { feeds, verdict, range } = await statusIn(world, given);
    assert.deepEqual(
      feeds.map(({ signal }) => signal),
      ['exceptions', 'traces'],
    );
    assert.equal(feeds[0]?.cells, 'd 4f 19d'.replace('4f', '5f').replace('19d', '18d'));
    assert.deepEqual([verdict.feeds, range.grain], [2, hour]);
  });

  test('ten apps, ten signals, thirty days: at most 200 kB, within a second once tallies are read', async () => {
    const world = await filled({ apps: 10, days: 30 });
    const tallies = await Array.fromAsync(world.ledger.tallies({ start: NOW - 40 * day, end: NOW + day }));
    const ledger = {
      ...world.ledger,
      tallies: async function* () {
        yield* tallies;
      },
    };
    for (const given of [{}, { from: '2026-11-19', grain: '1h' }] as Record<string, string>[]) {
      const { body } = await answerQuestion('status', given, portsOf({ ...world, ledger }).ports);
      const bytes = JSON.stringify(body).length;
      assert.ok(bytes <= 200_000, `${bytes} bytes`);
      assert.equal((body as Status).feeds.length, 100);
    }
  });
});

describe('the API', () => {
  const bad: readonly (readonly ['status' | 'window', Record<string, string>, string])[] = [
    ['status', { from: 'yesterday' }, 'from'],
    ['status', { from: '2026-11-27', to: '2026-11-26' }, 'from'],
    ['status', { from: '2020-01-01' }, 'from'],
    ['status', { to: '2026-13-01' }, 'to'],
    ['status', { grain: '7m' }, 'grain'],
    ['status', { grain: '15m' }, 'grain'],
    ['status', { grain: 'constructor' }, 'grain'],
    ['status', { from: '2026-11-31', to: '2026-12-05' }, 'from'],
    ['status', { to: '2026-11-26T24:01Z' }, 'to'],
    ['status', { to: '2026-11-26T25:00Z' }, 'to'],
    ['status', { to: '2026-11-31T24:00Z' }, 'to'],
    ['status', { to: '2026-02-30T24:00:00Z' }, 'to'],
    ['status', { signal: 'request' }, 'signal'],
    ['status', { apps: 'shop' }, 'apps'],
    ['window', { app: 'shop', signal: 'requests' }, 'at'],
    ['window', { signal: 'requests', at: '2026-11-26' }, 'app'],
    ['window', { app: 'shop', at: '2026-11-26' }, 'signal'],
    ['window', { app: 'shop', signal: 'requests', at: '1' }, 'at'],
  ];
  for (const [question, given, field] of bad)
    test(`400 names the field: ${question} ${JSON.stringify(given)}`, async () => {
      const answer = await answerQuestion(question, given, portsOf(await filled({ apps: 0, days: 1 })).ports);
      assert.equal(answer.status, 400);
      assert.equal((answer.body as { error: { field: string } }).error.field, field);
    });

  for (const [text, same] of [
    ['2026-01-31T24:00Z', '2026-02-01'],
    ['2026-12-31T24:00:00Z', '2027-01-01'],
    ['2028-02-29T24:00:00.000Z', '2028-03-01'],
  ] as const)
    test(`the end of a day is a time: ${text}`, () => assert.equal(timeIn({ to: text }, 'to'), Date.parse(same)));

  const orders: readonly (readonly ['rerun' | 'pause' | 'backfill', string, string])[] = [
    ['rerun', '{', 'body'],
    ['rerun', '[]', 'body'],
    ['rerun', '{}', 'from'],
    ['rerun', '{"from":"2026-11-01"}', 'to'],
    ['rerun', '{"from":"2026-02-30","to":"2026-04-02"}', 'from'],
    ['rerun', '{"from":"2026-11-02","to":"2026-11-01"}', 'from'],
    ['rerun', '{"from":"2026-11-01","to":"2026-11-02","faulty":"yes"}', 'faulty'],
    ['rerun', '{"from":"2026-11-01","to":"2026-11-02","signals":"requests"}', 'signals'],
    ['rerun', '{"from":"2026-11-01","to":"2026-11-02","signals":["request"]}', 'signals'],
    ['rerun', '{"from":"2026-11-01","to":"2026-11-02","all":true}', 'all'],
    ['pause', '{"reason":7}', 'reason'],
    ['pause', '{"dryRun":1}', 'dryRun'],
    ['backfill', '{"to":"2026-11-02"}', 'from'],
  ];
  for (const [order, body, field] of orders)
    test(`400 names the field: ${order} ${body}`, async () => {
      const answer = await answerOrder(order, body, portsOf(await filled({ apps: 0, days: 1 })).ports);
      assert.equal(answer.status, 400);
      assert.equal((answer.body as { error: { field: string } }).error.field, field);
    });

  test('one window: its error, its advice, its files, or 404', async () => {
    const { ports } = portsOf(await filled({ apps: 2, days: 4 }));
    const failed = await answerQuestion(
      'window',
      { app: 'store', signal: 'exceptions', at: '2026-11-24T03:30Z' },
      ports,
    );
    const view = windowSchema.parse(failed.body);
    assert.deepEqual([view.state, view.start, view.attempts], ['failed', '2026-11-24T03:00:00.000Z', 7]);
    assert.match(view.error, /which takes up to an hour to hold$/);
    assert.match(view.advice, /tried again by itself/);
    const done = await answerQuestion(
      'window',
      { app: 'shop', signal: 'requests', source: 'query', at: '2026-11-25' },
      ports,
    );
    assert.equal(windowSchema.parse(done.body).files.length, 1);
    const none = await answerQuestion('window', { app: 'shop', signal: 'requests', at: '2025-01-01' }, ports);
    assert.equal(none.status, 404);
  });

  test('a dry run changes nothing and says what would be; the order does it', async () => {
    const world = await filled({ apps: 2, days: 4 });
    const { ports, ordered } = portsOf(world);
    const range = { app: 'store', signals: ['exceptions'], from: '2026-11-23', to: '2026-11-27', faulty: true };
    const dry = await answerOrder('rerun', JSON.stringify({ ...range, dryRun: true }), ports);
    assert.deepEqual([dry.status, (dry.body as { chosen: number }).chosen], [200, 5]);
    assert.equal((await statusIn(world)).total.windows.failed, 5);
    const done = await answerOrder('rerun', JSON.stringify(range), ports);
    assert.deepEqual([done.status, (done.body as { chosen: number }).chosen], [202, 5]);
    assert.deepEqual((await answerOrder('pause', '{"dryRun":true}', ports)).body, {
      order: 'pause',
      dryRun: true,
      before: 'active',
      after: 'paused',
    });
    assert.deepEqual(ordered, []);
    await answerOrder('pause', '{"reason":"restore"}', ports);
    assert.deepEqual(ordered, ['pause restore']);
  });
});

test('a feed that the settings name no more stays in sight with what is undone, and asks nothing else', async () => {
  const world = await filled({ apps: 2, days: 4 });
  const [shop] = world.config.apps;
  assert.ok(shop);
  const ports = wireStatus(
    { ...world.config, apps: [shop] },
    { ...world, ready: async () => {}, rerun: async () => ({}) },
  );
  const status = statusSchema.parse((await answerQuestion('status', {}, ports)).body);
  const gone = status.feeds.filter(({ app }) => app === 'store');
  assert.equal(gone.length, SIGNALS.length);
  assert.ok(gone.every(({ state }) => state === 'stopped'));
  const about = status.needs.filter(({ feeds }) => feeds.some(({ app }) => app === 'store'));
  assert.deepEqual(
    about.map(({ kind }) => kind),
    ['stopped'],
  );
  assert.match(
    about[0]?.text ?? '',
    /do not name store .*nothing new is planned, and \d+ windows that were planned will not run$/,
  );
  assert.equal(status.verdict.failed, 0);
});
