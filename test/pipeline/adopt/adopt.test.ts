import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { identityOf } from '../../../shared/lake/path-identity.ts';
import { defaultPathTemplate } from '../../../shared/lake/path-template.ts';
import { filePath } from '../../../shared/lake/paths.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { Feed, FileRecord, LedgerPlace, Window } from '../../../shared/model.ts';
import { type AdoptPorts, adoptLake } from '../../../shared/pipeline/adopt/adopt.ts';
import { weigh } from '../../../shared/pipeline/adopt/weigh.ts';
import { finishedEntry, halvedEntry, plannedEntry } from '../../../shared/pipeline/entry.ts';
import { meetLake } from '../../../shared/pipeline/lake/meet.ts';
import { planFeed } from '../../../shared/pipeline/plan.ts';
import { isRequeued } from '../../../shared/pipeline/verdict.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { lakeLook } from '../../../shared/wire/stories.ts';
import { openedLedger } from '../opened.ts';
import { gated, manualClock } from '../world.ts';
import { foundInMemory } from './found.ts';

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.UTC(2026, 0, 5);
const feed: Feed = { app: 'shop', signal: 'requests', source: 'query' };
const at = (from: number, to: number, of = feed): Window => ({
  ...of,
  start: start + from * hour,
  end: start + to * hour,
});
const pathOf = (window: Window, partition = window.start): string =>
  filePath(defaultPathTemplate('hour'), {
    window,
    signal: window.signal,
    partition,
    part: 1,
    format: 'ndjson',
    gzip: false,
  });
const fileOf = (window: Window, rows: number, partition = window.start): FileRecord => ({
  ...{ path: pathOf(window, partition), signal: window.signal, rows, bytes: rows * 2 },
});
const foundOf = (window: Window, rows = 5) => ({ window, revision: 2, files: [fileOf(window, rows)] });
const doneOf = (window: Window, rows = 5) => ({
  ...finishedEntry(plannedEntry(window), 1, {
    ...{ fingerprint: `rows:${rows}`, asked: 1, files: [fileOf(window, rows)] },
    counts: { read: rows, written: rows, deduplicated: 0, quarantined: 0 },
  }),
  revision: 2,
});

