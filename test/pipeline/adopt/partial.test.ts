import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { windowRunner } from '../../../cli/deliver/run-window.ts';
import type { Interval, LedgerEntry, Millis, Window } from '../../../shared/model.ts';
import { rerunWindows } from '../../../shared/pipeline/ask/rerun.ts';
import { auditLake, differs } from '../../../shared/pipeline/audit/audit-lake.ts';
import { startBackfill } from '../../../shared/pipeline/backfill/steer.ts';
import { takeNext } from '../../../shared/pipeline/backfill/take.ts';
import { tilesOf } from '../../../shared/pipeline/grid/grid.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { createMemoryBackfills } from '../../../shared/state/backfills-memory.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import {
  assertRows,
  assertWhole,
  type Both,
  begun,
  copyOfLake,
  copyOfLedger,
  day,
  feed,
  hour,
  type Ledger,
  type Row,
  type Settings,
  type World,
  worldOn,
} from './damaged-world.ts';

/**
 * A ledger that lost a part of one feed, while the mark of the lake stays; then somebody opens windows, with the same
 * settings and with others. No row may come twice, none may go, and what the ledger lacks is told. PARTIAL=1 tries
 * every loss with everything that opens windows and every change; else one in eleven.
 */
const isWhole = process.env.PARTIAL === '1';
const days = 3;

const kinds: Readonly<Record<string, Settings>> = {
  plain: { size: 4 * hour, format: 'parquet', partition: 'hour', delta: false },
  csv: { size: 4 * hour, format: 'csv', partition: 'hour', delta: false },
  'path by date first': {
    ...{ size: 4 * hour, format: 'ndjson', partition: 'hour', delta: false },
    path: '{yyyy}/{MM}/{dd}/{HH}/{signal}/{app}/{source}_{start}_{end}.{ext}',
  },
  delta: { size: 4 * hour, format: 'parquet', partition: 'hour', delta: true },
};

const changes: Readonly<Record<string, (settings: Settings) => Settings>> = {
  same: (settings) => settings,
  'longer windows': (settings) => ({ ...settings, size: day }),
  'shorter windows': (settings) => ({ ...settings, size: hour }),
  format: (settings) => ({ ...settings, format: settings.delta ? 'parquet' : 'ndjson', size: 2 * hour }),
  gzip: (settings) => ({ ...settings, format: settings.delta ? 'parquet' : 'csv', gzip: !settings.delta }),
  path: (settings) => ({
    ...{ ...settings, size: 2 * hour },
    ...(!settings.delta && { path: 'own/{app}_{signal}/{yyyy}_{MM}_{dd}/{HH}/{source}_{start}_{end}.{ext}' }),
  }),
  partition: (settings) => ({ ...settings, partition: settings.delta ? 'hour' : 'day', size: 6 * hour }),
};

const end = begun + days * day;
/** Some of a window's, and all of each fifth window's. */
const isBad = (n: number): boolean => n % 20 < 4 || n % 7 === 0;
const rows: readonly Row[] = Array.from({ length: days * 24 }, (_, n) => n)
  .filter((n) => n % 12 < 8) // whole windows are empty, and have no file
  .flatMap((n) => [0, 1].map((each) => ({ id: `${isBad(n) ? 'bad' : ''}h${n}n${each}`, at: begun + n * hour + each })));

/** Which entries stay, and whether the feed's progress does. */
const losses: Readonly<
  Record<string, readonly [keeps: (entry: LedgerEntry, n: number) => boolean, progress: boolean]>
> = {
  'all of the feed but its progress': [() => false, true],
  'all of the feed': [() => false, false],
  'every second window': [(_, n) => n % 2 === 0, true],
  'every second window, and its progress': [(_, n) => n % 2 === 1, false],
  'the first half': [({ window }) => window.start >= begun + 1.5 * day, true],
  'the last half': [({ window }) => window.start < begun + 1.5 * day, true],
  'the last half, and its progress': [({ window }) => window.start < begun + 1.5 * day, false],
  'a day': [({ window }) => window.start < begun + day || window.start >= begun + 2 * day, true],
  'some of them': [(_, n) => (n * 2654435761) % 7 < 4, true],
};

async function lakeOf(settings: Settings): Promise<Both> {
  const { createMemoryStore } = await import('../../../shared/lake/store-memory.ts');
  const held = { lake: await copyOfLake(createMemoryStore()), ledger: createMemoryLedger() };
  const time = { now: begun };
  const world = worldOn(held, { rows }, time, settings);
  for (let n = 1; n <= days; n++) {
    time.now = begun + n * day;
    await world.meet();
    await world.plan();
    await world.deliver();
  }
  return held;
}

const lessOf = (ledger: Ledger, [keeps, progress]: (typeof losses)[string]): Promise<Ledger> =>
  copyOfLedger(ledger, keeps, true, progress);

const range: Interval = { start: begun, end };

