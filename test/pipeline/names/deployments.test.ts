/** Two deployments with other settings that plan at one moment. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chanceOf } from '../../../local/telemetry/chance.ts';
import { holdName } from '../../../shared/pipeline/names/hold.ts';
import { type Settings, type Step, sideBySide, twoDeployments } from './deployments.ts';
import { hour, start } from './named.ts';

const both = ['app x', 'app y'];
const before: Settings = [
  ['shop', 'app x'],
  ['store', 'app y'],
];
/** What the second deployment says; DEPLOYMENTS: how many seeds of each by chance. */
const changes: Readonly<Record<string, Settings>> = {
  'names that change places': [
    ['shop', 'app y'],
    ['store', 'app x'],
  ],
  'the same in another order': [
    ['store', 'app x'],
    ['shop', 'app y'],
  ],
  'a name that goes to another app, which had its own': [
    ['pay', 'app x'],
    ['shop', 'app y'],
  ],
  'a new name': [
    ['till', 'app x'],
    ['store', 'app y'],
  ],
};
/** A tick that was in the way of others ten times without a pause; the next one goes on. */
const unlessCrowded = (error: unknown): void => {
  if (!/all the time/.test(String(error))) throw error;
};
const seeds = Number(process.env.DEPLOYMENTS ?? 5);

for (const [change, after] of Object.entries(changes)) {
  test(`${change}: the one plans at whatever step of the other, every hour of each app is there once`, async () => {
    for (const isNewFirst of [false, true])
      for (let step = 1; ; step++) {
        const here = twoDeployments();
        const first = here.deployment(before);
        for (let n = 0; n < 6; n++) await first.tick(hour, start);
        await first.run();
        here.later(hour);
        let at = 0;
        const [slow, quick] = isNewFirst ? [after, before] : [before, after];
        const between = here.deployment(quick);
        const meanwhile: Step = async () => {
          if (++at === step) await between.tick(hour, start);
        };
        const stopped = here.deployment(slow, meanwhile);
        await stopped.tick(hour, start);
        if (at < step) break;
        const last = isNewFirst ? stopped : between;
        for (let n = 0; n < 6; n++) {
          if (n < 3) here.later(hour);
          await last.tick(hour, start);
          await last.run();
        }
        assert.deepEqual(await here.faults(both), [], `step ${step}, new first: ${isNewFirst}`);
      }
  });

  test(`${change}: ${seeds} times side by side for hours, call by call`, async () => {
    for (let seed = 0; seed < seeds; seed++) {
      const chance = chanceOf(`deployments ${change} ${seed}`);
      const here = twoDeployments();
      const first = here.deployment(before);
      for (let n = 0; n < 6; n++) await first.tick(hour, start);
      let turn: Step = async () => {};
      const each = [before, after].map((settings) => here.deployment(settings, (method) => turn(method)));
      for (let n = 0; n < 8; n++) {
        if (chance.hit(0.6)) here.later(hour / chance.pick([1, 2, 3]));
        await sideBySide(
          chance,
          each.map((one) => (step: Step) => {
            turn = step;
            return one.tick(hour, start);
          }),
        );
        turn = async () => {};
        for (const one of each) await one.run(() => chance.hit(0.3));
      }
      for (let n = 0; n < 8; n++) {
        if (n < 3) here.later(hour);
        await each[1]?.tick(hour, start);
        await each[1]?.run();
      }
      assert.deepEqual(await here.faults(both), [], `seed ${seed}`);
    }
  });

  test(`${change}: backfills of both beside each other and beside what they plan, ${seeds} times`, async () => {
    for (let seed = 0; seed < seeds; seed++) {
      const chance = chanceOf(`backfills ${change} ${seed}`);
      const here = twoDeployments();
      let turn: Step = async () => {};
      const each = [before, after].map((settings) => here.deployment(settings, (method) => turn(method)));
      await each[0]?.tick(hour, start);
      const named = [before, after].map((settings) => settings.map(([app]) => app));
      const acts = each.flatMap((one, n) => [
        ...(named[n] ?? []).map((app) => () => one.backfill(app)),
        () => one.tick(hour, start).catch(unlessCrowded),
      ]);
      await sideBySide(
        chance,
        acts.map((act) => (step: Step) => {
          turn = step;
          return act();
        }),
      );
      turn = async () => {};
      for (let n = 0; n < 8; n++) {
        await each[1]?.tick(hour, start);
        await each[1]?.run();
      }
      for (const app of named[1] ?? []) await each[1]?.backfill(app);
      await each[1]?.run();
      assert.deepEqual(await here.faults(both, start - 6 * hour), [], `seed ${seed}`);
    }
  });
}

test('a feed that an earlier version has planned is held without a listing of its own', async () => {
  const here = twoDeployments();
  const feed = { app: 'shop', signal: 'requests', source: 'query' } as const;
  const looks: boolean[] = [];
  const ports = {
    ledger: here.ledger,
    others: async (_: unknown, afresh = false) => void looks.push(afresh),
    isSaid: () => true,
  };
  const value = { horizon: start, watermark: start };
  for (const early of [true, false]) {
    const held = await holdName(feed, { value: { ...value, ...(early && { early }) }, etag: 'a' }, 'app x', ports);
    assert.deepEqual(held?.stands, { value: { ...value, origin: 'app x' }, etag: 'a' });
  }
  assert.deepEqual(looks, [false, true]);
});
