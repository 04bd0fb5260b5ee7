import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Feed, LedgerEntry, Window } from '../../shared/model.ts';
import { claimedEntry, failedEntry, finishedEntry, plannedEntry } from '../../shared/pipeline/entry.ts';
import { type PlanPorts, planFeed, reviveFeed } from '../../shared/pipeline/plan.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';
import { manualClock } from './world.ts';

const feed: Feed = { app: 'shop', signal: 'requests', source: 'query' };
const hour = 3_600_000;
const tiling = { size: hour, lag: 600_000, until: undefined };

function planner(limit = 100) {
  const clock = manualClock();
  const sent: Window[] = [];
  const hints = { prepare: async () => {}, send: async (window: Window) => void sent.push(window) };
  const ports: PlanPorts = { ledger: createMemoryLedger(), hints, clock, patience: 900_000, limit };
  return { ...ports, clock, sent, tick: () => planFeed(feed, tiling, undefined, ports) };
}

async function entries(of: ReturnType<typeof planner>): Promise<LedgerEntry[]> {
  return Array.fromAsync(of.ledger.list(feed));
}

/** Puts the window through a run. */
async function run(of: ReturnType<typeof planner>, window: Window, end: 'done' | 'failed' | 'dead'): Promise<void> {
  const seen = await of.ledger.read(window);
  assert.ok(seen);
  const now = of.clock.now();
  const claimed = claimedEntry(seen.value, now, 60_000);
  const done = finishedEntry(claimed, now, { fingerprint: 'rows:0', counts: claimed.counts, asked: 1, files: [] });
  const next = { done, failed: failedEntry(claimed, now, 0.5, 'no'), dead: claimed }[end];
  assert.ok(await of.ledger.write(next, seen.etag));
}

