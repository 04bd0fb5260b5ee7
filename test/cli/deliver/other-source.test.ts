/** Two commands bring one app's time into one lake at once, one from the query API and one from export blobs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apartFrom, refuseOther } from '../../../cli/deliver/other-source.ts';
import { listedTasks } from '../../../cli/deliver/tasks.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { Ledger, Window } from '../../../shared/model.ts';
import { plannedEntry } from '../../../shared/pipeline/entry.ts';
import { putWindows } from '../../../shared/pipeline/grid/grid.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { begun, copyOfLake, copyOfLedger, feed, type Settings, worldOn } from '../../pipeline/adopt/damaged-world.ts';
import { drain, settle, startRunner, step } from '../../pipeline/runners.ts';
import {
  gated,
  window as hour,
  manualClock,
  noHints,
  textLake,
  truthSource,
  wordEngine,
} from '../../pipeline/world.ts';
import fc from '../../seeds.ts';

const HOUR = 3_600_000;
const lease = 1e12;

function world(truth: Record<number, string[]>) {
  const clock = manualClock();
  const [ledger, lake] = [createMemoryLedger(), textLake()];
  const start = (window: Window) =>
    startRunner(async (gate) => {
      const own = { ...ledger, ...gatedMethods(ledger, gate) };
      const beside = { ledger: own, lake: gated(lake, gate), clock, orphaned: false };
      await putWindows([plannedEntry(window)], { ledger: own, clock });
      return runWindow(window, {
        ledger: own,
        lake: gated(lake, gate),
        source: truthSource(() => truth),
        engine: wordEngine(),
        clock,
        lease,
        hints: noHints,
        path: (file, of) => `${of.source} ${file.partition}`,
        expected: (of) => ({ path: `${of.source} 0`, signal: of.signal, rows: 0, bytes: 0 }),
        ready: (claimed) => refuseOther(claimed, beside),
        discard: async () => {},
        withWorkFolder: (use) => use('work'),
      });
    });
  return { clock, ledger, lake, start };
}

/** Its methods wait at the gate, listings too. */
const gatedMethods = (ledger: Ledger, gate: () => Promise<void>): Partial<Ledger> => {
  const { read, write, plan, progress, claimed } = gated(ledger, gate);
  return {
    ...{ read, write, plan, progress, claimed },
    list: async function* (...asked) {
      await gate();
      yield* ledger.list(...asked);
    },
    feeds: async function* () {
      await gate();
      yield* ledger.feeds();
    },
  };
};

/** The sources whose rows the lake shows. */
const shown = (contents: Record<string, string>): Set<string | undefined> =>
  new Set(Object.entries(contents).flatMap(([path, text]) => (text === '' ? [] : [path.split(' ')[0]])));

test('whatever the order of their steps: the rows of a time come from one source', async () => {
  let both = 0;
  let one = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(3), { maxLength: 80 }), fc.nat(2), async (order, shift) => {
      const here = world({ 0: ['a'], 1: ['b'] });
      const query: Window = { ...hour, source: 'query' };
      // A part of its time is enough.
      const blobs: Window = { ...hour, source: 'continuous', end: HOUR * (1 + shift) };
      const runners = [here.start(query), here.start(blobs)];
      await settle();
      for (const who of order) {
        await step(runners[who % 2]);
        assert.ok(shown(here.lake.contents()).size <= 1);
      }
      for (const runner of runners) await drain(runner, here.clock, 1);
      const outcomes = await Promise.all(runners.map(({ outcome }) => outcome));
      const states = outcomes.map((outcome) => (outcome === 'crashed' ? 'crashed' : outcome.state));
      assert.ok(
        states.every((state) => state === 'done' || state === 'failed'),
        states.join(),
      );
      assert.ok(!states.every((state) => state === 'done'));
      const sources = shown(here.lake.contents());
      assert.equal(sources.size, states.filter((state) => state === 'done').length);
      if (sources.size === 0) both += 1;
      else one += 1;
      for (const outcome of outcomes)
        if (outcome !== 'crashed' && outcome.state === 'failed') assert.match(outcome.error, /would be there twice/);
      // Whoever is run again brings it, and then the other stays away.
      if (sources.size === 0) {
        here.clock.advance(2 * HOUR);
        const again = here.start(query);
        await drain(again, here.clock, 1);
        assert.deepEqual([...shown(here.lake.contents())], ['query']);
      }
    }),
    {
      numRuns: 300,
      examples: [
        [[], 0],
        [
          Array(40)
            .fill(0)
            .map((_, n) => n % 2),
          0,
        ],
      ],
    },
  );
  assert.ok(one > 0, `${both} times neither, ${one} times one of them`);
});

test('what the ledger has lost of the other source is found in the lake', async () => {
  const settings: Settings = { size: 4 * HOUR, format: 'csv', partition: 'hour', delta: false };
  const truth = { rows: [{ id: 'a', at: begun + HOUR }] };
  const time = { now: begun + 24 * HOUR };
  for (const [hasProgress, isPlanned] of [
    [true, false],
    [false, false],
    [true, true],
  ]) {
    const held = { lake: await copyOfLake(createMemoryStore()), ledger: createMemoryLedger() };
    const whole = worldOn(held, truth, time, settings);
    await whole.meet();
    await whole.plan();
    await whole.deliver();
    const ledger = await copyOfLedger(held.ledger, () => false, true, hasProgress);
    // As the last plan had left it: a ledger in a folder puts that again.
    for await (const { window } of held.ledger.list(feed))
      if (isPlanned) await ledger.write(plannedEntry(window), undefined);
    const { opens } = worldOn({ lake: held.lake, ledger }, truth, time, settings);
    const tasks = Array.from({ length: 24 }, (_, n) => begun + n * HOUR).map((start) => ({
      window: { ...feed, source: 'continuous', start, end: start + HOUR },
      weight: 1,
    }));
    const found = await apartFrom(listedTasks(tasks), { ...opens, lake: held.lake, orphaned: false }, false);
    assert.deepEqual(
      found.tasks.flatMap((feed) => [...feed]),
      tasks.slice(4),
    );
    assert.match(found.incomplete.join(), /^4 windows of shop requests .* rows would be there twice/);
  }
});
