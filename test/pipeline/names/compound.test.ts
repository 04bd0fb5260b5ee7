/** Three apps and four names that change by chance: apps that are gone for a while, ids that are mistyped meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chanceOf } from '../../../local/telemetry/chance.ts';
import type { Millis, Window } from '../../../shared/model.ts';
import { hour, start, world } from './named.ts';

const apps = ['app x', 'app y', 'app z'] as const;
const names = ['shop', 'store', 'pay', 'till'] as const;
type Settings = readonly (readonly [name: string, origin: string])[];

/** COMPOUND: how many seeds, from 0 on, in place of those that once had hours that were missing or there twice. */
const seedsOf = (fixed: readonly number[]): readonly number[] =>
  process.env.COMPOUND === undefined ? fixed : Array.from({ length: Number(process.env.COMPOUND) }, (_, n) => n);

function settingsBy(chance: ReturnType<typeof chanceOf>, gone: number, typos: string[]): Settings {
  const mixed = names.map((name) => ({ name, at: chance.int(0, 1e6) })).toSorted((one, other) => one.at - other.at);
  let given: Settings = apps.map((origin, n) => [mixed[n]?.name ?? '', origin]);
  if (chance.hit(gone)) given = given.filter((_, n) => n !== chance.int(0, 2));
  if (!chance.hit(0.3)) return given;
  const at = chance.int(0, given.length - 1);
  typos.push(`app typo${typos.length}`);
  return given.map(([name, origin], n) => [name, n === at ? (typos.at(-1) ?? '') : origin]);
}

/** Forty ticks and some runs between; all is brought up to date at the end. What is wrong with each app's half-hours. */
async function compound(seed: number, isUneven: boolean, from: Millis | undefined = start): Promise<readonly string[]> {
  const chance = chanceOf(`compound ${seed}`);
  const here = world();
  const lengths = apps.map(
    (app) => [app, isUneven ? chance.pick([hour / 2, hour, 4 * hour, 6 * hour]) : hour] as const,
  );
  const size = (origin: string) => new Map<string, number>(lengths).get(origin) ?? hour;
  const typos: string[] = [];
  const runs = async (share: number) => {
    for await (const feed of here.ledger.feeds()) {
      const some: Window[] = [];
      for await (const entry of here.ledger.open(feed)) {
        if (!chance.hit(share)) continue;
        // Who reads an app that there is not, fails.
        if (!typos.includes((await here.names().readFrom(entry)) ?? '')) some.push(entry.window);
      }
      await here.run(some);
    }
  };
  here.settings(['shop', 'app x'], ['store', 'app y'], ['pay', 'app z']);
  await here.tick(size, start);
  for (let step = 0; step < 40; step++) {
    if (chance.hit(0.15)) here.settings(...settingsBy(chance, isUneven ? 0.3 : 0, typos));
    await here.tick(size, from, true);
    here.later(isUneven ? chance.pick([hour / 3, hour / 3, 8 * hour]) : hour / 3);
    await runs(0.4);
  }
  here.settings(['shop', 'app x'], ['pay', 'app y'], ['till', 'app z']);
  for (let n = 0; n < (isUneven ? 60 : 12); n++) {
    await here.tick(size, from, true);
    await runs(1);
  }
  const faults: string[] = [];
  for (const app of apps) {
    const windows = await here.windows(app);
    for (let at = start; at < Math.floor(here.clock.now() / size(app)) * size(app); at += hour / 2) {
      const there = windows.filter((each) => each.start <= at && at < each.end).length;
      if (there !== 1) faults.push(`seed ${seed}, ${app}, ${(at - start) / hour}: ${there}`);
    }
  }
  return faults;
}

test('three apps, four names and mistyped ids by chance: every moment of each app is there once', async () => {
  for (const seed of seedsOf([3, 9, 15, 17])) assert.deepEqual(await compound(seed, false), []);
});

test('the same with windows of several lengths, late ticks and apps that are gone now and then', async () => {
  for (const seed of seedsOf([2, 13, 16, 18])) assert.deepEqual(await compound(seed, true), []);
});

test('the same without a start: what one app is planned under the name of another leaves nothing of that out', async () => {
  for (const seed of seedsOf([8])) assert.deepEqual(await compound(seed, true, undefined), []);
});