/** Everything that opens windows. */
const deeds: Readonly<Record<string, (world: World, size: Millis) => Promise<void>>> = {
  planner: async ({ plan, deliver }) => {
    for (let n = 0; n < 3; n++) {
      await plan();
      await deliver();
    }
  },
  'rerun --missing': async ({ opens, plan, deliver }, size) => {
    const request = { app: '', signals: [], faulty: false, missing: true, begin: true, ...range };
    await rerunWindows(request, { ...opens, newWindows: () => ({ size, from: begun }) });
    await plan();
    await deliver();
  },
  backfill: async ({ opens, run }, size) => {
    const queue = { prepare: async () => {}, pass: async () => {} };
    const ports = { ...opens, store: createMemoryBackfills(), queue };
    const wish = {
      app: feed.app,
      signals: ['requests' as const],
      choice: 'missing' as const,
      concurrency: 1,
      ...range,
    };
    // Where the feed had lost its progress all that it had is taken in at once, and nothing may be left to bring in.
    const begins = await startBackfill(wish, 'one', { window: size, from: end, keptSince: undefined }, ports).then(
      () => true,
      (error: Error) => assert.match(error.message, /nothing of the range is left to bring in: 1\d windows are done/),
    );
    if (!begins) return;
    for (let turn = 0; ; turn++) {
      const taken = await takeNext({ id: 'one', slot: 0, turn }, ports);
      if (taken === undefined) return;
      await runWindow(taken.window, run);
    }
  },
  export: async ({ opens, run }, size) => {
    const tiles = await tilesOf(feed, range, size, opens.ledger);
    const known = new Map<string, LedgerEntry>();
    const plan = { source: run.source, tasks: [], known, notices: [], done: 'leave' as const, replace: false };
    const blamed = { of: () => ({ side: 'unknown' as const, refused: false }) };
    const abort = new AbortController().signal;
    const runner = windowRunner({ plan, orphaned: false, blamed, ports: { ...run, ...opens }, abort } as never);
    for (const { start, end: until } of tiles) {
      const window: Window = { ...feed, start, end: until };
      const { state, error } = await runner(window);
      assert.ok(state === 'done' || state === 'unchanged', `${state}: ${error}`);
    }
  },
};

const audited = ({ opens, named, run: { tables } }: World, lake: Both['lake']) =>
  auditLake(
    { app: '', signals: [], start: 0, end: Number.MAX_SAFE_INTEGER, repair: false },
    { ...opens, lake, named, ...(tables && { tables }) },
  );

async function tryOne(
  base: Both,
  settings: Settings,
  loss: (typeof losses)[string],
  deed: (typeof deeds)[string],
  told: string,
): Promise<void> {
  const lake = await copyOfLake(base.lake);
  const ledger = await lessOf(base.ledger, loss);
  const time = { now: end + 1 };
  const truth = { rows };
  const world = worldOn({ lake, ledger }, truth, time, settings);
  await deed(world, settings.size);
  await assertRows(world, truth, told);
  // What comes late is brought in by the windows that stand there now.
  truth.rows = [...rows, { id: 'late', at: begun + 1.3 * day }].filter(({ id }) => id !== 'h26n0');
  const missing = { app: '', signals: [], faulty: false, missing: true, begin: true, ...range };
  for (let n = 0; n < 3; n++) {
    time.now += 13 * hour;
    await world.plan();
    if (n === 0)
      await rerunWindows(missing, { ...world.opens, newWindows: () => ({ size: settings.size, from: begun }) });
    await world.plan();
    await world.deliver();
    await world.audit();
    await world.deliver();
  }
  await assertWhole(world, truth, `${told}, late rows`);
  const found = await audited(world, lake);
  assert.deepEqual([found.lost, found.unknown, found.strangers, found.feeds[0]?.gaps], [[], [], [], []], told);
}

let tried = 0;
for (const [kind, settings] of Object.entries(kinds))
  describe(kind, () => {
    const base = lakeOf(settings);
    test('a part of a feed is gone: everything that opens windows, with every change', async (t) => {
      for (const [loss, lost] of Object.entries(losses))
        for (const [change, of] of Object.entries(changes))
          for (const [name, deed] of Object.entries(deeds))
            if (isWhole || tried++ % 11 === 0)
              await t.test(`${loss}; ${name}, ${change}`, async () => {
                await tryOne(await base, of(settings), lost, deed, `${kind}: ${loss}; ${name}, ${change}`);
              });
    });
    test('the audit names what only files tell of, and changes nothing', async () => {
      for (const lost of Object.values(losses)) {
        const { lake, ledger: whole } = await base;
        const ledger = await lessOf(whole, lost);
        const world = worldOn({ lake, ledger }, { rows }, { now: end + 1 }, settings);
        const before = JSON.stringify(await world.entries());
        const kept = new Set((await world.entries()).map(({ window }) => window.start));
        const gone = (await Array.fromAsync(whole.list(feed))).filter(
          ({ window, counts }) => counts.written + counts.quarantined > 0 && !kept.has(window.start),
        );
        const found = await audited(world, lake);
        assert.ok(differs(found));
        assert.deepEqual(
          found.lost.map(({ feed: { signal }, windows, start }) => [signal, windows, start]),
          [['requests', gone.length, gone[0]?.window.start]],
        );
        assert.equal(JSON.stringify(await world.entries()), before);
      }
    });
  });
