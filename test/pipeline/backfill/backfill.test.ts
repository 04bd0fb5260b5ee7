import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackfillChoice, BackfillTurn, LedgerEntry, Signal, Window } from '../../../shared/model.ts';
import { planBackfill } from '../../../shared/pipeline/backfill/estimate.ts';
import { leftOut, orderBackfill, reportBackfill, startBackfill } from '../../../shared/pipeline/backfill/steer.ts';
import { type BackfillPorts, takeNext } from '../../../shared/pipeline/backfill/take.ts';
import { tendBackfills } from '../../../shared/pipeline/backfill/tend.ts';
import { claimedEntry, failedEntry, finishedEntry, plannedEntry } from '../../../shared/pipeline/entry.ts';
import { putWindows } from '../../../shared/pipeline/grid/grid.ts';
import { planFeed } from '../../../shared/pipeline/plan.ts';
import { createMemoryBackfills } from '../../../shared/state/backfills-memory.ts';
import { createMemoryHints } from '../../../shared/state/hints-memory.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';

const hour = 3_600_000;
const day = 24 * hour;
const begin = Date.UTC(2026, 0, 1);
const live = begin + 10 * day;
const feed = { app: 'shop', signal: 'requests', source: 'query' } as const;
const scope = { window: hour, from: live, keptSince: undefined };
const range = { app: 'shop', start: begin, end: begin + 2 * day };

function world() {
  let now = live;
  const clock = { now: () => now, random: () => 0.5, sleep: async () => {} };
  const ledger = createMemoryLedger();
  const hints = createMemoryHints();
  const passed: BackfillTurn[] = [];
  const queue = { prepare: async () => {}, pass: async (turn: BackfillTurn) => void passed.push(turn) };
  const ports: BackfillPorts = { ledger, clock, store: createMemoryBackfills(), queue };
  const write = async (window: Window, make: (entry: LedgerEntry) => LedgerEntry) => {
    const seen = await ledger.read(window);
    assert.ok(seen);
    assert.ok(await ledger.write(make(seen.value), seen.etag));
  };
  const finish = (entry: LedgerEntry): LedgerEntry => {
    const counts = { read: 10, written: 10, deduplicated: 0, quarantined: 0 };
    const files = [{ path: 'a', signal: 'requests' as const, rows: 10, bytes: 500 }];
    return finishedEntry(entry, now + 2_000, { fingerprint: 'rows:10', counts, asked: 2, files });
  };
  const run = async (window: Window, end: 'done' | 'failed' = 'done') => {
    await write(window, (entry) => claimedEntry(entry, now, hour));
    await write(window, (entry) => (end === 'done' ? finish(entry) : failedEntry(entry, now, 0.5, 'no')));
  };
  const put = async (windows: readonly number[], end?: 'done' | 'failed') => {
    for (const start of windows) {
      const window = { ...feed, start, end: start + hour };
      assert.ok(await putWindows([plannedEntry(window, now)], ports));
      if (end) await run(window, end);
    }
  };
  /** Delivers all messages until none is left; what ran, in order. `lose`: which of them get lost. */
  const deliver = async (lose: (n: number) => boolean = () => false) => {
    const ran: Window[] = [];
    for (let n = 0; passed.length > 0; n++) {
      const turn = passed.shift();
      if (turn === undefined || lose(n)) continue;
      const taken = await takeNext(turn, ports);
      if (taken === undefined) continue;
      await run(taken.window);
      ran.push(taken.window);
      await queue.pass(taken.next);
    }
    return ran;
  };
  return {
    ...{ ports, ledger, hints, passed, deliver, put, run },
    claim: (window: Window) => write(window, (entry) => claimedEntry(entry, now, hour)),
    advance: (by: number) => {
      now += by;
    },
    plan: (goesOn?: (id: string) => boolean) =>
      planFeed(feed, { size: hour, lag: 0, until: undefined }, live, {
        ...{ ledger, hints, clock, patience: hour / 2, limit: 100 },
        ...(goesOn && { goesOn }),
      }),
    start: (more: { choice?: BackfillChoice; signals?: Signal[]; concurrency?: number; end?: number } = {}) =>
      startBackfill(
        {
          app: 'shop',
          signals: ['requests'],
          start: begin,
          end: begin + 2 * day,
          choice: 'missing',
          concurrency: 1,
          ...more,
        },
        'one',
        scope,
        ports,
      ),
  };
}

const hours = (count: number, from = begin) => Array.from({ length: count }, (_, n) => from + n * hour);
const starts = (windows: readonly Window[]) => windows.map(({ start }) => start);

