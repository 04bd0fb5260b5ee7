/** What an app has not brought under its old names: who plans it, and where. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ledger, LedgerEntry, Millis } from '../../../shared/model.ts';
import { plannedEntry } from '../../../shared/pipeline/entry.ts';
import { oldName } from '../../../shared/pipeline/many/stopped.ts';
import { fillLeftOut } from '../../../shared/pipeline/names/left-out.ts';
import { createNames, type NamedApp } from '../../../shared/pipeline/names/names.ts';
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

/** App x lacks the hours 20 to 24: its old name is another's by then, and so was the one that it has now. */
async function lacking(waiting: readonly string[], until: Millis = 60) {
  const here = world();
  const { ledger, clock } = here;
  const put = async (app: string, from: number, to: number, origin: string, doneAt = 1) => {
    const entries = Array.from({ length: to - from }, (_, n): LedgerEntry => {
      const window = { ...here.feedOf(app), start: start + (from + n) * hour, end: start + (from + n + 1) * hour };
      return { ...plannedEntry(window, 0, origin), ...(doneAt > 0 && { state: 'done', doneAt }) };
    });
    const [feed, known] = [here.feedOf(app), await ledger.progress(here.feedOf(app))];
    await ledger.opening(feed, origin);
    const horizon = start + to * hour;
    assert.ok(await ledger.plan(feed, { horizon, watermark: horizon }, known?.etag, entries));
  };
  await put('old', 0, 20, 'app x');
  await put('old', 20, 60, 'app u');
  await put('new', 20, 25, 'app z');
  await put('new', 25, 60, 'app x');
  for (const [n, app] of waiting.entries()) {
    await put(app, 20, 25, 'app typo', 0);
    await put(app, 25, 60, `app v${n}`);
    await put(`${app} before`, 0, 60, `app v${n}`);
  }
  await put('ended', 0, until, 'app w');
  const apps = [['new', 'app x'], ['ended', 'app w'], ...waiting.map((app, n) => [app, `app v${n}`])];
  const named = apps.map(([app = '', origin = '']): NamedApp => ({ app, origin, signals: ['requests'] }));
  const others = () => createNames(named, ledger, clock.now).others(here.feedOf('new'));
  const fill = async (by: Ledger, known: Awaited<ReturnType<typeof others>>) =>
    fillLeftOut(here.feedOf('new'), { start, end: start + 60 * hour }, hour, known, { ledger: by, clock, limit: 9 });
  return { here, others, fill };
}

test('two processes that take what waits under two names for one time: it is taken once', async () => {
  for (let step = 1; ; step++) {
    const { here, others, fill } = await lacking(['one', 'two']);
    const [mine, theirs] = [await others(), await others()];
    let at = 0;
    const slow: Ledger = {
      ...here.ledger,
      async *list(...asked) {
        if (++at === step) await fill(here.ledger, theirs);
        yield* here.ledger.list(...asked);
      },
    };
    await fill(slow, mine);
    if (at < step) return assert.ok(step > 3, 'no step was tried');
    const hours = (await here.windows('app x')).map((window) => (window.start - start) / hour);
    assert.deepEqual(
      hours,
      Array.from({ length: 60 }, (_, n) => n),
      `step ${step}`,
    );
  }
});

test('a gap for which there is no room is looked for once, though an app has ended; nothing is read one by one', async () => {
  const { here, others, fill } = await lacking([], 30);
  let [lists, reads] = [0, 0];
  const counted: Ledger = {
    ...here.ledger,
    list: (...asked) => {
      lists += 1;
      return here.ledger.list(...asked);
    },
    read: (...asked) => {
      reads += 1;
      return here.ledger.read(...asked);
    },
  };
  const known = await others();
  await fill(counted, known);
  assert.ok(lists > 0);
  assert.equal(reads, 0);
  lists = 0;
  await fill(counted, known);
  assert.equal(lists, 0);
});

test("what lies between a backfill and the first live window is nobody's wish, whatever the app is called later", async () => {
  for (const past of [true, undefined]) {
    const here = world();
    const { ledger } = here;
    here.settings(['shop', 'app x'], ['store', 'app y']);
    await here.tick(hour);
    here.later(2 * hour);
    await here.tick(hour);
    const feed = here.feedOf('shop');
    const old = [3, 4].map((n): LedgerEntry => {
      const window = { ...feed, start: start + n * hour, end: start + (n + 1) * hour };
      return { ...plannedEntry(window, 0, 'app x'), ...(past && { past }), state: 'done', doneAt: 1 };
    });
    const known = await ledger.progress(feed);
    assert.ok(known && (await ledger.plan(feed, known.value, known.etag, old)));
    here.settings(['shop', 'app y'], ['store', 'app x']);
    for (let n = 0; n < 8; n++) {
      here.later(hour);
      await here.tick(hour);
    }
    const hours = (await here.windows('app x')).map((window) => (window.start - start) / hour);
    const live = Array.from({ length: 10 }, (_, n) => 30 + n);
    const between = Array.from({ length: 25 }, (_, n) => 5 + n);
    assert.deepEqual(hours, past ? [3, 4, ...live] : [3, 4, ...between, ...live]);
  }
});