describe('what files tell, beside what the ledger has', () => {
  test('an empty ledger: entries that are done, and gaps of at most a day where the feed is planned', () => {
    const found = [at(0, 1), at(1, 2), at(60, 61)].map((window) => foundOf(window));
    const { put, change, gaps } = weigh(feed, [], found, { now: 7 }, { from: start - 3 * hour });
    assert.deepEqual(
      put.map(({ window, state }) => [(window.start - start) / hour, (window.end - start) / hour, state]),
      [
        [-3, 0, 'due'],
        [0, 1, 'done'],
        [1, 2, 'done'],
        [2, 24, 'due'],
        [24, 48, 'due'],
        [48, 60, 'due'],
        [60, 61, 'done'],
      ],
    );
    assert.deepEqual([change, gaps.length], [[], 2]);
    const [, one] = put;
    assert.deepEqual([one?.fingerprint, one?.revision, one?.counts.written, one?.startedAt], ['rows:5', 2, 5, 0]);
    assert.equal(weigh(feed, [], found, { now: 7 }).put.length, 3, 'of a feed that nobody plans nothing is due');
    const blobs = { ...feed, source: 'diagnostics' };
    assert.equal(weigh(blobs, [], [foundOf(at(0, 1, blobs))], { now: 7 }).put[0]?.fingerprint, 'adopted:5');
  });

  test('a window that both have alike stays; another, or one whose file is gone, runs again with all files', () => {
    const stray = fileOf(at(1, 2), 4, start + 9 * hour);
    const found = [foundOf(at(0, 1)), { ...foundOf(at(1, 2)), files: [fileOf(at(1, 2), 5), stray] }];
    const { put, change, same, lost } = weigh(feed, [doneOf(at(0, 1)), doneOf(at(1, 2)), doneOf(at(2, 3))], found, {
      now: 7,
    });
    assert.deepEqual([put, same, lost], [[], 1, 1]);
    assert.deepEqual(
      change.map(({ window, add, gone, again }) => [window.start, add, gone.length, again]),
      [
        [at(1, 2).start, [stray], 0, true],
        [at(2, 3).start, [], 1, true],
      ],
    );
  });

  test('files of a later revision than the ledger has, of the very same lengths: their window runs again', () => {
    const older = { ...doneOf(at(0, 1)), revision: 1 };
    const { change, same } = weigh(feed, [older], [{ ...foundOf(at(0, 1)), revision: 2 }], { now: 7 });
    assert.deepEqual(
      [same, change.map(({ add, gone, revision, again }) => [add, gone, revision, again])],
      [0, [[[], [], 2, true]]],
    );
  });

  test('two grids: the longest stands and learns the files of the others; what sticks out is read', () => {
    const found = [foundOf(at(0, 24)), foundOf(at(3, 4)), foundOf(at(23, 26))];
    const { put, twice } = weigh(feed, [], found, { now: 7 });
    assert.deepEqual(
      twice.map((window) => (window.start - start) / hour),
      [23, 3],
    );
    const [whole, rest] = put;
    assert.deepEqual(
      put.map(({ window, state }) => [(window.start - start) / hour, (window.end - start) / hour, state]),
      [
        [0, 24, 'done'],
        [24, 26, 'due'],
      ],
    );
    assert.equal(whole?.again && isRequeued(whole.fingerprint), true);
    assert.deepEqual(
      whole?.files.map(({ path, rows }) => [path, rows]),
      [
        [pathOf(at(0, 24)), 5],
        [pathOf(at(23, 26)), 0],
        [pathOf(at(3, 4)), 0],
      ],
    );
    assert.deepEqual(rest?.files, []);
  });

  test('the empty files of a halved window are no second grid', () => {
    const emptied = { ...fileOf(at(0, 2), 0), bytes: 9 };
    const parent = halvedEntry({ ...plannedEntry(at(0, 2)), revision: 3 }, [emptied], 'too heavy');
    const found = [{ window: at(0, 2), revision: 0, files: [emptied] }, foundOf(at(0, 1)), foundOf(at(1, 2))];
    const known = weigh(feed, [parent, doneOf(at(0, 1)), doneOf(at(1, 2))], found, { now: 7 });
    assert.deepEqual([known.put, known.change, known.twice], [[], [], []]);
    const lost = weigh(feed, [], found, { now: 7 });
    assert.deepEqual(
      lost.put.map(({ window, again }) => [(window.start - start) / hour, again]),
      [
        [0, false],
        [1, false],
      ],
    );
    assert.deepEqual(lost.twice, []);
  });

  test('a year of hours, and another grid over it, in a moment', () => {
    const hours = Array.from({ length: 8760 }, (_, n) => foundOf(at(n, n + 1)));
    const days = Array.from({ length: 365 }, (_, n) => foundOf(at(24 * n, 24 * n + 24)));
    const { put, twice } = weigh(feed, [], [...hours, ...days], { now: 7 });
    assert.deepEqual([put.length, twice.length], [365, 8760]);
  });
});

const here: LedgerPlace = { kind: 'table', url: 'https://one.table.core.windows.net', table: 'ledger', part: 'a1' };

async function lakeOf(windows: readonly Window[]) {
  const lake = createMemoryStore();
  for (const window of windows) await lake.put(pathOf(window), Buffer.from('x\n'.repeat(5)), undefined);
  const clock = manualClock();
  clock.advance(start + 3 * day - clock.now());
  let ids = 0;
  const ports = (ledger = createMemoryLedger()): AdoptPorts => ({
    ...{ lake, ledger, here, clock, now: clock.now, newId: () => `id-${++ids}`, product: '1', tell: () => {} },
    planned: [{ feed, from: start }],
    story: async ({ name, bytes }) => {
      const named = identityOf(name, []);
      return named && { ...named, file: { path: name, signal: named.signal, rows: bytes / 2, bytes } };
    },
    ...foundInMemory,
  });
  return { lake, clock, ports };
}

test('horizon and watermark follow: the planner goes on where the files end, and reads what is missing', async () => {
  const { clock, ports } = await lakeOf([at(0, 1), at(1, 2), at(2, 3), at(5, 6)]);
  const with_ = ports();
  await assert.rejects(meetLake(with_), /insights-lake adopt/);
  const dry = await adoptLake(false, with_);
  assert.deepEqual([dry.files, dry.feeds[0]?.changed, dry.written], [4, 5, false]);
  await assert.rejects(meetLake(with_), /insights-lake adopt/, 'nothing was changed');
  await adoptLake(true, with_);
  await meetLake(with_);
  const sent: Window[] = [];
  const hints = { prepare: async () => {}, send: async (window: Window) => void sent.push(window) };
  const tiling = { size: 6 * hour, lag: 0, until: undefined };
  const plan = await planFeed(feed, tiling, start, { ...with_, hints, patience: 1, limit: 100 });
  assert.equal(plan.watermark, start + 3 * hour, 'as far as there is no gap');
  assert.deepEqual(
    sent
      .map((window) => [(window.start - start) / hour, (window.end - start) / hour])
      .toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0))
      .slice(0, 3),
    [
      [3, 5],
      [6, 12],
      [12, 18],
    ],
  );
  assert.equal(plan.horizon, clock.now());
});