describe('planFeed', () => {
  test('the first tick sets the horizon on the grid and plans nothing', async () => {
    const here = planner();
    const plan = await here.tick();
    assert.equal(plan.planned, 0);
    assert.equal(plan.horizon % hour, 0);
    assert.ok(plan.horizon <= here.clock.now() && plan.horizon + hour > here.clock.now());
  });

  test('after an outage one tick plans all that was missed, bounded per tick', async () => {
    const here = planner(100);
    await here.tick();
    here.clock.advance(250 * hour);
    const planned = [];
    for (let tick = 0; tick < 4; tick++) planned.push((await here.tick()).planned);
    assert.deepEqual(planned, [100, 100, 50, 0]);
    const starts = (await entries(here)).map(({ window }) => window.start);
    assert.deepEqual(
      starts,
      Array.from({ length: 250 }, (_, i) => (starts[0] ?? 0) + i * hour),
    );
    assert.equal(here.sent.length, 250);
  });

  test('what was sent for before a process began is sent for once more, bounded per tick, and that costs reads', async () => {
    const here = planner(100);
    await here.tick();
    here.clock.advance(250 * hour);
    for (let tick = 0; tick < 4; tick++) await here.tick();
    here.sent.length = 0;
    const calls = { read: 0, write: 0 };
    const ledger = {
      ...here.ledger,
      read: (window: Window) => {
        calls.read += 1;
        return here.ledger.read(window);
      },
      write: (...given: Parameters<typeof here.ledger.write>) => {
        calls.write += 1;
        return here.ledger.write(...given);
      },
    };
    here.clock.advance(60_000);
    const anew = { ...here, ledger, began: here.clock.now() };
    const ticks = [];
    for (let tick = 0; tick < 5; tick++) {
      here.clock.advance(60_000);
      ticks.push((await planFeed(feed, tiling, undefined, anew)).repeated);
    }
    assert.deepEqual(ticks, [100, 100, 50, 0, 0]);
    assert.equal(new Set(here.sent.map((window) => window.start)).size, 250, 'each once');
    assert.deepEqual(calls, { read: 250, write: 250 });
  });

  test('two planners at once plan nothing twice and leave nothing out', async () => {
    const here = planner();
    await here.tick();
    here.clock.advance(90 * hour);
    await Promise.all([here.tick(), here.tick(), here.tick()]);
    await here.tick();
    const starts = (await entries(here)).map(({ window }) => window.start);
    assert.equal(new Set(starts).size, starts.length);
    assert.equal(starts.length, 90);
    assert.equal(here.sent.length, 90);
  });

  test('the watermark follows the gap-free done windows; a failing one holds it back, and nothing else', async () => {
    const here = planner();
    const { horizon } = await here.tick();
    here.clock.advance(4 * hour);
    assert.equal((await here.tick()).planned, 4);
    const [a, b, c, d] = (await entries(here)).map(({ window }) => window);
    assert.ok(a && b && c && d);
    await run(here, a, 'done');
    await run(here, b, 'failed');
    await run(here, c, 'done');
    await run(here, d, 'done');
    const held = await here.tick();
    assert.deepEqual([held.watermark, held.failed, held.open], [horizon + hour, 1, 1]);
    here.clock.advance(60_000);
    assert.equal((await here.tick()).repeated, 1);
    await run(here, b, 'done');
    assert.equal((await here.tick()).watermark, horizon + 4 * hour);
  });

  test('what is open is enqueued again when its lease or patience has run out, not before', async () => {
    const here = planner();
    await here.tick();
    here.clock.advance(2 * hour + 700_000);
    await here.tick();
    const [a] = (await entries(here)).map(({ window }) => window);
    assert.ok(a);
    here.sent.length = 0;
    await run(here, a, 'dead');
    assert.equal((await here.tick()).repeated, 0);
    here.clock.advance(60_000);
    assert.equal((await here.tick()).repeated, 1);
    assert.equal((await here.tick()).repeated, 0);
    here.clock.advance(900_000);
    assert.equal((await here.tick()).repeated, 2);
    assert.deepEqual(
      here.sent.map(({ start }) => start - a.start),
      [0, 0, hour],
    );
  });

  test('windows of an archive get their messages as there is room; live and failing ones take none', async () => {
    const here = planner(3);
    const archive: Feed = { ...feed, source: 'continuous' };
    const at = (n: number): Window => ({ ...archive, start: n * hour, end: (n + 1) * hour });
    for (let n = 0; n < 8; n++) await here.ledger.write(plannedEntry(at(n)), undefined);
    await here.ledger.write(plannedEntry(at(100), here.clock.now()), undefined);
    const tick = async () => {
      await reviveFeed(archive, here);
      return here.sent.splice(0).map(({ start }) => start / hour);
    };
    assert.deepEqual(await tick(), [0, 1], 'the live one is on its way, too');
    assert.deepEqual(await tick(), [], 'no room');
    await run(here, at(0), 'failed');
    await run(here, at(1), 'done');
    await run(here, at(100), 'done');
    assert.deepEqual(await tick(), [2, 3, 4]);
    for (const n of [2, 3, 4]) await run(here, at(n), 'failed');
    assert.deepEqual(await tick(), [5, 6, 7]);
    here.clock.advance(900_000);
    assert.deepEqual(await tick(), [0, 2, 3], 'failed or lost, as ever');
  });

  test('a feed without a plan of its own is revived all the same', async () => {
    const here = planner();
    await here.tick();
    here.clock.advance(2 * hour + 700_000);
    await here.tick();
    here.clock.advance(900_000);
    assert.deepEqual(await reviveFeed(feed, here).then(({ repeated, open }) => [repeated, open]), [2, 2]);
  });

  test('a message that the queue refuses leaves its window unhinted, and the next tick sends it', async () => {
    const here = planner();
    await here.tick();
    here.clock.advance(3 * hour + 600_000);
    let refused = 2;
    const hints = {
      ...here.hints,
      send: async (window: Window) => {
        if (here.sent.length === 1 && refused-- > 0) throw new Error('send: the queue is busy (ServerBusy)');
        here.sent.push(window);
      },
    };
    const tick = () => planFeed(feed, tiling, undefined, { ...here, hints });
    await assert.rejects(tick(), /ServerBusy/);
    assert.deepEqual(
      (await entries(here)).map(({ hintedAt }) => hintedAt > 0),
      [true, false, false],
    );
    await assert.rejects(tick(), /ServerBusy/);
    assert.equal((await tick()).repeated, 2);
    assert.equal(here.sent.length, 3);
    assert.ok((await entries(here)).every(({ hintedAt }) => hintedAt > 0));
    assert.equal((await tick()).repeated, 0);
  });

  test('a planner that dies after it planned, before it sent, costs a tick', async () => {
    const here = planner();
    await here.tick();
    here.clock.advance(2 * hour + 600_000);
    const dead = { ...here, hints: { ...here.hints, send: () => Promise.reject(new Error('killed')) } };
    dead.ledger = { ...here.ledger, hinted: () => Promise.reject(new Error('killed')) };
    await assert.rejects(planFeed(feed, tiling, undefined, dead), /killed/);
    assert.equal((await here.tick()).repeated, 2);
  });

  test('a ledger without its horizon row finds it from the entries, and goes on', async () => {
    const here = planner();
    const { horizon: start } = await here.tick();
    here.clock.advance(3 * hour + 600_000);
    await here.tick();
    const lost = createMemoryLedger();
    const kept = await entries(here);
    for (const entry of kept) await lost.write(entry, undefined);
    const [one] = kept;
    assert.ok(one);
    await run({ ...here, ledger: lost }, one.window, 'done');
    const found = await planFeed(feed, tiling, undefined, { ...here, ledger: lost });
    assert.deepEqual([found.horizon, found.watermark, found.refound], [start + 3 * hour, start + hour, true]);
    here.clock.advance(hour);
    const next = await planFeed(feed, tiling, undefined, { ...here, ledger: lost });
    assert.deepEqual([next.planned, next.refound], [1, undefined]);
  });

  test('a tick that finds nothing to do asks the ledger once', async () => {
    const here = planner();
    await here.tick();
    here.clock.advance(3 * hour + 600_000);
    await here.tick();
    for (const { window } of await entries(here)) await run(here, window, 'done');
    await here.tick();
    const asked: string[] = [];
    const counted = new Proxy(here.ledger, {
      get: (target, name) => {
        asked.push(String(name));
        return Reflect.get(target, name);
      },
    });
    await planFeed(feed, tiling, undefined, { ...here, ledger: counted });
    // That there is nothing to add up was seen on the way: test/state/tally.
    assert.deepEqual(asked, ['open', 'tally']);
  });
});
