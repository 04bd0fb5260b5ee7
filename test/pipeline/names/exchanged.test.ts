/** Two apps whose names change, change places and come back by chance, while their windows are open. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chanceOf } from '../../../local/telemetry/chance.ts';
import { hour, start, world } from './named.ts';

/** EXCHANGES: how many seeds. */
const seeds = Number(process.env.EXCHANGES ?? 30);

/** What is wrong with the tiles of one app up to `to`: hours that are there twice, or missing. */
function faultsOf(windows: readonly { readonly start: number; readonly end: number }[], to: number): string[] {
  const faults: string[] = [];
  for (let at = start; at < to; at += hour / 2) {
    const there = windows.filter((each) => each.start <= at && at < each.end).length;
    if (there !== 1) faults.push(`${(at - start) / hour}: ${there}`);
  }
  return faults;
}

/** Faults of one seed, after 40 times a tick, some runs, and time that goes on; all is brought up to date at the end. */
async function exchange(seed: number, isUneven: boolean): Promise<readonly string[]> {
  const chance = chanceOf(`exchange ${seed}${isUneven ? ' uneven' : ''}`);
  const here = world();
  const names = ['shop', 'store', 'pay'];
  const sizes: Record<string, number> = isUneven
    ? { 'app x': chance.pick([hour / 2, hour, 4 * hour]), 'app y': chance.pick([hour, 4 * hour, 6 * hour]) }
    : {};
  const size = (origin: string) => sizes[origin] ?? hour;
  const from = isUneven && chance.hit(0.5) ? undefined : start;
  here.settings(['shop', 'app x'], ['store', 'app y']);
  await here.tick(size, start);
  const runs = async (share: number) => {
    for await (const feed of here.ledger.feeds()) {
      const open = (await Array.fromAsync(here.ledger.open(feed))).map(({ window }) => window);
      await here.run(open.filter(() => chance.hit(share)));
    }
  };
  for (let step = 0; step < 40; step++) {
    if (chance.hit(0.15)) {
      const one = chance.pick(names);
      const other = chance.pick(names.filter((name) => name !== one));
      const both = [[one, 'app x'] as const, [other, 'app y'] as const];
      // One of them may be out of the settings for a while.
      here.settings(...(isUneven && chance.hit(0.2) ? [chance.pick(both)] : both));
    }
    await here.tick(size, from, true);
    here.later(isUneven ? chance.pick([hour / 3, hour / 3, 8 * hour]) : hour / 3);
    await runs(0.4);
  }
  here.settings(['shop', 'app x'], ['pay', 'app y']);
  for (let n = 0; n < (isUneven ? 60 : 12); n++) {
    await here.tick(size, from, true);
    await runs(1);
  }
  const found: string[] = [];
  for (const origin of ['app x', 'app y']) {
    const end = Math.floor(here.clock.now() / size(origin)) * size(origin);
    const faults = faultsOf(await here.windows(origin), end);
    if (faults.length > 0) found.push(`seed ${seed}, ${origin}: ${faults.join('; ')}`);
  }
  return found;
}

test(`names of two apps by chance, ${seeds} times: every moment of each is there once`, async () => {
  const faults: string[] = [];
  for (let seed = 0; seed < seeds; seed++) faults.push(...(await exchange(seed, false)));
  assert.deepEqual(faults, []);
});

test('the same with windows of two lengths and late ticks, an app gone now and then', async () => {
  const faults: string[] = [];
  for (let seed = 0; seed < seeds / 2; seed++) faults.push(...(await exchange(seed, true)));
  assert.deepEqual(faults, []);
});
