/** What is planned without a look at the feed, and messages that are noted by the next tick only. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Feed, Ledger, Window } from '../../shared/model.ts';
import { claimedEntry, finishedEntry } from '../../shared/pipeline/entry.ts';
import { type FeedPlan, type PlanPorts, planFeed } from '../../shared/pipeline/plan.ts';
import type { SentMemory } from '../../shared/pipeline/sent.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';
import { manualClock } from './world.ts';

const feed: Feed = { app: 'shop', signal: 'requests', source: 'query' };
const hour = 3_600_000;
const tiling = { size: hour, lag: 600_000, until: undefined };

/** A planner that was idle; its calls to the ledger. */
async function idle() {
  const clock = manualClock();
  const [messages, asked]: [Window[], string[]] = [[], []];
  const ledger = new Proxy(createMemoryLedger(), {
    get: (target, name) => {
      if (name !== 'then') asked.push(String(name));
      return Reflect.get(target, name);
    },
  }) as Ledger;
  const hints = { prepare: async () => {}, send: async (window: Window) => void messages.push(window) };
  const notes: SentMemory = new Map();
  const ports: PlanPorts = { ledger, hints, clock, patience: hour / 2, limit: 100, notes };
  const tick = (known?: FeedPlan) => planFeed(feed, tiling, undefined, ports, known?.stands);
  const done = async (window: Window) => {
    const seen = await ledger.read(window);
    assert.ok(seen);
    const claimed = claimedEntry(seen.value, clock.now(), 60_000);
    const finish = { fingerprint: 'rows:0', counts: claimed.counts, asked: 1, files: [] };
    await ledger.write(finishedEntry(claimed, clock.now(), finish), seen.etag);
  };
  await tick();
  clock.advance(hour + 600_000);
  await tick();
  for (const window of messages.splice(0)) await done(window);
  clock.advance(300_000);
  const known = await tick();
  assert.deepEqual([known.open, known.planned, known.watermark], [0, 0, known.horizon]);
  clock.advance(hour);
  asked.length = 0;
  const other = () => planFeed(feed, tiling, undefined, { ...ports, notes: new Map() });
  return { clock, ledger, messages, asked, ports, tick, known, done, other };
}

describe('an idle feed that becomes due', () => {
  test('is planned by one call to the ledger and a message; the window needs no note once it is claimed', async () => {
    const here = await idle();
    const plan = await here.tick(here.known);
    assert.deepEqual([plan.planned, plan.horizon, plan.watermark], [1, here.known.horizon + hour, here.known.horizon]);
    assert.deepEqual(here.asked, ['plan']);
    assert.equal(here.messages.length, 1);
    for (const window of here.messages.splice(0)) await here.done(window);
    here.asked.length = 0;
    here.clock.advance(300_000);
    const next = await here.tick();
    assert.deepEqual([next.open, next.watermark], [0, plan.horizon]);
    assert.deepEqual(here.asked, ['open', 'list', 'plan', 'tally']);
  });

  test('a window that waits longer is noted by the next tick, once, and gets no second message', async () => {
    const here = await idle();
    await here.tick(here.known);
    here.asked.length = 0;
    for (let n = 0; n < 3; n++) {
      here.clock.advance(300_000);
      assert.equal((await here.tick()).repeated, 0);
    }
    assert.equal(here.asked.filter((name) => name === 'hinted').length, 1);
    assert.equal(here.messages.length, 1);
    here.clock.advance(hour / 2);
    assert.equal((await here.tick()).repeated, 1, 'a message that has led to nothing is sent again');
  });

  test('what a planner that died has sent gets a second message, and no third', async () => {
    const here = await idle();
    await here.tick(here.known);
    assert.equal((await here.other()).repeated, 1);
    assert.equal((await here.other()).repeated, 0);
    assert.equal(here.messages.length, 2);
  });

  test('asked for again meanwhile it is no window that was sent for', async () => {
    const here = await idle();
    await here.tick(here.known);
    const [window] = here.messages;
    assert.ok(window);
    await here.done(window);
    const seen = await here.ledger.read(window);
    assert.ok(seen);
    await here.ledger.write({ ...seen.value, again: true, hintedAt: 0 }, seen.etag);
    assert.equal((await here.tick()).repeated, 1, 'its message was lost');
  });

  test('the ledger has changed since: all is looked at as ever', async () => {
    const here = await idle();
    const stands = await here.ledger.progress(feed);
    assert.ok(stands);
    await here.ledger.plan(feed, stands.value, stands.etag, []);
    here.asked.length = 0;
    const plan = await here.tick(here.known);
    assert.deepEqual([plan.planned, here.messages.length], [1, 1]);
    assert.deepEqual(here.asked.slice(0, 2), ['plan', 'open']);
  });

  test('a message that the queue refuses is sent by the next tick', async () => {
    const here = await idle();
    const refused = { ...here.ports.hints, send: () => Promise.reject(new Error('send: busy')) };
    const ports = { ...here.ports, hints: refused };
    await assert.rejects(planFeed(feed, tiling, undefined, ports, here.known.stands), /busy/);
    assert.equal((await here.tick()).repeated, 1);
  });

  test('more than a transaction holds is planned as ever', async () => {
    const here = await idle();
    here.clock.advance(99 * hour);
    const { planned, watermark } = await here.tick(here.known);
    assert.deepEqual([planned, watermark], [100, here.known.watermark]);
    assert.equal(here.asked[0], 'open');
  });
});