test('all windows of the range, each once, oldest first; then it is done', async () => {
  const here = world();
  await here.start();
  assert.deepEqual(starts(await here.deliver()), hours(48));
  assert.equal((await here.ports.store.read('one'))?.value.state, 'done');
  const entries = await Array.fromAsync(here.ledger.list(feed));
  assert.ok(entries.every(({ state, backfill }) => state === 'done' && backfill === undefined));
});

test('several at a time, of several signals: each window once, day by day', async () => {
  const here = world();
  await here.start({ signals: ['requests', 'traces'], concurrency: 3 });
  assert.equal(here.passed.length, 3);
  const ran = await here.deliver();
  assert.equal(ran.length, 96);
  assert.equal(new Set(ran.map(({ signal, start }) => `${signal} ${start}`)).size, 96);
  assert.ok(ran.slice(0, 48).every(({ start }) => start < begin + day));
});

test('what is done, or on its way, is skipped; failed ones run; `all` has them run once more', async () => {
  const known = async () => {
    const here = world();
    await here.plan();
    await here.put(hours(3), 'done');
    await here.put([begin + 3 * hour], 'failed');
    await here.put([begin + 4 * hour]);
    return here;
  };
  const end = begin + 6 * hour;
  const ranWith = async (choice: BackfillChoice) => {
    const here = await known();
    await here.start({ choice, end });
    return starts(await here.deliver()).map((start) => (start - begin) / hour);
  };
  assert.deepEqual(await ranWith('missing'), [3, 5]);
  assert.deepEqual(await ranWith('failed'), [3]);
  assert.deepEqual(await ranWith('all'), [0, 1, 2, 3, 5]);
});

test('messages that get lost are sent again; a message that comes twice leads to nothing', async () => {
  const here = world();
  await here.start({ concurrency: 2 });
  const ran = await here.deliver((n) => n === 3 || n === 5);
  assert.ok(ran.length < 10);
  here.advance(hour);
  assert.deepEqual([...(await tendBackfills(here.ports, hour / 2, 0))], ['one']);
  assert.equal(here.passed.length, 2);
  here.passed.push(...here.passed.slice());
  ran.push(...(await here.deliver()));
  assert.deepEqual(starts(ran), hours(48));
  here.advance(hour);
  await tendBackfills(here.ports, hour / 2, 0);
  assert.equal(here.passed.length, 0, 'it is done');
});

test('a process that begins sends at once what was given up before it, but for what runs', async () => {
  const here = world();
  await here.start({ concurrency: 2 });
  const turns = here.passed.splice(0);
  here.advance(60_000);
  const began = here.ports.clock.now();
  const [first] = turns;
  assert.ok(first);
  const taken = await takeNext(first, here.ports);
  assert.ok(taken);
  await here.claim(taken.window);
  await tendBackfills(here.ports, hour / 2, 0, began);
  assert.equal(here.passed.length, 0, 'one of its windows runs: its message goes on when that ends');
  await here.run(taken.window);
  await tendBackfills(here.ports, hour / 2, 0, 0);
  assert.equal(here.passed.length, 0, 'who was there before waits');
  here.advance(1);
  await tendBackfills(here.ports, hour / 2, 0, began + 1);
  assert.equal(here.passed.length, 2);
  await tendBackfills(here.ports, hour / 2, 0, began + 1);
  assert.equal(here.passed.length, 2, 'once');
  assert.deepEqual(starts(await here.deliver()), hours(48).slice(1));
});

test('who dies between ledger and backfill leaves the window to the next turn', async () => {
  const here = world();
  await here.start();
  const [turn] = here.passed;
  assert.ok(turn);
  const dying = { ...here.ports, store: { ...here.ports.store, write: () => Promise.reject(new Error('killed')) } };
  await assert.rejects(takeNext(turn, dying));
  assert.equal((await Array.fromAsync(here.ledger.list(feed))).length, 1);
  assert.deepEqual(starts(await here.deliver()), hours(48));
});

for (const [how, end] of [
  ['lost', async () => undefined],
  ['failed', () => Promise.reject(new Error('500'))],
] as const)
  test(`a turn whose write was done although it looked ${how} is not lost: nobody sends it again for PLAN_PATIENCE`, async () => {
    const here = world();
    await here.start();
    const [turn] = here.passed.splice(0);
    assert.ok(turn);
    const { store } = here.ports;
    const write = async (...given: Parameters<typeof store.write>) => {
      await store.write(...given);
      return end();
    };
    const taking = {};
    const once = await takeNext(turn, { ...here.ports, store: { ...store, write } }, taking).catch(() => undefined);
    const taken = once ?? (await takeNext(turn, here.ports, taking));
    assert.ok(taken);
    assert.deepEqual([taken.window.start, taken.next.turn], [begin, turn.turn + 1]);
    await here.run(taken.window);
    here.passed.push(taken.next);
    assert.deepEqual(starts(await here.deliver()), hours(48).slice(1));
  });

