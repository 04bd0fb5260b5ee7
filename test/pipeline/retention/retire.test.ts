import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LedgerEntry, ObjectStore, Sightings, Signal } from '../../../shared/model.ts';
import { adoptLake } from '../../../shared/pipeline/adopt/adopt.ts';
import { arriveHeld, arriveInWindow } from '../../../shared/pipeline/arrive.ts';
import { askFor } from '../../../shared/pipeline/ask/ask.ts';
import { requeueWindows } from '../../../shared/pipeline/ask/requeue.ts';
import { rerunWindows } from '../../../shared/pipeline/ask/rerun.ts';
import { auditLake } from '../../../shared/pipeline/audit/audit-lake.ts';
import { auditFiles } from '../../../shared/pipeline/audit/lake-slice.ts';
import { settleFeed } from '../../../shared/pipeline/audit/settled.ts';
import { backfillChoice } from '../../../shared/pipeline/backfill/choice.ts';
import { askedAgain, plannedEntry } from '../../../shared/pipeline/entry.ts';
import { writeTableOf } from '../../../shared/pipeline/ledger-table/write.ts';
import { gapFreeEnd } from '../../../shared/pipeline/progress.ts';
import { isOverdue, keptFrom } from '../../../shared/pipeline/retention/due.ts';
import { retireWindows } from '../../../shared/pipeline/retention/retire.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { createRecall } from '../../../shared/pipeline/running/recall.ts';
import { sweepBlobs } from '../../../shared/pipeline/sweep/sweep.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { tallyOf } from '../../../shared/status/day-tally.ts';
import { foundInMemory } from '../adopt/found.ts';
import { tableInMemory } from '../adopt/table-in-memory.ts';
import { day, dayWindow, keptWorld, thirtyDays, today } from './kept-world.ts';

const all = { start: 0, end: 1000 * day, app: '', signals: [] as readonly Signal[] };
const daysIn = (names: readonly string[]): number[] =>
  names.map((name) => Date.parse(/date=([\d-]+)/.exec(name)?.[1] ?? '') / day).sort((a, b) => a - b);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

