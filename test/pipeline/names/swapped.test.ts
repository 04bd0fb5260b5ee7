/** Names that change places, are given up, and come back, while windows of them are open. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chanceOf } from '../../../local/telemetry/chance.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { LedgerEntry, Millis } from '../../../shared/model.ts';
import { auditLake, differs } from '../../../shared/pipeline/audit/audit-lake.ts';
import { settledName, settleFeed, throughIn } from '../../../shared/pipeline/audit/settled.ts';
import { windowKey } from '../../../shared/pipeline/keys.ts';
import { createNames } from '../../../shared/pipeline/names/names.ts';
import { readText } from '../../../shared/pure/read-text.ts';
import { hour, start, tiled, world } from './named.ts';

type World = ReturnType<typeof world>;

const entriesOf = async (here: World, app: string): Promise<readonly LedgerEntry[]> =>
  (await Array.fromAsync(here.ledger.list(here.feedOf(app)))).filter(({ state }) => state !== 'halved');

/** With 30 hours of one app, which are done. */
async function begun(app: string, origin: string): Promise<World> {
  const here = world();
  here.settings([app, origin]);
  for (let n = 0; n < 6; n++) await here.tick(hour, start);
  assert.equal((await here.windows(origin)).length, 30);
  return here;
}

/** Ticks whose windows run before the next, an hour after the other. */
async function slowly(here: World, hours: number): Promise<void> {
  for (let n = 0; n < hours; n++) {
    here.later(hour);
    await here.tick(hour, undefined, true);
    for await (const feed of here.ledger.feeds())
      if (here.names().originOf(feed) !== undefined)
        await here.run((await Array.fromAsync(here.ledger.open(feed))).map(({ window }) => window));
  }
}

describe('names that change places', () => {
  for (const order of [0, 1])
    test(`what is planned under a name is of the app that it stands for now (${order})`, async () => {
      const here = await begun('shop', 'app x');
      const both = [
        ['shop', 'app y'],
        ['old', 'app x'],
      ] as const;
      here.settings(...(order === 0 ? both : both.toReversed()));
      await here.tick(hour);
      await slowly(here, 8);
      for (const origin of ['app x', 'app y']) {
        const all = await here.windows(origin);
        assert.deepEqual(tiled(all), [], origin);
        assert.equal(all.length, origin === 'app x' ? 38 : 8, origin);
      }
      assert.ok((await entriesOf(here, 'old')).every(({ origin }) => origin === 'app x'));
    });

  test('what an older version has brought, without saying from where, is not brought once more', async () => {
    const here = await begun('shop', 'app x');
    for (const { origin: _, ...entry } of await entriesOf(here, 'shop'))
      await here.ledger.write(entry, (await here.ledger.read(entry.window))?.etag);
    here.settings(['shop', 'app y'], ['old', 'app x']);
    for (let n = 0; n < 6; n++) await here.tick(hour, start);
    assert.equal((await entriesOf(here, 'old')).length, 0);
  });
});

test('an app whose names change by chance while its windows run late: every moment is there once', async () => {
  for (let seed = 0; seed < 10; seed++) {
    const chance = chanceOf(`late ${seed}`);
    const here = world();
    here.settings(['shop', 'app x']);
    await here.tick(hour, start);
    for (let step = 0; step < 40; step++) {
      if (chance.hit(0.15)) here.settings([chance.pick(['shop', 'store', 'pay']), 'app x']);
      await here.tick(hour, undefined, true);
      here.later(hour / 3);
      for await (const feed of here.ledger.feeds()) {
        const open = (await Array.fromAsync(here.ledger.open(feed))).map(({ window }) => window);
        await here.run(open.filter(() => chance.hit(0.4)));
      }
    }
    for (let n = 0; n < 8; n++) await here.tick(hour, undefined);
    const all = await here.windows();
    assert.deepEqual(tiled(all), [], `seed ${seed}`);
    assert.equal(all[0]?.start, start);
    assert.ok((all.at(-1)?.end ?? 0) > here.clock.now() - hour, `seed ${seed}: not up to now`);
  }
});

test('windows that a name left open when it was given up are planned for the components of its workspace', async () => {
  for (const from of [undefined, start]) {
    const here = await begun('all', 'workspace 1');
    here.later(4 * hour);
    await here.tick(hour, start, true);
    here.settings(['c1', 'workspace 1 /a'], ['c2', 'workspace 1 /b']);
    for (let n = 0; n < 6; n++) await here.tick(hour, from);
    for (const app of ['c1', 'c2']) {
      const found = (await entriesOf(here, app)).map(({ window }) => window.start);
      assert.deepEqual(
        found,
        [30, 31, 32, 33].map((n) => start + n * hour),
        `${app} from ${from}`,
      );
    }
  }
});

test('a workspace and a component of it beside each other: each has all of its own', async () => {
  const here = await begun('all', 'workspace 1');
  here.settings(['all', 'workspace 1'], ['c1', 'workspace 1 /a']);
  for (let n = 0; n < 8; n++) await here.tick(hour, start);
  await slowly(here, 5);
  for (const app of ['all', 'c1']) {
    const found = (await entriesOf(here, app)).map(({ window }) => window);
    assert.deepEqual(tiled(found), []);
    assert.equal(found.length, 35, app);
  }
  assert.equal(await here.names().others(here.feedOf('c1')), undefined);
});

