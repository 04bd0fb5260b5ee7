/** What every Ledger must do. Runs on the one in memory, in stores, and in a table of Azurite. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type {
  DayAudit,
  Feed,
  FileRecord,
  Ledger,
  LedgerEntry,
  Signal,
  Window,
  WindowState,
} from '../../shared/model.ts';
import fc from '../seeds.ts';

export interface LedgerContract {
  /** A new ledger: each call of the function that it gives opens it once more, as another process would. */
  readonly make: () => Promise<() => Ledger>;
  /** Random sequences to try. */
  readonly runs: number;
  /** Files that one entry must be able to name. */
  readonly files: number;
  /** Whether a planner remembers feeds that it leaves out: then it must hear of what others open. */
  readonly opens: boolean;
}

const HOUR = 3_600_000;
const first = Date.UTC(2026, 10, 21, 3);
const feed: Feed = { app: 'shop', signal: 'requests', source: 'query' };
const window = (n: number, of: Feed = feed): Window => ({
  ...of,
  start: first + n * HOUR,
  end: first + (n + 1) * HOUR,
});

function entry(of: Window, change: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    window: of,
    state: 'due',
    revision: 0,
    attempts: 0,
    died: 0,
    leaseUntil: 0,
    notBefore: 0,
    hintedAt: 0,
    again: false,
    files: [],
    fingerprint: '',
    counts: { read: 0, written: 0, deduplicated: 0, quarantined: 0 },
    asked: 0,
    startedAt: 0,
    doneAt: 0,
    error: '',
    ...change,
  };
}

/** Every field with a value of its own. */
const full = (of: Window): LedgerEntry =>
  entry(of, {
    state: 'running',
    revision: 7,
    attempts: 3,
    died: 2,
    leaseUntil: first + 1,
    notBefore: first + 2,
    hintedAt: first + 3,
    again: true,
    files: [
      { path: 'requests/app=shop/ü "x"/a.parquet', signal: 'requests', rows: 5, bytes: 6_000_000_000 },
      { path: '_quarantine/b', signal: 'quarantine', rows: 0, bytes: 0 },
    ],
    fingerprint: '123|2026-11-21T03:00:00Z',
    counts: { read: 5_000_000_000, written: 4_999_999_990, deduplicated: 10, quarantined: 2 },
    asked: 42,
    startedAt: first + 4,
    doneAt: first + 5,
    error: "query requests: 403 'Forbidden'; give the role Reader\nü",
  });

async function must<T>(value: Promise<T | undefined>): Promise<T> {
  const found = await value;
  assert.ok(found !== undefined);
  return found;
}

const all = <T>(values: AsyncIterable<T>): Promise<T[]> => Array.fromAsync(values);
const isOpen = ({ state, again }: LedgerEntry) => state !== 'halved' && (state !== 'done' || again);
const byStart = (a: LedgerEntry, b: LedgerEntry) => a.window.start - b.window.start;
const byApp = (a: Feed, b: Feed) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** That a window is opened, for the planner to look at its feed. */
function openingTests(make: LedgerContract['make'], opens: boolean): void {
  test('each opening that another process says gives the feed another word, and the feed alone', async () => {
    const open = await make();
    const other: Feed = { ...feed, signal: 'traces' };
    await open().prepare();
    for (const each of [feed, other]) assert.ok(await open().write(entry(window(0, each)), undefined));
    const words: string[] = [];
    for (let n = 0; n < 3; n++) {
      if (n > 0) await open().opening(feed);
      const found = await all(open().openings());
      assert.deepEqual(
        found.filter((each) => each.feed.signal === 'traces'),
        [{ feed: other, word: '', origins: [] }],
      );
      words.push(found.find((each) => each.feed.signal === 'requests')?.word ?? 'none');
      await new Promise((go) => setTimeout(go, 3));
    }
    assert.equal(words[0], '');
    assert.equal(new Set(words).size, opens ? 3 : 1, words.join());
    assert.equal((await all(open().feeds())).length, 2);
  });

  test('what a window is to be read from is kept with its feed, as often as that is said', async () => {
    const open = await make();
    const ledger = open();
    await ledger.prepare();
    assert.ok(await ledger.write(entry(window(0)), undefined));
    for (const origin of [undefined, 'app x', 'app y', 'app x']) await ledger.opening(feed, origin);
    const told = await all(open().openings());
    assert.deepEqual(
      told.map(({ origins }) => [...origins].sort()),
      [opens ? ['app x', 'app y'] : []],
    );
  });
}

