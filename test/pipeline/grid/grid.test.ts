import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { Feed, Interval, Ledger, LedgerEntry } from '../../../shared/model.ts';
import { askFor } from '../../../shared/pipeline/ask/ask.ts';
import { halvedEntry, plannedEntry } from '../../../shared/pipeline/entry.ts';
import { activeWindows, coverRange, putWindows, tilesOf, windowAt } from '../../../shared/pipeline/grid/grid.ts';
import { halvesOf } from '../../../shared/pipeline/halve/in-two.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { createStoreLedger } from '../../../shared/state/ledger-store.ts';
import fc from '../../seeds.ts';
import { drain, startRunner, step } from '../runners.ts';
import { gated, manualClock, noHints } from '../world.ts';

const hour = 3_600_000;
const feed: Feed = { app: 'shop', signal: 'requests', source: 'continuous' };
const day: Interval = { start: 0, end: 24 * hour };
const hoursOf = (windows: readonly Interval[]) => windows.map(({ start, end }) => [start / hour, end / hour]);
const activeIn = async (ledger: Ledger) =>
  hoursOf((await activeWindows(feed, day, ledger)).map(({ window }) => window));
const clock = manualClock();
/** Waits for nothing. */
const eager = { ...clock, sleep: async () => {} };
const entryOf = (from: number, to: number): LedgerEntry =>
  plannedEntry({ ...feed, start: from * hour, end: to * hour }, 0);

describe('the grid of a feed', () => {
  test('what the ledger has keeps its time, and the gaps are cut anew', async () => {
    const ledger = createMemoryLedger();
    const cover = (from: number, to: number, size: number) =>
      coverRange(feed, { start: from * hour, end: to * hour }, size * hour, { ledger, clock });
    assert.deepEqual(hoursOf(await cover(6, 8, 1)), [
      [6, 7],
      [7, 8],
    ]);
    assert.deepEqual(hoursOf(await cover(0, 24, 24)), [
      [0, 6],
      [6, 7],
      [7, 8],
      [8, 24],
    ]);
    assert.deepEqual(hoursOf(await cover(0, 24, 1)), await activeIn(ledger));
    assert.equal((await activeIn(ledger)).length, 4);
  });

  test('a window that overlaps what is there is refused, and what stands for its time can be found', async () => {
    const ledger = createMemoryLedger();
    assert.equal(await putWindows([entryOf(3, 4)], { ledger, clock }), true);
    for (const [from, to] of [
      [0, 24],
      [3, 4],
      [2, 4],
      [3, 6],
    ] as const)
      assert.equal(await putWindows([entryOf(from, to)], { ledger, clock }), false, `${from} to ${to}`);
    const ports = { ledger, clock, hints: noHints, refresh: 0 };
    const cell = { ...feed, ...day };
    assert.equal(await askFor(cell, ports), 'overlaps');
    assert.deepEqual(hoursOf([await windowAt(feed, 3.5 * hour, cell, ledger)]), [[3, 4]]);
    assert.deepEqual(hoursOf([await windowAt(feed, 2 * hour, cell, ledger)]), [[0, 3]]);
    assert.deepEqual(hoursOf(await tilesOf(feed, { start: 3 * hour, end: 5 * hour }, hour, ledger)), [
      [3, 4],
      [4, 5],
    ]);
  });

  test('halves stand for a window of blobs that was halved', async () => {
    const ledger = createMemoryLedger();
    const cell = { ...feed, ...day };
    await putWindows([plannedEntry(cell, 0)], { ledger, clock });
    const seen = await ledger.read(cell);
    const halves = halvesOf(cell) ?? assert.fail();
    assert.ok(seen);
    await ledger.halve(
      halvedEntry(seen.value, [], 'heavy'),
      seen.etag,
      halves.map((half) => plannedEntry(half, 0)),
    );
    const ports = { ledger, clock, hints: noHints, refresh: 0 };
    assert.equal(await askFor(cell, ports), 'overlaps');
    assert.deepEqual(hoursOf([await windowAt(feed, 13 * hour, cell, ledger)]), [[12, 24]]);
  });

  type Gate = () => Promise<void>;
  const open: Gate = async () => {};
  /**
   * Opens the ledger for a process that stops before and after each of its calls; in the lake, each of its calls to the
   * store.
   */
  const ledgers: readonly (readonly [string, () => (gate: Gate) => Ledger])[] = [
    [
      'in memory',
      () => {
        const ledger = createMemoryLedger();
        return (gate) => ({
          ...gated(ledger, gate),
          list: ledger.list,
          progress: ledger.progress,
          plan: gated(ledger, gate).plan,
        });
      },
    ],
    [
      'in the lake',
      () => {
        const store = createMemoryStore();
        return (gate) => {
          const { head, put, remove } = gated(store, gate);
          return createStoreLedger({ ...store, head, put, remove });
        };
      },
    ],
  ];
  const asked = fc.record({
    start: fc.nat({ max: 23 }),
    length: fc.integer({ min: 1, max: 24 }),
    size: fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 24),
  });
  for (const [where, make] of ledgers)
    test(`whoever asks at once, in any lengths, and dies at any call: no overlap (${where})`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(asked, { minLength: 2, maxLength: 4 }),
          fc.array(fc.record({ who: fc.nat({ max: 3 }), steps: fc.integer({ min: 1, max: 20 }) }), { maxLength: 30 }),
          async (all, order) => {
            const ledgerOf = make();
            const runners = all.map(({ start, length, size }) =>
              startRunner(async (gate) => {
                const range = { start: start * hour, end: Math.min(24, start + length) * hour };
                const tiles = await coverRange(feed, range, size * hour, { ledger: ledgerOf(gate), clock: eager });
                return { tiles } as never;
              }),
            );
            for (const { who, steps } of order)
              for (let n = 0; n < steps; n++) await step(runners[who % runners.length]);
            // Some go on, the others never do.
            for (const runner of runners.slice(0, 2)) await drain(runner, clock, 1000);
            const ledger = ledgerOf(open);
            const active = (await activeWindows(feed, day, ledger)).map(({ window }) => window);
            for (const [n, window] of active.entries())
              assert.ok(window.start >= (active[n - 1]?.end ?? 0), JSON.stringify(hoursOf(active)));
            for (const { start, length } of all.slice(0, 2))
              for (let at = start; at < Math.min(24, start + length); at++)
                assert.ok(active.some((window) => window.start <= at * hour && at * hour < window.end));
          },
        ),
        { numRuns: 300 },
      );
    });
});
