/** What an app has not brought under its old names: who plans it, and where. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ledger } from '../../../shared/model.ts';
import { oldName } from '../../../shared/pipeline/many/stopped.ts';
import { fillLeftOut } from '../../../shared/pipeline/names/left-out.ts';
import { createNames } from '../../../shared/pipeline/names/names.ts';
import { hour, start, world } from './named.ts';

test('a signal that the settings name no more, under a name that changed places: nothing of it is planned', async () => {
  const here = world();
  here.settings(['a', 'app x'], ['b', 'app y']);
  here.later(hour);
  for (let n = 0; n < 6; n++) await here.tick((origin) => (origin === 'app y' ? 2 * hour : hour), start);
  const { ledger, clock } = here;
  const before = [await here.windows('app x'), await here.windows('app y')];
  const names = createNames([{ app: 'a', origin: 'app y', signals: ['traces'] }], ledger, clock.now);
  names.saw(await Array.fromAsync(ledger.openings()));
  const hints = { prepare: async () => {}, send: async () => {} };
  const ports = { ledger, hints, clock, patience: hour, limit: 7, others: names.others, originOf: names.originOf };
  await oldName(here.feedOf('a'), ports);
  assert.deepEqual([await here.windows('app x'), await here.windows('app y')], before);
});

test('two instances plan what was left out at once, at whatever step of each other: it is there once', async () => {
  for (let step = 1; ; step++) {
    const here = world();
    here.settings(['a', 'app x'], ['b', 'app y']);
    for (let n = 0; n < 6; n++) await here.tick(hour, start);
    here.later(3 * hour);
    here.settings(['c', 'app x'], ['a', 'app y']);
    const { ledger, clock } = here;
    const feed = here.feedOf('c');
    const others = await here.names().others(feed);
    assert.ok(others?.isMixed);
    const range = { start: undefined, end: start + 33 * hour };
    const fill = (by: Ledger) =>
      fillLeftOut(feed, range, hour, { ...others, whole: new Set() }, { ledger: by, clock, limit: 7 });
    let at = 0;
    const slow: Ledger = {
      ...ledger,
      async *list(...asked) {
        if (++at === step) await fill(ledger);
        yield* ledger.list(...asked);
      },
    };
    await fill(slow);
    if (at < step) return assert.ok(step > 3, 'no step was tried');
    const hours = (await here.windows()).map((window) => (window.start - start) / hour);
    assert.deepEqual(hours.slice(-4), [29, 30, 31, 32], `step ${step}`);
  }
});