describe('an app that comes back to its first name', () => {
  /** Three hours each by `shop`, `store`, `shop`; `held`: the first window of the second three hours stays open. */
  async function back(isHeld: boolean): Promise<World> {
    const here = await begun('shop', 'app x');
    if (isHeld) {
      here.later(hour);
      await here.tick(hour, undefined, true);
      const seen = await here.ledger.read({ ...here.feedOf('shop'), start: start + 30 * hour, end: start + 31 * hour });
      assert.ok(seen);
      const failed = { ...seen.value, state: 'failed' as const, notBefore: 9e15, startedAt: start, error: 'x' };
      await here.ledger.write(failed, seen.etag);
    }
    for (const app of ['store', 'shop']) {
      here.later(3 * hour);
      here.settings([app, 'app x']);
      for (let n = 0; n < 2; n++) await here.tick(hour);
    }
    return here;
  }

  test('a window that fails holds the watermark, and not what is planned', async () => {
    const here = await back(true);
    const before: Millis[] = [];
    for (let n = 0; n < 3; n++) {
      here.later(5 * hour);
      const [told] = await here.tick(hour);
      assert.equal(told?.watermark, start + 30 * hour);
      before.push(told?.horizon ?? 0);
    }
    assert.deepEqual(
      before,
      [42, 47, 52].map((n) => start + n * hour),
    );
    await here.run([{ ...here.feedOf('shop'), start: start + 30 * hour, end: start + 31 * hour }]);
    for (let n = 0; n < 2; n++) await here.tick(hour);
    assert.equal((await here.ledger.progress(here.feedOf('shop')))?.value.watermark, start + 52 * hour);
    assert.deepEqual(tiled(await here.windows()), []);
  });

  test('settled and complete are told past what the other name has brought, as soon as that is done', async () => {
    const here = await back(false);
    const feed = here.feedOf('shop');
    const lake = createMemoryStore();
    const { ledger, clock } = here;
    const others = here.names().others;
    const settled = async (past: Millis): Promise<Millis> => {
      const at = clock.now() + past;
      const known = (await entriesOf(here, 'shop')).map(({ window, revision, fingerprint }) => ({
        ...{ start: window.start, end: window.end, revision, fingerprint, first: at, last: at },
        key: windowKey(window),
      }));
      const confirmed = new Map(known.map(({ key, ...each }) => [key, each]));
      await settleFeed(feed, confirmed, at, { ledger, lake, recheck: 5 * hour, others });
      return throughIn((await readText(lake, settledName(feed)))?.value ?? '');
    };
    const request = { start: 0, end: 9e15, app: '', signals: [], repair: false };
    const audit = async () => auditLake(request, { ledger, lake: createMemoryStore(), clock, others });
    const complete = async () => (await audit()).feeds.find((each) => each.feed.app === 'shop')?.completeThrough;
    const store = (await entriesOf(here, 'store'))[1] ?? assert.fail('no window');
    const seen = await ledger.read(store.window);
    const tag = await ledger.write({ ...store, state: 'due', doneAt: 0 }, seen?.etag);
    assert.equal(await settled(50 * hour), store.window.start);
    assert.equal(await complete(), store.window.start);
    await ledger.write(store, tag);
    assert.equal(await settled(50 * hour), start + 36 * hour);
    assert.equal(await complete(), start + 36 * hour);
    assert.equal(differs(await audit()), false);
  });
});

test('a thousand components of one workspace: each is looked for where it is, not among all', async () => {
  const apps = Array.from({ length: 1000 }, (_, n) => `app-${n}`).map((app) => ({
    ...{ app, origin: `workspace 1 /subscriptions/${app}`, signals: ['requests', 'traces'] as const },
  }));
  let looks = 0;
  class Origins extends Array<string> {
    override some(is: (origin: string, index: number, all: string[]) => unknown): boolean {
      looks++;
      return super.some(is);
    }
    override includes(origin: string): boolean {
      looks++;
      return super.includes(origin);
    }
  }
  const names = createNames(
    apps,
    { openings: () => assert.fail('listed'), list: () => assert.fail('listed') },
    () => 0,
  );
  for (const prefix of ['', 'old-']) {
    looks = 0;
    const openings = apps.flatMap(({ app, origin, signals }) =>
      signals.map((signal) => ({
        ...{ feed: { app: prefix + app, signal, source: 'query' as const }, word: '' },
        origins: Origins.of(origin),
      })),
    );
    names.saw(openings);
    for (const { feed } of openings) {
      const now = feed.app.replace('old-', '');
      assert.equal(names.nameOf(feed), now);
      const others = await names.others({ ...feed, app: now });
      assert.equal(others?.feeds.length ?? 0, prefix === '' ? 0 : 1);
    }
    assert.ok(looks <= 2 * openings.length, `${looks} looks at ${openings.length} feeds`);
  }
});