for (const table of [false, true])
  describe(table ? 'retention of Delta tables' : 'retention of plain files', () => {
    test('the dry run says what is older, and changes nothing', async () => {
      const world = keptWorld(table);
      await thirtyDays(world);
      const before = await world.files();
      const [found, ...more] = await world.retire();
      assert.deepEqual(more, []);
      assert.equal(found?.keptFrom, 20 * day);
      assert.deepEqual(
        [found?.windows, found?.rows, found?.files, found?.start, found?.end, found?.removed],
        [20, 20, 20, 0, 20 * day, 0],
      );
      assert.deepEqual(await world.files(), before);
      assert.ok(Object.values(await world.states()).every((state) => state === 'done'));
      assert.deepEqual(await Array.fromAsync(world.memory.list('_insights-lake/')), []);
    });

    test('what is older goes, nothing younger, nothing of others; the second time nothing is left', async () => {
      const world = keptWorld(table);
      await thirtyDays(world);
      const strangers = ['requests/app=shop/date=1970-01-03/mine.parquet', 'notes/old.parquet'];
      for (const name of strangers) await world.memory.put(name, Buffer.from('mine'), undefined);
      const [found] = await world.retire({ remove: true });
      assert.deepEqual([found?.windows, found?.stuck, found?.foreign], [20, 0, 0]);
      if (table) assert.deepEqual(daysIn(await world.live()), range(20, 30));
      if (table) assert.deepEqual([found?.removed, found?.waiting], [0, 20]);
      world.clock.advance(8 * day);
      // The rule goes on as well: another eight days.
      const later = await world.retire({ remove: true });
      assert.equal(later[0]?.windows, 8);
      world.clock.advance(8 * day);
      const kept = keptFrom('requests', { requests: 10 * day }, world.clock.now()) ?? 0;
      await world.retire({ remove: true });
      const own = (await world.files()).filter((name) => !strangers.includes(name) && !name.includes('_delta_log'));
      const live = table ? await world.live() : own;
      assert.deepEqual(
        daysIn(live).filter((n) => n * day < kept),
        [],
      );
      for (const name of strangers) assert.ok(await world.memory.head(name), name);
      if (!table) assert.deepEqual(await world.retire({ remove: true, all: true }), []);
    });

    test('what could not be retired is not said to be', async () => {
      const world = keptWorld(table);
      await thirtyDays(world);
      world.fate.changes = 5;
      const [found] = await world.retire({ remove: true });
      const retired = Object.values(await world.states()).filter((state) => state === 'retired').length;
      assert.match(found?.error ?? '', /killed|dead/);
      assert.ok(retired > 0 && retired < 20, String(retired));
      assert.deepEqual([found?.windows, found?.rows], [retired, retired]);
    });

    test('nothing brings a retired window back', async () => {
      const world = keptWorld(table);
      await thirtyDays(world);
      await world.retire({ remove: true });
      world.clock.advance(8 * day);
      await world.retire({ remove: true });
      const { ledger, lake, clock } = world;
      const old = dayWindow(3);
      const sent: unknown[] = [];
      const hints = { prepare: async () => {}, send: async (one: unknown) => void sent.push(one) };
      assert.equal(await askFor(old, { ledger, clock, refresh: 0 }), 'skipped');
      const rerun = await rerunWindows({ ...all, end: 20 * day, faulty: false, begin: true }, { ledger, clock });
      assert.deepEqual([rerun.chosen, rerun.retired], [0, 20]);
      assert.equal((await requeueWindows({ ...all, end: 20 * day }, { ledger, clock, hints })).failed, 0);
      const found = await auditLake({ ...all, end: 20 * day, repair: true }, { ledger, lake, clock, hints });
      assert.deepEqual([found.feeds[0]?.wrong, found.feeds[0]?.repaired, found.feeds[0]?.retired], [[], 0, 20]);
      assert.deepEqual(found.feeds[0]?.gaps, []);
      const seen = await ledger.read(old);
      assert.ok(seen);
      assert.equal(backfillChoice(seen.value, 'b', 'all'), 'leave');
      assert.equal(askedAgain(seen.value, 0), seen.value);
      const ran = await runWindow(old, world.ports({ requests: 'back' }));
      assert.deepEqual(
        [ran.state, ran.counts.written, ran.files],
        ['unchanged', 0, []],
        'nothing of it is in the lake',
      );
      assert.deepEqual(await Array.fromAsync(ledger.open(old)), []);
      assert.deepEqual(sent, []);
      const live = table ? await world.live() : await world.files();
      assert.deepEqual(daysIn(live), range(28, 30));
    });

    test('a feed that cannot be looked at stops no other, and is tried again', async () => {
      const world = keptWorld(table, { requests: 10 * day, traces: 10 * day });
      await thirtyDays(world);
      for (let n = 0; n < today; n += 1) await world.bring(dayWindow(n, 'traces'));
      const { ledger, lake, clock } = world;
      const tables = world.ports({}).tables;
      const broken: typeof ledger = {
        ...ledger,
        async *list(feed, ...range) {
          if (feed.signal === 'requests') throw new Error('the table is away');
          yield* ledger.list(feed, ...range);
        },
      };
      const rules = { requests: 10 * day, traces: 10 * day };
      const ports = { ledger: broken, lake, clock, rules, ...(tables && { tables }) };
      const request = { app: '', signals: [], remove: true, all: false };
      const found = (await retireWindows(request, ports)).toSorted((one, other) =>
        one.feed.signal < other.feed.signal ? -1 : 1,
      );
      assert.deepEqual(
        found.map(({ feed, windows, error }) => [feed.signal, windows, error]),
        [
          ['requests', 0, 'shop requests: the table is away'],
          ['traces', 20, ''],
        ],
      );
      const files = await auditFiles(true, { ...ports, limit: 240 });
      assert.deepEqual(files.map(({ feed, windows, error }) => [feed.signal, windows, error]).sort(), [
        ['requests', 0, 'shop requests: the table is away'],
        ['traces', 10, ''],
      ]);
      assert.equal((await retireWindows(request, { ...ports, ledger }))[0]?.windows, 20, 'the next night');
    });

    for (const after of [false, true])
      test(`killed ${after ? 'after' : 'before'} any change it goes on, and no kept file goes`, async () => {
        for (let changes = 0; ; changes += 1) {
          const world = keptWorld(table, { requests: 27 * day });
          await thirtyDays(world);
          Object.assign(world.fate, { changes, after });
          const ended = (await world.retire({ remove: true })).every(({ error }) => error === '');
          world.fate.changes = Number.POSITIVE_INFINITY;
          const there = new Set(await world.files());
          for await (const { window, state, files } of world.ledger.list(dayWindow(0)))
            for (const { path, rows } of files)
              if (state === 'done' && rows > 0) assert.ok(there.has(path), `${changes}: day ${window.start / day}`);
          await world.retire({ remove: true });
          assert.deepEqual(Object.values(await world.states()).slice(0, 3), ['retired', 'retired', 'retired']);
          const live = table ? await world.live() : await world.files();
          assert.deepEqual(daysIn(live), range(3, 30), `${changes}`);
          if (table) {
            // What readers of older versions may still need goes a week later.
            world.clock.advance(7 * day);
            await world.retire({ remove: true });
            const gone = await Promise.all(range(0, 3).map((n) => world.ledger.read(dayWindow(n))));
            assert.ok(gone.every((seen) => seen?.value.files.length === 0));
          }
          if (ended) break;
          assert.ok(changes < 60);
        }
      });

    test('a run that stalled before the window was retired brings nothing that stays', async () => {
      const world = keptWorld(table);
      await thirtyDays(world);
      const old = dayWindow(2);
      const seen = await world.ledger.read(old);
      assert.ok(seen);
      await world.ledger.write({ ...seen.value, state: 'failed' }, seen.etag);
      // It stalls in its source, and its lease runs out.
      const [stalled, wait] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const ports = world.ports({ requests: 'stalled' });
      const running = runWindow(old, {
        ...ports,
        source: {
          open: async (...args) => {
            stalled.resolve();
            await wait.promise;
            return ports.source.open(...args);
          },
        },
        clock: { ...ports.clock, sleep: () => new Promise(() => {}) },
      });
      running.catch(() => {});
      await stalled.promise;
      world.clock.advance(3_600_000);
      await world.retire({ remove: true });
      assert.equal((await world.states())[2], 'retired');
      wait.resolve();
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, 50))]);
      world.clock.advance(9 * day);
      await world.retire({ remove: true });
      const live = table ? await world.live() : await world.files();
      assert.ok(!daysIn(live).includes(2), live.join('\n'));
    });
  });

