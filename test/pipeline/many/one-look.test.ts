/** What a tick over many feeds reads of the names in the ledger: one look for all that need it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config, LakeHealth, Ledger } from '../../../shared/model.ts';
import { createFeedMemory, type FeedTask, planMany } from '../../../shared/pipeline/many/plan-many.ts';
import { createNames, type NamedApp } from '../../../shared/pipeline/names/names.ts';
import { signals } from '../../../shared/signals/tables.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { createPlanner } from '../../../shared/wire/plan.ts';
import { manualClock } from '../world.ts';

const hour = 3_600_000;
const start = Date.UTC(2026, 0, 1);
const health = { state: 'active', since: 0, reason: '' } as LakeHealth;

/** Processes at one ledger, whose looks at all names are counted; settings: what each name reads. */
function processes() {
  const clock = manualClock();
  clock.advance(start + 3 * hour - clock.now());
  const shared = createMemoryLedger();
  const looks = { count: 0 };
  let failing = false;
  const begin = (settings: Readonly<Record<string, string>>) => {
    const hints = { prepare: async () => {}, send: async () => {} };
    const registered = new Set<string>();
    const ledger: Ledger = {
      ...shared,
      // As the ledger in tables does.
      plan: async (feed, ...rest) => {
        await new Promise(setImmediate);
        const key = `${feed.app} ${feed.signal}`;
        if (!registered.has(key)) await shared.opening(feed, names.originOf(feed));
        registered.add(key);
        return shared.plan(feed, ...rest);
      },
      async *openings() {
        looks.count += 1;
        await new Promise(setImmediate);
        if (failing && looks.count % 2 === 0) throw new Error('the table does not answer');
        yield* shared.openings();
      },
    };
    const named = Object.entries(settings).map(([app, origin]): NamedApp => ({ app, origin, signals }));
    const names = createNames(named, ledger, clock.now);
    const query = { window: hour, lag: 0, from: start, until: undefined, retention: undefined, signals };
    const tending = { rules: [], remove: false };
    const config = {
      apps: named.map(({ app }) => ({ name: app, query })),
      output: { path: '' },
      tending,
    } as unknown as Config;
    const { others, isSaid, originOf } = names;
    const more = { names, others, isSaid, originOf };
    const plan = createPlanner(config, { ledger, hints, clock, patience: hour / 2, limit: 100, ...more });
    return async () => {
      looks.count = 0;
      const { feeds, errors } = await plan(async () => health, true);
      return { looks: looks.count, planned: feeds.reduce((sum, { planned }) => sum + planned, 0), errors };
    };
  };
  const fail = (is: boolean) => {
    failing = is;
  };
  return { ledger: shared, clock, begin, fail };
}

const apps = (count: number, name = 'app', at = 0) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${name}-${n}`, `app ${at + n}`]));
const feeds = (count: number) => count * signals.length;

test('a new lake: one look at the names for all feeds of its first tick, beside the one that each tick makes', async () => {
  const here = processes();
  const tick = here.begin(apps(40));
  assert.deepEqual(await tick(), { looks: 2, planned: 3 * feeds(40), errors: [] });
  here.clock.advance(hour);
  assert.deepEqual(await tick(), { looks: 1, planned: feeds(40), errors: [] });
});

test('new apps, and new names of old ones: one look as well, and nothing is planned twice', async () => {
  const here = processes();
  await here.begin(apps(40))();
  here.clock.advance(hour);
  const tick = here.begin({ ...apps(20, 'name'), ...apps(20, 'new', 200) });
  const told = [await tick(), await tick()];
  assert.deepEqual(told[0], { looks: 2, planned: feeds(20) * (1 + 4), errors: [] });
  assert.deepEqual(told[1], { looks: 1, planned: 0, errors: [] });
});

test('names that have changed places in one process: each is planned by the third tick', async () => {
  const here = processes();
  await here.begin({ shop: 'app x', store: 'app y' })();
  here.clock.advance(hour);
  const tick = here.begin({ shop: 'app y', store: 'app x' });
  const planned = (await tick()).planned + (await tick()).planned + (await tick()).planned;
  assert.equal(planned, feeds(2));
});

test('where that look fails all that need it fail, and the next tick plans them', async () => {
  const here = processes();
  here.fail(true);
  const tick = here.begin(apps(2));
  const { planned, errors } = await tick();
  assert.deepEqual([planned, errors.length], [0, feeds(2)]);
  assert.match(errors[0] ?? '', /the table does not answer/);
  here.fail(false);
  assert.equal((await tick()).planned, 3 * feeds(2));
});

test('whoever waits for the look holds up nobody who needs none; one who needs a second is given it', async () => {
  const done: string[] = [];
  const taskOf = (n: number): FeedTask => ({
    feed: { app: `app-${n}`, signal: 'requests', source: 'query' },
    plan: async (_, look) => {
      for (let more = n % 3; more > 0; more--) await look();
      done.push(`${n % 3} after ${looks}`);
      return { ...idle, feed: { app: `app-${n}`, signal: 'requests', source: 'query' } };
    },
    nextDue: () => 0,
  });
  let looks = 0;
  const idle = { planned: 0, repeated: 0, open: 0, failed: 0, horizon: 1, watermark: 1 };
  const tasks = Array.from({ length: 300 }, (_, n) => taskOf(n));
  const { feeds: told } = await planMany(tasks, createFeedMemory(), 1, async () => void looks++);
  assert.deepEqual([told.length, looks], [300, 2]);
  assert.deepEqual([...new Set(done)], ['0 after 0', '1 after 1', '2 after 2']);
});