test('whose window runs again is said before, so that a planner looks there', async () => {
  const { ports } = await lakeOf([at(0, 1), at(1, 2)]);
  const memory = createMemoryLedger();
  for (const [window, rows] of [[at(0, 1), 4] as const, [at(1, 2), 5] as const])
    await memory.write(doneOf(window, rows), undefined);
  const { ledger, opened } = openedLedger(memory);
  const { feeds } = await adoptLake(true, ports(ledger));
  assert.deepEqual([feeds[0]?.again, opened], [1, { said: 1, unsaid: 0 }]);
});

test('killed at any call, adopt goes on, and until it is done nothing runs', async () => {
  const windows = [at(0, 1), at(1, 2), at(4, 5), at(0, 12), at(30, 31)];
  const wanted = await (async () => {
    const { ports } = await lakeOf(windows);
    const whole = ports();
    await adoptLake(true, whole);
    return Array.fromAsync(whole.ledger.list(feed));
  })();
  for (let calls = 0; ; calls++) {
    const { lake, ports } = await lakeOf(windows);
    const whole = ports();
    let left = calls;
    const gate = async () => {
      if (left-- === 0) throw new Error('killed');
    };
    const [ledger, store] = [gated(whole.ledger, gate), gated(lake, gate)];
    const { putMark, plan, write } = ledger;
    const dying = { ...whole, ledger: { ...whole.ledger, putMark, plan, write }, lake: { ...lake, put: store.put } };
    const died = await adoptLake(true, dying).then(
      () => false,
      () => true,
    );
    if (died) {
      const met = await meetLake(whole).then(
        () => true,
        () => false,
      );
      if (!met) await adoptLake(true, whole);
    }
    await meetLake(whole);
    const strip = (all: typeof wanted) =>
      all.map(({ window, state, again, files }) => ({ window, state, again, files }));
    assert.deepEqual(strip(await Array.fromAsync(whole.ledger.list(feed))), strip(wanted), `killed at call ${calls}`);
    if (!died) break;
  }
});

test('the app that had the lake is refused from then on; so is a copy of its ledger', async () => {
  const { lake, ports } = await lakeOf([]);
  const first = { ...ports(), here: { ...here, part: 'first' } };
  await meetLake(first);
  await lake.put(pathOf(at(0, 1)), Buffer.from('x\n'), undefined);
  const second = ports();
  await assert.rejects(meetLake(second), /belongs to the ledger in/);
  await adoptLake(true, second);
  await meetLake(second);
  await assert.rejects(meetLake(first), /belongs to the ledger in/);
});

test('a ledger that lost its last windows and its horizon: what the lake has enters it before anything is planned', async () => {
  const { lake, clock, ports } = await lakeOf([at(0, 1), at(1, 2), at(2, 3)]);
  const with_ = ports();
  await with_.ledger.write(doneOf(at(0, 1)), undefined);
  const hints = { prepare: async () => {}, send: async () => {} };
  const tiling = { size: 24 * hour, lag: 0, until: undefined };
  const lost = lakeLook({ lake, clock }, [], '_quarantine', { ready: async () => {} });
  const ask = { ledger: with_.ledger, clock, hints, patience: 1, limit: 100, lost };
  const { refound, watermark } = await planFeed(feed, tiling, start, ask);
  assert.deepEqual([refound, watermark], [true, start + 3 * hour]);
  const entries = await Array.fromAsync(with_.ledger.list(feed));
  assert.deepEqual(
    entries.slice(0, 3).map(({ window, state }) => [window.start, state]),
    [0, 1, 2].map((from) => [start + from * hour, 'done']),
  );
  assert.deepEqual([await lost.hasFeed(feed), await lost.hasFeed({ ...feed, app: 'till' })], [true, false]);
});