/** Messages that were sent, and what becomes of the note. */
function hintedTests(make: LedgerContract['make']): void {
  test('that messages were sent is noted where nothing was, in what is open, however it stands by then', async () => {
    const open = await make();
    const ledger = open();
    await ledger.prepare();
    const planned = [0, 1, 2, 3].map((n) => entry(window(n)));
    assert.ok(await ledger.plan(feed, { horizon: first, watermark: first }, undefined, planned));
    const claimed = await must(ledger.read(window(1)));
    await must(ledger.write({ ...claimed.value, state: 'running', revision: 1, hintedAt: first + 5 }, claimed.etag));
    const closed = await must(ledger.read(window(2)));
    await must(ledger.write({ ...closed.value, state: 'done', revision: 1 }, closed.etag));
    await ledger.hinted(feed, [window(0), window(1), window(2), window(9)], first + 9);
    await open().hinted(feed, [window(0), window(3)], first + 10);
    const times = (await all(ledger.list(feed))).map(({ hintedAt }) => (hintedAt === 0 ? 0 : hintedAt - first));
    assert.deepEqual(times, [9, 5, 0, 10]);
    assert.deepEqual(
      (await all(ledger.open(feed))).map(({ hintedAt }) => hintedAt - first),
      [9, 5, 10],
    );
  });

  test('after a plan the note costs the planned windows nothing: each can be claimed and changed as ever', async () => {
    const ledger = (await make())();
    await ledger.prepare();
    const planned = Array.from({ length: 40 }, (_, n) => entry(window(n)));
    assert.ok(await ledger.plan(feed, { horizon: first, watermark: first }, undefined, planned));
    await ledger.hinted(
      feed,
      planned.map((each) => each.window),
      first + 9,
    );
    for await (const { hintedAt } of ledger.list(feed)) assert.equal(hintedAt, first + 9);
    const seen = await must(ledger.read(window(7)));
    await must(ledger.write({ ...seen.value, state: 'done' }, seen.etag));
    assert.equal((await all(ledger.open(feed))).length, 39);
  });

  test('what is at rest but has empty files is listed with what is open until they are gone', async () => {
    const ledger = (await make())();
    await ledger.prepare();
    const files = [{ path: 'a', signal: 'requests', rows: 0, bytes: 0 } as const];
    const states = ['done', 'halved', 'unavailable'] as const;
    for (const [n, state] of states.entries()) {
      await must(ledger.write(entry(window(n)), undefined));
      const seen = await must(ledger.read(window(n)));
      await must(ledger.write({ ...seen.value, state, files }, seen.etag));
    }
    await must(ledger.write(entry(window(3), { state: 'done' }), undefined));
    assert.deepEqual(
      (await all(ledger.open(feed))).map(({ state }) => state),
      states,
    );
    for (const n of states.keys()) {
      const seen = await must(ledger.read(window(n)));
      await must(ledger.write({ ...seen.value, files: [] }, seen.etag));
    }
    assert.deepEqual(await all(ledger.open(feed)), []);
    assert.deepEqual((await all(ledger.list(feed))).length, 4);
  });

  test('what is open comes with the progress of the feed; a revision is read by itself', async () => {
    const ledger = (await make())();
    await ledger.prepare();
    assert.deepEqual(await ledger.open(feed).next(), { done: true, value: undefined });
    assert.equal(await ledger.claimed(window(0)), undefined);
    const progress = { horizon: first + 9, watermark: first };
    assert.ok(await ledger.plan(feed, progress, undefined, [entry(window(0), { revision: 3 })]));
    const found = ledger.open(feed);
    assert.equal((await found.next()).done, false);
    assert.deepEqual(await found.next(), { done: true, value: await ledger.progress(feed) });
    assert.equal((await ledger.claimed(window(0)))?.revision, 3);
  });
}

