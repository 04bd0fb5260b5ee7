import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allTasks, listedTasks, rangeTasks, sifted } from '../../../cli/deliver/tasks.ts';
import { addWindow, type Stretch, tileStretches, windowsOf } from '../../../shared/pipeline/grid/stretch.ts';
import { tileRange } from '../../../shared/pipeline/grid/tile-range.ts';
import { signals } from '../../../shared/signals/tables.ts';
import fc from '../../seeds.ts';

const range = { start: 7, end: 1_000 };
/** Windows that the ledger has: some side by side, some of other lengths, gaps between them. */
const known = fc.array(fc.record({ gap: fc.nat(3), size: fc.integer({ min: 1, max: 40 }) }), { maxLength: 30 });

function windowsIn(made: readonly { readonly gap: number; readonly size: number }[]) {
  let at = -20;
  return made.map(({ gap, size }) => {
    const start = at + gap * 10;
    at = start + size;
    return { start, end: at };
  });
}

test('stretches of windows are the windows, in whatever the ledger has', () => {
  fc.assert(
    fc.property(known, fc.integer({ min: 1, max: 50 }), (made, size) => {
      const there = windowsIn(made).filter(({ start, end }) => start < range.end && end > range.start);
      const stretches: Stretch[] = [];
      for (const window of there) addWindow(stretches, window);
      assert.deepEqual([...windowsOf(stretches)], there);
      const tiles = tileStretches(range, size, stretches);
      assert.deepEqual([...windowsOf(tiles)], tileRange(range, size, there));
      const [tasks] = rangeTasks({ app: 'shop', signal: 'traces', source: 'query' }, tiles);
      const all = [...(tasks ?? [])];
      assert.deepEqual(
        [tasks?.count, tasks?.weight, tasks?.heaviest, tasks?.start, tasks?.end],
        [
          all.length,
          all.reduce((sum, { weight }) => sum + weight, 0),
          Math.max(...all.map(({ weight }) => weight)),
          all[0]?.window.start,
          all.at(-1)?.window.end,
        ],
      );
    }),
  );
});

test('all windows of all feeds, oldest first, those that begin together in the order of their feeds', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(50_000)), { maxLength: 60 }), fc.nat(9_000), (listed, many) => {
      const feed = { source: 'continuous', signal: 'traces' } as const;
      const blobs = listed.map(([app, start]) => ({
        window: { ...feed, app: `app ${app}`, start, end: start + 10 },
        weight: 3,
      }));
      const ranges = rangeTasks({ ...feed, app: 'long', source: 'query' }, [{ start: 0, size: 5, times: many }]);
      const feeds = [...listedTasks(blobs), ...ranges];
      const expected = feeds
        .flatMap((each) => [...each])
        .toSorted((one, other) => one.window.start - other.window.start);
      const tasks = allTasks(feeds);
      assert.deepEqual([...tasks], expected);
      assert.deepEqual([tasks.count, tasks.weight], [expected.length, blobs.length * 3 + many * 5]);
    }),
    { numRuns: 30 },
  );
});

test('what is sifted out is counted on both sides', () => {
  const [feed] = rangeTasks({ app: 'shop', signal: 'traces', source: 'query' }, [{ start: 0, size: 10, times: 10 }]);
  assert.ok(feed);
  const rest = sifted(feed, ({ window }) => window.start >= 40);
  assert.deepEqual([rest?.count, rest?.weight, rest?.start, rest?.end], [6, 60, 40, 100]);
  assert.equal([...(rest ?? [])].length, 6);
  assert.equal(
    sifted(feed, () => false),
    undefined,
  );
});

test('a year of windows of five minutes, ten signals: planned at once, in little memory', () => {
  const minutes = 5 * 60_000;
  const year = { start: Date.UTC(2025, 0, 1), end: Date.UTC(2026, 0, 1) };
  const before = process.memoryUsage().heapUsed;
  const stretches = tileStretches(year, minutes, []);
  const tasks = allTasks(signals.flatMap((signal) => rangeTasks({ app: 'shop', signal, source: 'query' }, stretches)));
  assert.equal(tasks.count, 1_051_200);
  assert.equal(tasks.weight, 10 * (year.end - year.start));
  const [first] = tasks;
  assert.equal(first?.window.start, year.start);
  assert.ok(process.memoryUsage().heapUsed - before < 20_000_000);
});
