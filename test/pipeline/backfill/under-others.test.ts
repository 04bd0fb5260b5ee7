/** A backfill over hours that lie under its app's name and are another app's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackfillTurn, Feed, LedgerEntry, Window } from '../../../shared/model.ts';
import { planBackfill } from '../../../shared/pipeline/backfill/estimate.ts';
import { startBackfill } from '../../../shared/pipeline/backfill/steer.ts';
import { type BackfillPorts, takeNext } from '../../../shared/pipeline/backfill/take.ts';
import { finishedEntry, plannedEntry } from '../../../shared/pipeline/entry.ts';
import { createNames, type NamedApp } from '../../../shared/pipeline/names/names.ts';
import { createMemoryBackfills } from '../../../shared/state/backfills-memory.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';

const hour = 3_600_000;
const begin = Date.UTC(2026, 0, 1);
const live = begin + 48 * hour;
const signals = ['requests'] as const;
const feedOf = (app: string): Feed => ({ app, signal: 'requests', source: 'query' });

/** `settings` as they are now. What names have of which app: hours of the first day. */
async function world(settings: Readonly<Record<string, string>>) {
  const clock = { now: () => live, random: () => 0.5, sleep: async () => {} };
  const ledger = createMemoryLedger();
  const apps = Object.entries(settings).map(([app, origin]): NamedApp => ({ app, origin, signals }));
  const names = createNames(apps, ledger, clock.now);
  const passed: BackfillTurn[] = [];
  const queue = { prepare: async () => {}, pass: async (turn: BackfillTurn) => void passed.push(turn) };
  const { others, originOf, reads, homes } = names;
  const store = createMemoryBackfills();
  const ports: BackfillPorts = { ledger, clock, store, queue, others, originOf, reads, homes };
  const finish = async (window: Window, origin: string) => {
    const seen = await ledger.read(window);
    assert.ok(seen);
    const counts = { read: 1, written: 1, deduplicated: 0, quarantined: 0 };
    const finished = { fingerprint: 'rows:1', counts, asked: 1, files: [], origin };
    const { backfill: _, ...entry } = finishedEntry(seen.value, live, finished);
    assert.ok(await ledger.write({ ...entry, origin }, seen.etag));
  };
  const has = async (app: string, origin: string, from: number, to: number, horizon = live) => {
    const windows = Array.from({ length: to - from }, (_, n): Window => {
      const start = begin + (from + n) * hour;
      return { ...feedOf(app), start, end: start + hour };
    });
    await ledger.opening(feedOf(app), origin);
    const known = await ledger.progress(feedOf(app));
    const progress = { horizon, watermark: horizon };
    assert.ok(
      await ledger.plan(
        feedOf(app),
        progress,
        known?.etag,
        windows.map((each) => plannedEntry(each, 0, origin)),
      ),
    );
    for (const window of windows) await finish(window, origin);
  };
  const request = (app: string, choice: 'missing' | 'all') => ({
    ...{ app, signals, start: begin, end: begin + 24 * hour, choice, concurrency: 2 },
  });
  const scope = { window: hour, from: live, keptSince: undefined };
  /** All windows of it, as they ran. */
  const backfill = async (app: string, choice: 'missing' | 'all' = 'missing') => {
    await startBackfill(request(app, choice), `of ${app} ${choice}`, scope, ports);
    const ran: Window[] = [];
    for (let turn = passed.shift(); turn !== undefined; turn = passed.shift()) {
      const taken = await takeNext(turn, ports);
      if (taken === undefined) continue;
      const seen = await ledger.read(taken.window);
      const from = seen && (await names.readFrom(seen.value));
      await finish(taken.window, from ?? 'nothing');
      ran.push(taken.window);
      await queue.pass(taken.next);
    }
    return ran;
  };
  const survey = {
    survey: async (all: readonly Window[]) => ({
      looks: all.map(() => ({ fingerprint: 'rows:1', empty: false })),
      asked: 1,
    }),
  };
  const planned = (app: string) =>
    planBackfill(request(app, 'missing'), scope, { ...ports, survey }, new AbortController().signal);
  /** How often each hour of the day is there of an app. */
  const hoursOf = async (origin: string) => {
    const count = Array<number>(24).fill(0);
    for await (const feed of ledger.feeds())
      for await (const entry of ledger.list(feed)) {
        const n = (entry.window.start - begin) / hour;
        if (entry.origin === origin && n < 24) count[n] = (count[n] ?? 0) + 1;
      }
    return count.join('');
  };
  const told = () => Array.fromAsync(store.list());
  return { ledger, has, backfill, planned, told, hoursOf };
}

const whole = '1'.repeat(24);
const under = (windows: readonly Window[]) => [...new Set(windows.map(({ app }) => app))];
const entriesOf = async (here: Awaited<ReturnType<typeof world>>, app: string): Promise<LedgerEntry[]> =>
  Array.fromAsync(here.ledger.list(feedOf(app)));

test('names have changed places: what the app had under neither is brought under the one that has room', async () => {
  const here = await world({ shop: 'app y', store: 'app x' });
  await here.has('shop', 'app x', 8, 20);
  await here.has('store', 'app y', 12, 20);
  const { windows, skipped } = await here.planned('shop');
  const ran = await here.backfill('shop');
  assert.equal(ran.length, 16);
  assert.equal(windows, 16, `planned, ${skipped} skipped`);
  assert.equal(await here.hoursOf('app y'), whole);
  assert.deepEqual(under(ran), ['shop', 'store']);
  assert.equal((await here.told())[0]?.roomless, undefined);
  assert.ok(
    ran.every(({ app, start }) => (app === 'store') === (start >= begin + 8 * hour && start < begin + 12 * hour)),
  );
  // Nothing of the other app was touched, and nothing is left to bring.
  assert.equal(await here.hoursOf('app x'), `${'0'.repeat(8)}${'1'.repeat(12)}0000`);
  await assert.rejects(here.backfill('shop'), /nothing of the range is left/);
});

test('hours that lie under an app that had no other name: any name of the ledger that has room takes its own', async () => {
  const here = await world({ shop: 'app x', pay: 'app z' });
  await here.has('shop', 'app x', 0, 24);
  await here.has('pay', 'app x', 24, 25);
  await here.has('old', 'app x', 0, 2);
  await here.has('pay', 'app y', 6, 9);
  const ran = await here.backfill('pay');
  assert.equal(await here.hoursOf('app z'), whole);
  assert.deepEqual(under(ran), ['pay', 'old']);
  // All again: its own hours, under whichever name, and none of another's.
  const again = await here.backfill('pay', 'all');
  assert.ok(again.every(({ app, start }) => app === 'pay' && !(start >= begin + 6 * hour && start < begin + 9 * hour)));
  assert.equal(await here.hoursOf('app y'), `${'0'.repeat(6)}111${'0'.repeat(15)}`);
});

test('where no name has room they are left out, and the plan and the backfill say how many', async () => {
  const here = await world({ shop: 'app y' });
  await here.has('shop', 'app x', 4, 10);
  const { windows, skipped, roomless } = await here.planned('shop');
  assert.deepEqual([windows, skipped, roomless], [18, 0, 6]);
  const ran = await here.backfill('shop');
  const [told] = await here.told();
  assert.deepEqual([told?.state, told?.taken, told?.roomless], ['done', 18, 6]);
  // Nothing else is left: whoever asks again is told why.
  await assert.rejects(
    here.backfill('shop'),
    /nothing of the range is left[^;]*; .*; 6 windows have no room: other apps/,
  );
  assert.equal(ran.length, 18);
  assert.equal((await entriesOf(here, 'shop')).length, 24);
});