test('paused, nothing is handed out; resumed it goes on where it was; cancelled it stays so', async () => {
  const here = world();
  await here.start();
  let n = 0;
  const some = here.deliver(() => n++ === 10);
  await some;
  await orderBackfill('one', 'pause', here.ports);
  here.advance(hour);
  assert.equal((await tendBackfills(here.ports, hour / 2, 0)).size, 0);
  assert.equal(here.passed.length, 0);
  await orderBackfill('one', 'resume', here.ports);
  const rest = await here.deliver((k) => k === 20);
  assert.deepEqual([rest[0]?.start, rest.length], [begin + 10 * hour, 20]);
  await orderBackfill('one', 'cancel', here.ports);
  await assert.rejects(orderBackfill('one', 'resume', here.ports), /it is cancelled/);
  await assert.rejects(orderBackfill('two', 'pause', here.ports), /there is none of this name/);
});

test('live windows are planned as ever: their own queue, their watermark, their room', async () => {
  const here = world();
  await here.plan();
  await here.start({ concurrency: 3 });
  // Three of the backfill fail, and wait to be tried again.
  for (const turn of here.passed.splice(0)) {
    const taken = await takeNext(turn, here.ports);
    assert.ok(taken);
    await here.run(taken.window, 'failed');
  }
  here.advance(5 * hour);
  const plan = await here.plan((id) => id === 'one');
  assert.equal(plan.planned, 5);
  const [back, ahead] = [
    here.hints.sent.filter((sent) => sent.backfill),
    here.hints.sent.filter((sent) => !sent.backfill),
  ];
  assert.deepEqual([back.length, ahead.length], [3, 5]);
  assert.ok(ahead.every(({ window }) => window.start >= live));
  for (const { window } of ahead) await here.run(window);
  assert.equal((await here.plan()).watermark, live + 5 * hour);
  // Of one that does not go on, nothing is sent.
  here.advance(2 * hour);
  here.hints.sent.length = 0;
  await here.plan(() => false);
  assert.ok(here.hints.sent.every((sent) => !sent.backfill));
});

test('it ends where the planner begins, begins where the source does, refuses what blobs brought', async () => {
  const here = world();
  const ports = here.ports;
  const wish = { app: 'shop', signals: ['requests' as const], choice: 'missing' as const, concurrency: 1 };
  const range = { start: begin, end: live + 5 * day };
  const known = await startBackfill({ ...wish, ...range }, 'a', { ...scope, keptSince: begin + day }, ports);
  assert.deepEqual([known.start, known.end], [begin + day, live]);
  await assert.rejects(
    startBackfill({ ...wish, start: begin, end: begin + hour }, 'b', { ...scope, keptSince: begin + day }, ports),
    /can be brought in: the source keeps rows since 2026-01-02T00:00:00.000Z \(QUERY_RETENTION\)$/,
  );
  await assert.rejects(
    startBackfill({ ...wish, start: live, end: live + hour }, 'b', scope, ports),
    /can be brought in: windows from 2026-01-11T00:00:00.000Z on are the planner's$/,
  );
  await assert.rejects(
    startBackfill({ ...wish, ...range, end: begin + day }, 'b', scope, { ...ports, keptFrom: () => begin + 3 * day }),
    /can be brought in: the lake keeps them since 2026-01-04T00:00:00.000Z \(LAKE_RETENTION\)$/,
  );
  const other = { app: 'shop', signal: 'requests', source: 'continuous', start: begin, end: begin + hour } as const;
  assert.ok(await putWindows([plannedEntry(other)], ports));
  await here.run(other);
  await assert.rejects(startBackfill({ ...wish, ...range }, 'c', scope, ports), /would come twice/);
});

