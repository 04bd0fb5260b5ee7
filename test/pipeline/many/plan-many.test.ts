import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { Config, Feed, LakeHealth, Ledger, Signal, Window } from '../../../shared/model.ts';
import { claimedEntry, finishedEntry, plannedEntry } from '../../../shared/pipeline/entry.ts';
import { planFacts } from '../../../shared/pipeline/facts.ts';
import { createFeedMemory, type FeedTask, planMany } from '../../../shared/pipeline/many/plan-many.ts';
import { createNames } from '../../../shared/pipeline/names/names.ts';
import type { FeedPlan } from '../../../shared/pipeline/plan.ts';
import { signals } from '../../../shared/signals/tables.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { createPlanner } from '../../../shared/wire/plan.ts';
import { manualClock } from '../world.ts';

const hour = 3_600_000;
const health = { state: 'active', since: 0, reason: '' } as LakeHealth;

const idlePlan = (feed: Feed): FeedPlan => ({
  feed,
  planned: 0,
  repeated: 0,
  open: 0,
  failed: 0,
  horizon: 1,
  watermark: 1,
});
const feedOf = (app: string, signal: Signal = 'requests'): Feed => ({ app, signal, source: 'query' });

function task(feed: Feed, plan: () => Promise<FeedPlan>, due = Number.POSITIVE_INFINITY): FeedTask {
  return { feed, plan, nextDue: () => due };
}

/** Apps with ten signals each, and a ledger whose calls are counted. */
function manyApps(count: number) {
  const clock = manualClock();
  clock.advance(Date.UTC(2026, 0, 1) - clock.now());
  const calls = new Map<string, number>();
  const ledger = new Proxy(createMemoryLedger(), {
    get: (target, name) => {
      calls.set(String(name), (calls.get(String(name)) ?? 0) + 1);
      return Reflect.get(target, name);
    },
  }) as Ledger;
  const sent: Window[] = [];
  const hints = { prepare: async () => {}, send: async (window: Window) => void sent.push(window) };
  const query = { window: hour, lag: 600_000, from: undefined, until: undefined, retention: undefined, signals };
  const apps = Array.from({ length: count }, (_, n) => ({ name: `app-${n}`, query }));
  const config = { apps, output: { path: '' } } as unknown as Config;
  const names = createNames([], ledger, clock.now);
  const ports = { ledger, hints, clock, patience: 1_800_000, limit: 100, lake: createMemoryStore(), names };
  let plan = createPlanner(config, ports);
  let look = async (): Promise<LakeHealth> => health;
  const tick = async (atOnce?: boolean) => {
    calls.clear();
    return plan(look, atOnce);
  };
  /** The settings name only the first so many apps from now on. */
  const keepOnly = (few: number) => {
    plan = createPlanner({ ...config, apps: config.apps.slice(0, few) }, ports);
  };
  const lookBy = (other: typeof look) => {
    look = other;
  };
  const runAll = async () => {
    for (const window of sent.splice(0)) {
      const seen = await ledger.read(window);
      assert.ok(seen);
      const claimed = claimedEntry(seen.value, clock.now(), 60_000);
      const finish = { fingerprint: 'rows:0', counts: claimed.counts, asked: 1, files: [] };
      await ledger.write(finishedEntry(claimed, clock.now(), finish), seen.etag);
    }
  };
  /** A tally of which nothing has changed makes no call of the table (test/front/transactions.test.ts). */
  const total = () => [...calls].reduce((sum, [name, each]) => sum + (name === 'tally' ? 0 : each), 0);
  return { clock, ledger, tick, lookBy, runAll, keepOnly, sent, calls, total };
}