test('a rule for each signal, rows of blobs up to two days after their window, and no rule: for ever', async () => {
  const world = keptWorld(false, { requests: 10 * day, traces: 5 * day });
  for (let n = 0; n < today; n += 1)
    for (const window of [
      dayWindow(n),
      dayWindow(n, 'traces'),
      dayWindow(n, 'exceptions'),
      dayWindow(n, 'requests', 'diagnostics'),
    ])
      await world.bring(window);
  const found = await world.retire();
  const told = found.map(({ feed, windows }) => `${feed.signal} ${feed.source} ${windows}`).sort();
  assert.deepEqual(told, ['requests diagnostics 18', 'requests query 20', 'traces query 25']);
});

test('what is held, asked for or young is not overdue; what failed or never ran is', () => {
  const entry = (more: Partial<LedgerEntry>): LedgerEntry => ({ ...plannedEntry(dayWindow(1)), ...more });
  const cases: readonly [Partial<LedgerEntry>, boolean][] = [
    [{ state: 'done' }, true],
    [{ state: 'unavailable' }, true],
    [{ state: 'failed' }, true],
    [{ state: 'due' }, true],
    [{ state: 'done', again: true }, false],
    [{ state: 'running', leaseUntil: 31 * day }, false],
    [{ state: 'running', leaseUntil: 29 * day }, true],
    [{ state: 'halved' }, false],
    [{ state: 'retired' }, false],
  ];
  for (const [more, is] of cases) assert.equal(isOverdue(entry(more), 20 * day, 30 * day), is, JSON.stringify(more));
  assert.ok(!isOverdue(entry({ state: 'done' }), 2 * day - 1, 30 * day));
});

test('settled files and tallies know retired windows', async () => {
  const world = keptWorld(false);
  await thirtyDays(world);
  await world.retire({ remove: true });
  const { ledger, lake } = world;
  const progress = { horizon: 30 * day, watermark: 30 * day };
  await ledger.plan(dayWindow(0), progress, undefined, []);
  const settled = await settleFeed(dayWindow(0), new Map(), 30 * day, { ledger, lake, recheck: 2 * day });
  assert.equal(settled?.through, 20 * day, 'young windows were never confirmed');
  const [first] = await Array.fromAsync(ledger.list(dayWindow(0)));
  assert.ok(first);
  const { sums, stretches, doneAt } = tallyOf(dayWindow(0), 0, [first]);
  assert.deepEqual([sums.windows.retired, sums.written, sums.files, sums.bytes, doneAt], [1, 0, 0, 0, 0]);
  assert.deepEqual(stretches, [{ start: 0, end: day, state: 'retired' }]);
});