test('plan: windows, rows, bytes, requests and time, from sampled counts; nothing changes', async () => {
  const here = world();
  await here.plan();
  await here.put(hours(4, begin + 9 * day), 'done');
  await here.put([begin + 9 * day + 5 * hour], 'failed');
  const asked: number[] = [];
  const survey = {
    survey: async (windows: readonly Window[]) => {
      asked.push(Math.max(...windows.map(({ end }) => end)) - Math.min(...windows.map(({ start }) => start)));
      return { looks: windows.map(() => ({ fingerprint: 'rows:120', empty: false })), asked: 1 };
    },
  };
  const before = await Array.fromAsync(here.ledger.list(feed));
  const request = { app: 'shop', signals: ['requests' as const], start: begin, end: begin + 10 * day };
  const ports = { ...here.ports, survey };
  const never = new AbortController().signal;
  const planOf = (choice: BackfillChoice, keptSince?: number, rate?: number) =>
    planBackfill(
      { ...request, choice, concurrency: 2 },
      { ...scope, keptSince },
      { ...ports, ...(rate && { rate }) },
      never,
    );
  const plan = await planOf('missing');
  assert.deepEqual(plan, {
    ...{ ...request, choice: 'missing', concurrency: 2, windows: 236, skipped: 4, retired: 0 },
    ...{ unavailable: 0, doubtful: 0 },
    ...{ rows: 236 * 120, bytes: 236 * 120 * 50, requests: 472, time: (236 * 2_000) / 2, sampled: 12 },
  });
  // From its first window to its last is what the source reads for a question.
  assert.deepEqual(asked, Array(12).fill(hour), 'windows that lie far apart are counted by themselves');
  asked.length = 0;
  const short = { ...request, end: begin + 2 * day, choice: 'missing' as const, concurrency: 2 };
  assert.equal((await planBackfill(short, scope, ports, never)).sampled, 12);
  assert.equal(asked.length, 1, 'those that lie near each other in one question');
  const partly = await planOf('missing', begin + day);
  assert.deepEqual([partly.windows, partly.unavailable], [212, 24]);
  assert.equal((await planOf('failed')).windows, 1);
  assert.equal((await planOf('missing', undefined, 40)).time, (472 / 40) * 34_000, 'no faster than the budget lets it');
  const beyond = await planBackfill(
    { ...request, end: live + 30 * day, choice: 'missing', concurrency: 2 },
    scope,
    ports,
    never,
  );
  assert.deepEqual([beyond.windows, beyond.end], [236, live], "what comes after is the planner's");
  assert.equal((await planOf('all')).windows, 240);
  assert.deepEqual(await Array.fromAsync(here.ledger.list(feed)), before);
});

test('a report: share, failed ones, when it is likely to be done', async () => {
  const here = world();
  await here.start();
  here.advance(hour);
  await here.deliver((n) => n === 24);
  const half = await here.ports.store.read('one');
  assert.ok(half);
  const report = await reportBackfill({ ...half.value, day: begin + day, signal: 0 }, here.ports);
  assert.deepEqual([report.share, report.taken, report.open, report.failed], [0.5, 24, 0, 0]);
  const within = { ...half.value, day: begin, signal: 0, next: begin + 12 * hour };
  assert.equal((await reportBackfill(within, here.ports)).share, 0.25, 'half of the first of two days');
  assert.equal(report.eta, live + 2 * hour);
});

test('a range that one brings in already, or of which nothing is left, begins no other', async () => {
  const here = world();
  await here.start();
  await assert.rejects(here.start(), /one brings this range in already, and is running/);
  await orderBackfill('one', 'pause', here.ports);
  await assert.rejects(here.start({ end: begin + day }), /is paused; .* resume has it go on$/);
  await assert.rejects(here.start({ end: begin + 3 * day }), /there is one of this name already/);
  await orderBackfill('one', 'resume', here.ports);
  await here.deliver();
  await assert.rejects(here.start(), /nothing of the range is left .*: 48 windows are done.*--only all/);
  await assert.rejects(here.start({ choice: 'failed' }), /nothing of the range is left/);
  assert.equal((await Array.fromAsync(here.ports.store.list())).length, 1);
});

test('what is left out of the range is said', async () => {
  const here = world();
  await here.plan();
  const request = { ...range, choice: 'missing' as const, concurrency: 1, signals: ['requests' as const] };
  const text = (begun: { start: number; end: number }, more: object = {}) =>
    leftOut(request, begun, { ...scope, ...more }, here.ports);
  assert.equal(text(range), '');
  assert.match(text({ ...range, start: begin + day }, { keptSince: begin + day }), /source keeps rows since .*02T/);
  assert.match(text({ ...range, end: begin + day }), /^left out of the range: windows from .*02T.* are the planner's$/);
  assert.match(text(range, { doubtfulBefore: begin + day }), /^windows before .*02T.* become unavailable/);
});

test('of windows that are retired the plan says so', async () => {
  const here = world();
  await here.plan();
  await here.put([begin, begin + hour], 'done');
  const seen = await here.ledger.read({ ...feed, start: begin, end: begin + hour });
  assert.ok(seen && (await here.ledger.write({ ...seen.value, state: 'retired' }, seen.etag)));
  const survey = { survey: async () => ({ looks: [], asked: 0 }) };
  const request = { ...range, choice: 'missing' as const, concurrency: 1, signals: ['requests' as const], app: 'shop' };
  const kept = () => begin + 6 * hour;
  const abort = new AbortController().signal;
  const plan = (keptFrom?: () => number) =>
    planBackfill(request, scope, { ...here.ports, survey, ...(keptFrom && { keptFrom }) }, abort);
  const { windows, skipped, retired } = await plan();
  assert.deepEqual([windows, skipped, retired], [46, 1, 1]);
  const told = await plan(kept);
  assert.deepEqual([told.windows, told.skipped, told.retired], [42, 0, 6]);
});