describe('many feeds', () => {
  test('feeds that the settings name no more are looked at; nothing of them is planned or behind', async () => {
    const here = manyApps(2);
    await here.tick();
    here.clock.advance(hour + 600_000);
    await here.tick();
    here.sent.length = 0;
    here.keepOnly(1);
    here.clock.advance(10 * hour);
    const { feeds, errors } = await here.tick();
    assert.deepEqual(errors, []);
    const stopped = feeds.filter(({ feed }) => feed.app === 'app-1');
    assert.equal(stopped.length, 10);
    assert.ok(stopped.every(({ planned, repeated, open, horizon }) => planned + repeated + open + horizon === 0));
    assert.ok(here.sent.length > 0 && here.sent.every(({ app }) => app === 'app-0'));
    assert.ok((here.calls.get('tally') ?? 0) >= 20, 'their tallies are kept, too');
  });

  test('a tick that no other may follow notes at once what it sent for', async () => {
    const here = manyApps(1);
    await here.tick();
    here.clock.advance(hour + 600_000);
    await here.tick(true);
    assert.deepEqual([here.sent.length, here.calls.get('hinted')], [10, 10]);
  });

  test('the first tick after one that failed sends once more for what waits, and no other does', async () => {
    const here = manyApps(2);
    await here.tick();
    here.clock.advance(hour + 600_000);
    await here.tick();
    assert.equal(here.sent.splice(0).length, 20);
    here.clock.advance(300_000);
    await here.tick();
    assert.equal(here.sent.length, 0, 'messages that are under way are left alone');
    here.lookBy(() => Promise.reject(new Error('the table does not answer')));
    here.clock.advance(300_000);
    await assert.rejects(here.tick(), /does not answer/);
    here.lookBy(async () => health);
    here.clock.advance(300_000);
    await here.tick();
    assert.equal(here.sent.splice(0).length, 20, 'the queue may have given them up');
    here.clock.advance(300_000);
    await here.tick();
    assert.equal(here.sent.length, 0);
  });

  test('an idle tick of 1,000 apps: 2,500 calls and 4 kB of log; what is due is planned in its tick', async () => {
    const here = manyApps(1000);
    await here.tick();
    here.clock.advance(hour + 600_000);
    const planned = await here.tick();
    assert.equal(here.sent.length, 10_000);
    // Beside the message: the plan alone.
    assert.ok(here.total() <= 10_100, `${here.total()} calls: ${JSON.stringify([...here.calls])}`);
    assert.deepEqual([planned.feeds.length, planned.errors], [10_000, []]);
    await here.runAll();
    await here.tick();
    for (let tick = 0; tick < 6; tick++) {
      here.clock.advance(300_000);
      const idle = await here.tick();
      assert.ok(here.total() <= 2500, `${here.total()} calls: ${JSON.stringify([...here.calls])}`);
      assert.equal(idle.feeds.length, 10_000);
      assert.ok(JSON.stringify(planFacts(idle, here.clock.now())).length < 4096);
      assert.ok(idle.feeds.every(({ watermark, horizon }) => watermark === horizon));
    }
    here.clock.advance(hour);
    await here.tick();
    assert.equal(here.sent.length, 10_000);
  });

  test('what was idle is looked at by every fifth tick: nothing opened without a message is forgotten', async () => {
    const looked = new Map<string, number>();
    const tasks = Array.from({ length: 10_000 }, (_, n) => {
      const feed = feedOf(`app-${n}`);
      return task(feed, async () => {
        looked.set(feed.app, (looked.get(feed.app) ?? 0) + 1);
        return idlePlan(feed);
      });
    });
    const memory = createFeedMemory();
    await planMany(tasks, memory, 1);
    for (let tick = 2; tick < 7; tick++) await planMany(tasks, memory, tick);
    assert.ok([...looked.values()].every((times) => times === 2));
    looked.clear();
    await planMany(tasks, createFeedMemory(), 9);
    assert.equal(looked.size, 10_000, 'another process looks at all');
  });

  test('one of which somebody else opens a window is looked at by the next ticks, however many there are', async () => {
    const looked: string[] = [];
    const words = new Map<string, string>();
    const tasks = () =>
      Array.from({ length: 10_000 }, (_, n): FeedTask => {
        const feed = feedOf(`app-${n}`);
        const plan = async () => {
          looked.push(feed.app);
          return idlePlan(feed);
        };
        return { ...task(feed, plan), word: words.get(feed.app) ?? '' };
      });
    const [memory, minutes] = [createFeedMemory(), 60_000];
    const tick = async (at: number) => {
      looked.length = 0;
      await planMany(tasks(), memory, at * minutes);
      return looked.includes('app-9999');
    };
    await tick(0);
    assert.equal(await tick(5), false);
    words.set('app-9999', 'a');
    // Its window may be opened up to five minutes after that was said.
    assert.deepEqual([await tick(10), await tick(15), await tick(20)], [true, true, true]);
    assert.equal(looked.length, 2001);
    words.set('app-9999', 'b');
    assert.equal(await tick(25), true);
    // A process that begins anew does not look at all that was ever opened.
    for (let n = 0; n < 10_000; n++) words.set(`app-${n}`, new Date(0).toISOString());
    const fresh = createFeedMemory();
    await planMany(tasks(), fresh, 60 * minutes);
    looked.length = 0;
    await planMany(tasks(), fresh, 65 * minutes);
    assert.equal(looked.length, 2000);
  });

  test('up to 2,000 feeds are all looked at by every tick, as ever', async () => {
    let looks = 0;
    const tasks = Array.from({ length: 2000 }, (_, n) =>
      task(feedOf(`app-${n}`), async () => {
        looks += 1;
        return idlePlan(feedOf(`app-${n}`));
      }),
    );
    const memory = createFeedMemory();
    for (const now of [1, 2, 3]) await planMany(tasks, memory, now);
    assert.equal(looks, 6000);
  });

  test('one that fails or stands still holds up its own app and no other', async () => {
    let release = () => {};
    const stands = new Promise<void>((go) => {
      release = go;
    });
    const done: string[] = [];
    let [now, most] = [0, 0];
    const tasks = Array.from({ length: 200 }, (_, n) => {
      const feed = feedOf(`app-${n}`);
      return task(feed, async () => {
        now += 1;
        most = Math.max(most, now);
        await new Promise((go) => setImmediate(go));
        if (n % 10 === 3) {
          now -= 1;
          throw new Error('refused');
        }
        if (n % 50 === 7) await stands;
        now -= 1;
        done.push(feed.app);
        return idlePlan(feed);
      });
    });
    const memory = createFeedMemory();
    const planning = planMany(tasks, memory, 1);
    while (done.length < 176) await new Promise((go) => setImmediate(go));
    release();
    const { feeds, errors } = await planning;
    assert.deepEqual([feeds.length, errors.length], [180, 20]);
    assert.match(errors[0] ?? '', /^plan app-3 requests query: refused$/);
    assert.ok(most <= 32, `${most} at once`);
    const again = await planMany(tasks, memory, 2);
    assert.equal(again.errors.length, 20, 'what failed is looked at again');
  });

  test('a backlog of one app delays no new window of another', async () => {
    const here = manyApps(20);
    await here.tick();
    const backlog: Feed = { ...feedOf('app-0'), source: 'continuous' };
    // BACKLOG=100000: a test of the whole size.
    for (let n = 0; n < Number(process.env.BACKLOG ?? 3000); n++) {
      const window = { ...backlog, start: n * hour, end: (n + 1) * hour };
      await here.ledger.write(plannedEntry(window), undefined);
    }
    here.clock.advance(hour + 600_000);
    await here.tick();
    const fresh = here.sent.filter(({ source }) => source === 'query');
    assert.equal(fresh.length, 200);
    assert.equal(here.sent.length, 300, 'and of the backlog as many as there is room for');
  });
});
