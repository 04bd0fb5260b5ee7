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

test(`names of two apps by chance, ${seeds} times: every moment of each is there once`, async (t) => {
  const faults: string[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const chance = chanceOf(`exchange ${seed}`);
    const here = world();
    const names = ['shop', 'store', 'pay'];
    here.settings(['shop', 'app x'], ['store', 'app y']);
    await here.tick(hour, start);
    for (let step = 0; step < 40; step++) {
      if (chance.hit(0.15)) {
        const one = chance.pick(names);
        const other = chance.pick(names.filter((name) => name !== one));
        here.settings([one, 'app x'], [other, 'app y']);
      }
      await here.tick(hour, start, true);
      here.later(hour / 3);
      for await (const feed of here.ledger.feeds()) {
        const open = (await Array.fromAsync(here.ledger.open(feed))).map(({ window }) => window);
        await here.run(open.filter(() => chance.hit(0.4)));
      }
    }
    for (let n = 0; n < 12; n++) {
      await here.tick(hour, start, true);
      for await (const feed of here.ledger.feeds())
        await here.run((await Array.fromAsync(here.ledger.open(feed))).map(({ window }) => window));
    }
    for (const origin of ['app x', 'app y']) {
      const end = Math.floor(here.clock.now() / hour) * hour;
      const found = faultsOf(await here.windows(origin), end);
      if (found.length > 0) faults.push(`seed ${seed}, ${origin}: ${found.join('; ')}`);
    }
  }
  t.diagnostic(`${faults.length} of ${2 * seeds}`);
  assert.deepEqual(faults, []);
});