export function ledgerContract(name: string, { make, runs, files, opens }: LedgerContract): void {
  describe(`ledger contract: ${name}`, () => {
    hintedTests(make);
    openingTests(make, opens);
    const opened = async () => {
      const reopen = await make();
      const ledger = reopen();
      await ledger.prepare();
      return { ledger, reopen };
    };

    test('prepare can be called again', async () => {
      const { ledger, reopen } = await opened();
      await Promise.all([ledger.prepare(), reopen().prepare()]);
      assert.equal(await ledger.read(window(0)), undefined);
      assert.equal(await ledger.progress(feed), undefined);
      assert.deepEqual(
        [await all(ledger.list(feed)), await all(ledger.open(feed)), await all(ledger.feeds())],
        [[], [], []],
      );
    });

    test('what is written is read, every field of it, by other processes too', async () => {
      const { ledger, reopen } = await opened();
      const etag = await must(ledger.write(full(window(0)), undefined));
      for (const each of [ledger, reopen()])
        assert.deepEqual(await each.read(window(0)), { value: full(window(0)), etag });
      assert.deepEqual(await all(reopen().list(feed)), [full(window(0))]);
      assert.deepEqual(await all(reopen().open(feed)), [full(window(0))]);
    });

    test('the last sweep that came to its end: by all processes, never back', async () => {
      const { ledger, reopen } = await opened();
      assert.equal(await ledger.swept(), undefined);
      await ledger.recordSweep(first);
      await reopen().recordSweep(first - HOUR);
      for (const each of [ledger, reopen()]) assert.equal(await each.swept(), first);
      await Promise.all([1, 3, 2].map((n) => reopen().recordSweep(first + n * HOUR)));
      assert.equal(await ledger.swept(), first + 3 * HOUR);
      assert.deepEqual(await all(ledger.feeds()), []);
    });

    test('drift: the first sighting of a field is kept, whoever sees it', async () => {
      const { ledger, reopen } = await opened();
      const seen = {
        app: 'shop / 1',
        source: 'continuous',
        signal: 'requests',
        path: 'request.a/b#c',
        count: 3,
        firstSeen: first,
      } as const;
      const other = { ...seen, path: 'request.ü', signal: 'traces' } as const;
      assert.deepEqual(await all(ledger.drift()), []);
      assert.deepEqual(await ledger.recordDrift([seen]), [seen]);
      assert.deepEqual(await reopen().recordDrift([{ ...seen, count: 7, firstSeen: first + HOUR }, other]), [other]);
      assert.deepEqual(await ledger.recordDrift([seen, other]), []);
      const known = await all(reopen().drift());
      assert.deepEqual(
        known.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
        [seen, other],
      );
      assert.deepEqual(await all(ledger.feeds()), []);
    });

    test('what audits know: day by day, the last of several, however much it is', async () => {
      const { ledger, reopen } = await opened();
      const midnight = first - (first % (24 * HOUR));
      const dayOf = (n: number, windows: number, at: number): DayAudit => ({
        day: midnight + n * 24 * HOUR,
        at,
        windows: Array.from({ length: windows }, (_, k) => ({
          start: midnight + n * 24 * HOUR + k * 60_000,
          end: midnight + n * 24 * HOUR + (k + 1) * 60_000,
          revision: k,
          fingerprint: `rows:${k} latest:2026-11-21T03:00:00.1234567Z ids:${k * 1_000_000_007}`,
          ...{ first: at - k * HOUR, last: at - HOUR },
        })),
      });
      const everything = { start: 0, end: midnight + 9000 * HOUR };
      assert.deepEqual(await all(ledger.audits(feed, everything)), []);
      const days = [dayOf(0, 0, first), dayOf(1, 1440, first + 1), dayOf(30, 24, first + 2)];
      await ledger.recordAudits(feed, days.toReversed());
      await ledger.recordAudits(feed, []);
      assert.deepEqual(await all(reopen().audits(feed, everything)), days);
      const range = { start: midnight + 1, end: midnight + 30 * 24 * HOUR };
      assert.deepEqual(await all(reopen().audits(feed, range)), [days[1]]);
      const fewer = dayOf(1, 2, first + 5);
      await reopen().recordAudits(feed, [fewer]);
      assert.deepEqual(await all(ledger.audits(feed, range)), [fewer]);
      assert.deepEqual(await all(ledger.audits({ ...feed, app: 'other' }, everything)), []);
      assert.deepEqual(await all(ledger.list(feed)), [], 'they are no windows');
    });

    test('the mark: of those that put it at once one wins, and it stands beside everything else', async () => {
      const { ledger, reopen } = await opened();
      assert.equal(await ledger.mark(), undefined);
      const mark = { id: 'lake-1', count: 1, adopting: false };
      const won = await Promise.all([1, 2, 3].map((count) => reopen().putMark({ ...mark, count }, undefined)));
      assert.equal(won.filter(Boolean).length, 1);
      const seen = await must(ledger.mark());
      assert.deepEqual(seen.value, { ...mark, count: won.indexOf(true) + 1 });
      assert.equal(await ledger.putMark(mark, undefined), false, 'it is there');
      const next = { id: 'lake-2', count: 9, adopting: true };
      assert.equal(await reopen().putMark(next, seen.etag), true);
      assert.equal(await ledger.putMark(mark, seen.etag), false, 'changed since');
      assert.deepEqual((await must(reopen().mark())).value, next);
      assert.deepEqual(await all(ledger.feeds()), []);
      assert.equal(await ledger.swept(), undefined);
    });

    test('whoever loses a race is told, if at all, how the entry and the progress stand then', async () => {
      const { ledger } = await opened();
      const progress = { horizon: first + HOUR, watermark: first };
      assert.ok(await ledger.plan(feed, progress, undefined, [entry(window(0))]));
      const seen = await must(ledger.read(window(0)));
      await must(ledger.write({ ...seen.value, revision: 1 }, seen.etag));
      const told: unknown[] = [];
      const lost = (stands: unknown) => void told.push(stands);
      assert.equal(await ledger.write({ ...seen.value, revision: 2 }, seen.etag, lost), undefined);
      assert.equal(await ledger.plan(feed, progress, undefined, [entry(window(1))], lost), undefined);
      const stand = [await ledger.read(window(0)), await ledger.progress(feed)];
      for (const each of told)
        assert.ok(
          stand.some((one) => isDeepStrictEqual(one, each)),
          JSON.stringify(each),
        );
      const now = await must(ledger.read(window(0)));
      told.length = 0;
      await must(ledger.write({ ...now.value, revision: 3 }, now.etag, lost));
      assert.deepEqual(told, []);
    });

    test('write: only over what has not changed', async () => {
      const { ledger, reopen } = await opened();
      const other = reopen();
      assert.equal(
        await ledger.write(entry(window(0)), 'W/"datetime\'2020-01-01T00%3A00%3A00.0000000Z\'"'),
        undefined,
        'not there',
      );
      const one = await must(ledger.write(entry(window(0)), undefined));
      assert.equal(await other.write(entry(window(0), { revision: 1 }), undefined), undefined, 'it exists');
      const two = await must(other.write(entry(window(0), { revision: 1, state: 'done' }), one));
      assert.notEqual(two, one);
      for (const state of ['done', 'running'] as const)
        assert.equal(await ledger.write(entry(window(0), { state }), one), undefined);
      assert.deepEqual(await ledger.read(window(0)), {
        value: entry(window(0), { revision: 1, state: 'done' }),
        etag: two,
      });
      const three = await must(ledger.write(entry(window(0), { revision: 2, state: 'done' }), two));
      assert.ok(
        await ledger.write(entry(window(0), { revision: 3, state: 'running' }), three),
        'closed, and opened again',
      );
      assert.deepEqual(await all(ledger.open(feed)), [entry(window(0), { revision: 3, state: 'running' })]);
    });

    test('of writes at once, exactly one wins', async () => {
      const { reopen } = await opened();
      const instances = Array.from({ length: 4 }, reopen);
      let etag: string | undefined;
      for (let round = 0; round < 4; round += 1) {
        const state: WindowState = round % 2 === 0 ? 'running' : 'done';
        const tags = await Promise.all(
          instances.map((ledger, n) => ledger.write(entry(window(0), { revision: n, state }), etag)),
        );
        assert.equal(tags.filter((tag) => tag !== undefined).length, 1, `round ${round}`);
        const winner = tags.findIndex((tag) => tag !== undefined);
        etag = tags[winner];
        assert.deepEqual(await instances[0]?.read(window(0)), {
          value: entry(window(0), { revision: winner, state }),
          etag,
        });
        assert.equal((await all(reopen().open(feed))).length, round % 2 === 0 ? 1 : 0);
      }
    });

    test('list: ranges, by start; halves of a window side by side', async () => {
      const { ledger } = await opened();
      const half = { ...window(2), end: window(2).start + HOUR / 2 };
      const odd = { ...window(2), start: half.end, end: half.end + 1500 };
      const windows = [window(0), window(1), half, odd, window(30), window(9000)];
      for (const each of windows.toReversed()) await ledger.write(entry(each), undefined);
      assert.deepEqual(
        (await all(ledger.list(feed))).map((each) => each.window),
        windows,
      );
      assert.deepEqual(
        (await all(ledger.open(feed))).map((each) => each.window),
        windows,
      );
      const ranges = [
        {},
        { start: window(1).start },
        { end: window(1).start },
        { start: half.start, end: odd.start },
        { start: odd.start + 1, end: odd.end },
        { start: 0, end: first * 2 },
      ];
      for (const range of ranges) {
        const expected = windows.filter(({ start }) => start >= (range.start ?? 0) && start < (range.end ?? Infinity));
        assert.deepEqual(
          (await all(ledger.list(feed, range))).map((each) => each.window),
          expected,
          JSON.stringify(range),
        );
      }
    });

    test('halve: the entry and its halves in one step, or nothing', async () => {
      const { ledger, reopen } = await opened();
      const [parent, next] = [entry(window(0), { state: 'running', revision: 3 }), entry(window(1))];
      const middle = first + HOUR / 2;
      const halves = [
        entry({ ...window(0), end: middle }, { hintedAt: first }),
        entry({ ...window(0), start: middle }, { hintedAt: first }),
      ];
      const halved = entry(window(0), {
        state: 'halved',
        revision: 3,
        files: full(window(0)).files,
        error: 'halved at …',
      });
      const etag = await must(ledger.write(parent, undefined));
      await ledger.write(next, undefined);

      const stale = await must(ledger.write(parent, etag));
      assert.equal(await reopen().halve(halved, etag, halves), undefined, 'changed since');
      const odd = entry({ ...window(0), start: middle, end: middle + 1 });
      await ledger.write(odd, undefined);
      assert.equal(await reopen().halve(halved, stale, [halves[0] ?? odd, odd]), undefined, 'one of them exists');
      assert.deepEqual(await all(reopen().list(feed)), [parent, odd, next].toSorted(byStart));
      assert.deepEqual(await all(reopen().open(feed)), [parent, odd, next].toSorted(byStart));

      const tag = await must(reopen().halve(halved, stale, halves));
      assert.deepEqual(await reopen().read(window(0)), { value: halved, etag: tag });
      assert.deepEqual(await all(ledger.list(feed)), [halves[0], halved, odd, halves[1], next], 'the shortest first');
      // The halved one has an empty file yet.
      assert.deepEqual(await all(reopen().open(feed)), [halves[0], halved, odd, halves[1], next]);
      assert.equal(await ledger.halve(halved, stale, halves), undefined, 'twice');
      for (const half of halves) {
        const seen = await must(ledger.read(half.window));
        assert.ok(await reopen().write({ ...half, state: 'done' }, seen.etag));
      }
      assert.ok(await ledger.write({ ...halved, files: [] }, tag));
      assert.deepEqual(await all(reopen().open(feed)), [odd, next]);
    });

    test('halve: of several at once, and of a write, one wins', async () => {
      const { reopen } = await opened();
      const middle = first + HOUR / 2;
      const halves = [entry({ ...window(0), end: middle }), entry({ ...window(0), start: middle })];
      const etag = await must(reopen().write(entry(window(0), { state: 'running' }), undefined));
      const overtaking = reopen().write(entry(window(0), { state: 'running', revision: 1 }), etag);
      const halving = [1, 2, 3].map(() => reopen().halve(entry(window(0), { state: 'halved' }), etag, halves));
      const won = await Promise.all([overtaking, ...halving]);
      assert.equal(won.filter((tag) => tag !== undefined).length, 1);
      const states = (await all(reopen().list(feed))).map(({ state }) => state);
      assert.deepEqual(states, won[0] === undefined ? ['due', 'halved', 'due'] : ['running']);
    });

    test('plan: entries and progress in one step, or nothing', async () => {
      const { ledger, reopen } = await opened();
      const forty = Array.from({ length: 40 }, (_, n) => entry(window(n), { hintedAt: first }));
      assert.ok(await ledger.plan(feed, { horizon: window(39).end, watermark: first }, undefined, forty));
      const seen = await must(reopen().progress(feed));
      assert.deepEqual(seen.value, { horizon: window(39).end, watermark: first });
      assert.deepEqual(await all(reopen().list(feed)), forty);
      assert.deepEqual(await all(reopen().open(feed)), forty);

      const more = [entry(window(40)), entry(window(41), { state: 'done' })];
      const next = { horizon: window(41).end, watermark: first + HOUR };
      for (const etag of [undefined, 'W/"datetime\'2020-01-01T00%3A00%3A00.0000000Z\'"'])
        assert.equal(await ledger.plan(feed, next, etag, more), undefined);
      assert.equal(
        await ledger.plan(feed, next, seen.etag, [entry(window(42)), entry(window(5))]),
        undefined,
        'one of them exists',
      );
      assert.deepEqual(await reopen().progress(feed), seen);
      assert.equal(await ledger.read(window(42)), undefined);
      const tags = await ledger.plan(feed, next, seen.etag, more);
      assert.equal(tags?.progress, (await ledger.progress(feed))?.etag);
      for (const [n, tag] of tags?.entries.entries() ?? [])
        assert.ok(tag === undefined || tag === (await ledger.read(window(40 + n)))?.etag);
      assert.equal((await all(ledger.list(feed))).length, 42);
      assert.equal((await all(ledger.open(feed))).length, 41);

      const last = await must(ledger.progress(feed));
      assert.ok(await ledger.plan(feed, { ...next, watermark: next.horizon }, last.etag, []), 'the watermark alone');
      assert.deepEqual((await must(ledger.progress(feed))).value, { ...next, watermark: next.horizon });

      for (const value of [{ ...next, regaining: true }, next]) {
        assert.ok(await ledger.plan(feed, value, (await must(ledger.progress(feed))).etag, []));
        assert.deepEqual((await must(reopen().progress(feed))).value, value, 'a mark that goes');
      }
    });

    test('plan: of several at once, one wins and only its windows are there', async () => {
      const { reopen } = await opened();
      const instances = Array.from({ length: 4 }, reopen);
      let horizon = first;
      for (let round = 0; round < 3; round += 1) {
        const etag = (await instances[0]?.progress(feed))?.etag;
        const plans = instances.map((_, n) =>
          [0, 1, 2].map((k) =>
            entry({ ...feed, start: horizon + k * (n + 1) * 1000, end: horizon + (k + 1) * (n + 1) * 1000 }),
          ),
        );
        const progress = plans.map((entries) => ({ horizon: entries.at(-1)?.window.end ?? 0, watermark: first }));
        const won = await Promise.all(
          instances.map((ledger, n) => ledger.plan(feed, progress[n] ?? assert.fail(), etag, plans[n] ?? [])),
        );
        assert.equal(won.filter(Boolean).length, 1);
        const winner = won.findIndex(Boolean);
        assert.deepEqual(await all(reopen().list(feed, { start: horizon })), plans[winner]);
        assert.deepEqual((await reopen().progress(feed))?.value, progress[winner]);
        horizon = progress[winner]?.horizon ?? 0;
      }
    });

    test('an export folder keeps the first name that it was given, whoever asks', async () => {
      const { ledger, reopen } = await opened();
      const folder = `diagnostics resourceid=/subscriptions/ü/${'x'.repeat(900)}`;
      assert.equal(await ledger.appKnown(folder), undefined);
      const given = await Promise.all(['shop', 'till'].map((app) => reopen().appNamed(folder, app)));
      assert.equal(given[0], given[1]);
      assert.equal(await ledger.appNamed(folder, 'desk'), given[0]);
      assert.equal(await reopen().appKnown(folder), given[0]);
      assert.equal(await ledger.appNamed('continuous other', 'desk'), 'desk');
    });

    test('feeds are kept apart, whatever they are called, and can be listed', async () => {
      const { ledger, reopen } = await opened();
      const apps = [
        'shop',
        'Shop',
        'a/b',
        'a|b',
        'a',
        "o'neil",
        'ü 日本 🚀',
        'x%2Fy',
        'x~002fy',
        '100%',
        '.',
        '..',
        'con',
      ];
      const feeds = apps.map(
        (app, n): Feed => ({
          app,
          signal: (['requests', 'traces'] as Signal[])[n % 2] ?? 'traces',
          source: n % 3 === 0 ? 'query' : 'file-1',
        }),
      );
      await Promise.all(
        feeds.map((of, n) =>
          n % 2 === 0
            ? ledger.write(entry(window(n, of)), undefined)
            : ledger.plan(of, { horizon: n, watermark: 1 }, undefined, []),
        ),
      );
      for (const [n, of] of feeds.entries()) {
        assert.deepEqual(
          (await all(reopen().list(of))).map((each) => each.window),
          n % 2 === 0 ? [window(n, of)] : [],
          of.app,
        );
        assert.deepEqual(
          (await ledger.progress(of))?.value,
          n % 2 === 0 ? undefined : { horizon: n, watermark: 1 },
          of.app,
        );
      }
      assert.deepEqual((await all(reopen().feeds())).sort(byApp), feeds.sort(byApp));
    });

    test(`an entry can name ${files} files, and fewer again`, async () => {
      const { ledger } = await opened();
      const list = Array.from({ length: files }, (_, n): FileRecord => {
        const name = `query_20261121T0300Z_20261121T0400Z_${n}.parquet`;
        const path = `requests/app=shop/date=2026-11-21/hour=${n % 24}/${name}`;
        return { path, signal: 'requests', rows: n, bytes: n * 1000 };
      });
      let etag = await must(ledger.write(entry(window(0), { files: list }), undefined));
      assert.deepEqual((await ledger.read(window(0)))?.value.files, list);
      assert.deepEqual((await all(ledger.open(feed)))[0]?.files, list);
      for (const some of [list.slice(0, 3), [], list]) {
        etag = await must(ledger.write(entry(window(0), { files: some, state: 'done' }), etag));
        assert.deepEqual((await ledger.read(window(0)))?.value.files, some);
      }
    });

    test('open lists exactly what is open, after any sequence of calls', async () => {
      const states: WindowState[] = ['due', 'running', 'done', 'done', 'failed', 'halved'];
      const call = fc.record({
        at: fc.nat({ max: 4 }),
        state: fc.constantFrom(...states),
        again: fc.boolean(),
        stale: fc.boolean(),
        plan: fc.boolean(),
        by: fc.nat({ max: 1 }),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(call, { minLength: 4, maxLength: 14 }), async (calls) => {
          const { reopen } = await opened();
          const instances = [reopen(), reopen()];
          const expected = new Map<number, { value: LedgerEntry; etag: string; before: string | undefined }>();
          for (const [n, { at, state, again, stale, plan, by }] of calls.entries()) {
            const ledger = instances[by] ?? assert.fail();
            const value = entry(window(at), { state, again, revision: n });
            const known = expected.get(at);
            if (plan) {
              const planned = await ledger.plan(
                feed,
                { horizon: n + 1, watermark: 0 },
                (await ledger.progress(feed))?.etag,
                [value],
              );
              assert.equal(planned !== undefined, known === undefined);
              if (planned)
                expected.set(at, { value, etag: (await must(ledger.read(window(at)))).etag, before: undefined });
            } else {
              const etag = await ledger.write(value, stale ? known?.before : known?.etag);
              assert.equal(etag !== undefined, !stale || known === undefined);
              if (etag !== undefined) expected.set(at, { value, etag, before: known?.etag });
            }
          }
          const entries = [...expected.values()].map(({ value }) => value).sort(byStart);
          for (const ledger of [...instances, reopen()]) {
            assert.deepEqual(await all(ledger.list(feed)), entries);
            assert.deepEqual(await all(ledger.open(feed)), entries.filter(isOpen));
          }
        }),
        { numRuns: runs },
      );
    });

    test('open lists exactly what is open, after several processes opened and closed at once', async () => {
      const { reopen } = await opened();
      await reopen().write(entry(window(0)), undefined);
      const flip = async (ledger: Ledger, times: number, seed: number) => {
        for (let n = 0; n < times; n += 1) {
          const seen = await must(ledger.read(window(0)));
          const state: WindowState = (n * 7 + seed) % 3 === 0 ? 'running' : 'done';
          await ledger.write({ ...seen.value, state, revision: seen.value.revision + 1 }, seen.etag);
        }
      };
      for (let round = 0; round < 5; round += 1) {
        await Promise.all([0, 1, 2].map((seed) => flip(reopen(), 4 + round, seed)));
        const { value } = await must(reopen().read(window(0)));
        assert.deepEqual(await all(reopen().open(feed)), isOpen(value) ? [value] : []);
      }
    });
  });
}