/** Windows of that many days, as they were before any was retired; undefined: the ledger is lost. */
const ledgers = [
  ['found again', undefined],
  ['restored from before', 30],
  ['restored from long before', 15],
] as const;
for (const [table, [what, days]] of [true, false].flatMap((each) => ledgers.map((one) => [each, one] as const)))
  test(`a ledger ${what} from files${table ? ' and its table' : ' alone'} brings no retired window back`, async () => {
    const world = keptWorld(false);
    await thirtyDays(world);
    const ledger = createMemoryLedger();
    if (days !== undefined) {
      for await (const entry of world.ledger.list(dayWindow(0)))
        if (entry.window.start < days * day) await ledger.write(entry, undefined);
      await ledger.plan(dayWindow(0), { horizon: days * day, watermark: days * day }, undefined, []);
    }
    await world.retire({ remove: true });
    world.clock.advance(2 * day);
    await world.retire({ remove: true });
    const { clock } = world;
    const { rows, ports: inMemory } = tableInMemory;
    const put: ObjectStore['put'] = (name, content, etag) =>
      world.memory.put(name, content instanceof Uint8Array ? content : Buffer.from(content.files.join('')), etag);
    const lake = { ...world.lake, put };
    if (table)
      await writeTableOf(
        range(0, 30).map((n) => n * day),
        { ledger: world.ledger, lake, clock, young: 0, ...inMemory },
      );
    // Somebody has put a file of a retired window back, as a restored container would.
    const back = 'requests/app=shop/date=1970-01-04/query_19700104T0000Z_19700105T0000Z.parquet';
    await world.memory.put(back, Buffer.from('row'), undefined);
    let ids = 0;
    const report = await adoptLake(true, {
      ...{ lake, ledger, clock, now: clock.now, newId: () => `id-${++ids}`, product: '1', tell: () => {} },
      here: { kind: 'table', url: 'https://a.table.core.windows.net', table: 't', part: 'p' },
      story: async ({ name, bytes }) => {
        const at = Date.parse(/date=([\d-]+)/.exec(name)?.[1] ?? '');
        const file = { path: name, signal: 'requests' as const, rows: 1, bytes };
        return { window: dayWindow(at / day), revision: 1, file };
      },
      ...foundInMemory,
      rows: rows(lake),
      // The rule is gone, and the source still has the rows.
      planned: [{ feed: { app: 'shop', signal: 'requests', source: 'query' }, from: 0 }],
    });
    assert.equal(report.feeds[0]?.due, 0, 'nothing of it is read again');
    const states = new Map(
      await Array.fromAsync(ledger.list(dayWindow(0)), ({ window, state }) => [window.start / day, state] as const),
    );
    assert.equal(report.feeds[0]?.again, 0, 'nothing of it runs again');
    for (const n of range(0, 22))
      assert.equal(states.get(n), table || n >= 3 || days !== undefined ? 'retired' : undefined, `day ${n}`);
    assert.equal((await ledger.progress(dayWindow(0)))?.value.horizon, 30 * day, 'the planner goes on from there');
    const through = await gapFreeEnd(dayWindow(0), days === undefined && !table ? 3 * day : 0, 99 * day, ledger);
    assert.equal(through, 30 * day, 'and nothing is missing before it');
    for (const n of range(22, 30)) assert.equal(states.get(n), 'done', `day ${n}`);
    const found = await retireWindows(
      { app: '', signals: [], remove: true, all: false },
      { ledger, lake, clock, rules: { requests: 10 * day } },
    );
    assert.equal(found[0]?.error, '');
    clock.advance(2 * day);
    await retireWindows(
      { app: '', signals: [], remove: true, all: false },
      { ledger, lake, clock, rules: { requests: 10 * day } },
    );
    assert.deepEqual(
      daysIn((await world.files()).filter((name) => name.startsWith('requests/'))).filter((n) => n < 22),
      [],
      'what was put back goes again',
    );
  });

test('a blob event, or a sweep, that comes late for a retired window leaves it as it is', async () => {
  const world = keptWorld(false);
  for (let n = 0; n < today; n += 1) await world.bring(dayWindow(n, 'requests', 'continuous'));
  await world.retire({ remove: true });
  const { ledger, clock } = world;
  const sent: unknown[] = [];
  const hints = { prepare: async () => {}, send: async (one: unknown) => void sent.push(one) };
  const old = dayWindow(3, 'requests', 'continuous');
  for (const recall of [undefined, createRecall()]) {
    const ports = { ...world.ports({ requests: 'more' }), hints, refresh: 0, ...(recall && { recall }) };
    assert.equal((await arriveInWindow(old, old.start + day / 2, ports)).state, 'unchanged');
    assert.equal((await arriveHeld(old, old.start + day / 2, 'the lake is paused', ports)).state, 'held');
  }
  const sightings: Sightings = {
    async *sightings(_range, cut) {
      for (const part of await cut(old, old))
        yield { window: { ...old, ...part }, fingerprint: 'other', empty: false, blobs: 1, bytes: 1, archived: 0 };
    },
  };
  const ports = {
    ledger,
    clock,
    hints,
    refresh: 0,
    sightings,
    lookback: 40 * day,
    window: day,
    emptied: 'follow' as const,
  };
  const swept = await sweepBlobs(ports, new AbortController().signal);
  assert.equal(swept.windows, 1);
  const seen = await ledger.read(old);
  assert.deepEqual([seen?.value.state, seen?.value.again, sent.length], ['retired', false, swept.enqueued]);
});
