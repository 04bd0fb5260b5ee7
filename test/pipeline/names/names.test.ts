/** One app under many names: an app is what it reads, not what it is called. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chanceOf } from '../../../local/telemetry/chance.ts';
import type { BackfillStore } from '../../../shared/model.ts';
import { rerunWindows } from '../../../shared/pipeline/ask/rerun.ts';
import { startBackfill } from '../../../shared/pipeline/backfill/steer.ts';
import { takeNext } from '../../../shared/pipeline/backfill/take.ts';
import { originOf, shareRows } from '../../../shared/pure/origin.ts';
import { createMemoryBackfills } from '../../../shared/state/backfills-memory.ts';
import { hour, signals, start, tiled, world } from './named.ts';

const whole = 'workspace 1';
const part = 'workspace 1 /subscriptions/a';

describe('an app that goes by another name', () => {
  test('names and window lengths by chance: every moment is planned once, whatever starts the settings have', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const chance = chanceOf(`names ${seed}`);
      const here = world();
      for (let steps = 0; steps < 12; steps++) {
        here.settings([chance.pick(['shop', 'store', 'pay']), 'app x']);
        const size = chance.pick([hour / 4, hour, 6 * hour, 8 * hour]);
        for (let ticks = 0; ticks < 4; ticks++) await here.tick(size, start, chance.hit(0.2));
        here.later(chance.int(1, 20) * hour);
      }
      for (let ticks = 0; ticks < 4; ticks++) {
        await here.run(await here.windows());
        for (let n = 0; n < 8; n++) await here.tick(hour, start);
      }
      const all = await here.windows();
      assert.deepEqual(tiled(all), [], `seed ${seed}`);
      assert.equal(all[0]?.start, start);
      assert.ok((all.at(-1)?.end ?? 0) > here.clock.now() - hour, `seed ${seed}: not up to now`);
    }
  });

  test('without a start it goes on where the old name ended, in a part of a window where that must be', async () => {
    const here = world();
    here.settings(['shop', 'app x']);
    for (let n = 0; n < 6; n++) await here.tick(hour, start);
    here.later(90 * 60_000);
    here.settings(['store', 'app x']);
    await here.tick(hour);
    await here.tick(hour);
    assert.deepEqual(tiled(await here.windows()), []);
    assert.equal((await here.windows()).at(-1)?.app, 'store');
  });

  test('it is said which time another name has', async () => {
    const here = world();
    here.settings(['shop', 'app x']);
    for (let n = 0; n < 6; n++) await here.tick(hour, start);
    here.later(hour);
    here.settings(['store', 'app x']);
    const [told] = await here.tick(hour, start);
    assert.deepEqual(told?.had, { app: 'shop', start, end: start + 30 * hour });
    assert.equal(told?.watermark, start + 30 * hour);
    assert.deepEqual(here.names().renamed(), [{ feed: here.feedOf('shop'), now: 'store' }]);
  });

  test('a workspace as a whole has a component of it; the whole, another component, and another signal, are others', async () => {
    for (const [first, second, shares] of [
      [whole, part, true],
      [part, whole, false],
      [part, 'workspace 1 /subscriptions/b', false],
      [whole, 'workspace 12', false],
      ['app x', 'app y', false],
    ] as const) {
      const here = world();
      here.settings(['shop', first]);
      for (let n = 0; n < 6; n++) await here.tick(hour, start);
      here.settings(['store', second]);
      for (let n = 0; n < 6; n++) await here.tick(hour, start);
      const all = await here.windows(shares ? first : second);
      assert.equal(all.filter(({ app }) => app === 'store').length, shares ? 0 : 30, `${first}, ${second}`);
    }
  });

  test('another app under the old name: its rows go on from there, and the old ones are told as of another', async () => {
    const here = world();
    here.settings(['shop', 'app x']);
    for (let n = 0; n < 6; n++) await here.tick(hour, start);
    here.later(5 * hour);
    here.settings(['shop', 'app y']);
    for (let n = 0; n < 3; n++) await here.tick(hour, start);
    assert.equal((await here.windows('app x')).length, 30);
    assert.deepEqual((await here.windows('app y'))[0]?.start, start + 30 * hour);
    // The first app again, as a second one: what it brought under the name stays its own, what came after is not.
    here.settings(['shop', 'app y'], ['old', 'app x']);
    for (let n = 0; n < 6; n++) await here.tick(hour, start);
    const x = await here.windows('app x');
    assert.deepEqual(tiled(x), []);
    assert.equal(x.length, 35);
    assert.equal(x.filter(({ app }) => app === 'old').length, 5);
  });

  test('backfills and reruns of what is missing leave out what another name has', async () => {
    const here = world();
    here.settings(['shop', 'app x']);
    for (let n = 0; n < 6; n++) await here.tick(hour, start);
    here.later(5 * hour);
    here.settings(['store', 'app x']);
    for (let n = 0; n < 2; n++) await here.tick(hour, start);
    const store: BackfillStore = createMemoryBackfills();
    const queue = { prepare: async () => {}, pass: async () => {} };
    const ports = { ledger: here.ledger, clock: here.clock, store, queue, others: here.names().others };
    const range = { app: 'store', signals: [...signals], start: start - 7 * hour, end: start + 40 * hour };
    const scope = { window: 2 * hour, from: start, keptSince: undefined };
    await startBackfill({ ...range, choice: 'missing', concurrency: 1 }, 'one', scope, ports);
    for (let turn = 0; ; turn++) {
      const taken = await takeNext({ id: 'one', slot: 0, turn }, ports);
      if (taken === undefined) break;
      await here.run([taken.window]);
    }
    assert.deepEqual(tiled(await here.windows()), []);
    assert.equal((await here.windows())[0]?.start, start - 7 * hour);
    const missing = { ...range, start: start - 12 * hour, faulty: false, missing: true, begin: true };
    const newWindows = () => ({ size: hour, from: 0 });
    const outcome = await rerunWindows(missing, { ...here, others: here.names().others, newWindows });
    assert.equal(outcome.missing, 5);
    assert.deepEqual(tiled(await here.windows()), []);
  });
});

test('what an app is: its id in any letters, its workspace and component, and who knows an id that is no GUID', () => {
  const id = 'ABCDEF67-89AB-cdef-0123-456789abcdef';
  const app = (name: string, host = 'https://api.applicationinsights.io') =>
    originOf({ url: `${host}/v1/apps/${name}/query`, schema: { kind: 'app' } });
  const workspace = (resourceId: string, end = 'query') =>
    originOf({ url: `https://x/v1/workspaces/${id}/${end}`, schema: { kind: 'workspace', resourceId } });
  assert.equal(app(id), app(id.toLowerCase(), 'http://127.0.0.1:8080'));
  assert.notEqual(app('DEMO_APP'), app('DEMO_APP', 'http://127.0.0.1:8080'));
  assert.equal(workspace('/Subscriptions/A/'), workspace('/subscriptions/a', 'search'));
  assert.ok(shareRows(workspace(''), workspace('/subscriptions/a')));
  assert.ok(!shareRows(workspace('/subscriptions/a'), workspace('/subscriptions/ab')));
  assert.ok(!shareRows(app(id), workspace('')));
});
