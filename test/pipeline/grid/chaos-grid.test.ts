import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Window } from '../../../shared/model.ts';
import { arriveInWindow } from '../../../shared/pipeline/arrive.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { createRecall } from '../../../shared/pipeline/running/recall.ts';
import { sweepBlobs } from '../../../shared/pipeline/sweep/sweep.ts';
import fc from '../../seeds.ts';
import { blobName, exportStore, exportsWorld, hour, mortal, never, struckAt } from '../exports-world.ts';
import { chaosFacts, chaosRuns, doLate } from '../runners.ts';
import { DoneLater } from '../world.ts';

/**
 * Blobs come, windows are cut in another length every time that somebody looks, runs die of their weight and are
 * halved, processes die at any call, and calls hang, are cut off or are done much later. In the end every row is in the lake,
 * and none is there twice.
 */

const midnight = Date.UTC(2026, 0, 10);
const sizes = [1, 2, 4, 6, 12, 24] as const;
const move = fc.record({
  what: fc.constantFrom('blob', 'blob', 'arrive', 'sweep', 'sweep', 'run', 'heavy', 'later'),
  hour: fc.nat({ max: 30 }),
  size: fc.constantFrom(...sizes),
  /** Calls that the process lives for; 40: mostly to its end. */
  calls: fc.oneof(fc.nat({ max: 25 }), fc.constant(1000), fc.constant(1001)),
  /** Or only that call gets no answer, after a minute, or is done much later; the process lives on. */
  fault: fc.constantFrom('dies', 'dies', 'hangs', 'later'),
});

test('windows of every length, in any order, by processes that die or hang: every row once', async (t) => {
  const facts = chaosFacts();
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 30 }), async (moves) => {
      const exports = exportStore();
      const here = await exportsWorld({ stores: { exports }, start: midnight + 32 * hour });
      const names = new Set<number>();
      // Two processes, each with what it remembers of its own writes.
      const recalls = [createRecall(), createRecall()];
      const kept: (() => Promise<unknown>)[] = [];
      const cellOf = (at: number, size: number): Window => {
        const start = Math.floor(at / (size * hour)) * size * hour;
        return { app: 'shop', signal: 'requests', source: 'continuous', start, end: start + size * hour };
      };
      const write = (at: number) => exports.write(blobName.continuous(at), `{"at":${at}}\n`);
      try {
        for (const { what, hour: nth, size, calls, fault } of moves) {
          const at = midnight + nth * hour;
          const recall = recalls[calls % 2] ?? assert.fail();
          const ports = { ...here.ports, window: size * hour, recall };
          const strike = (count: number) => {
            if (count !== calls + 1) return undefined;
            here.clock.advance(60_000);
            return fault === 'later' ? new DoneLater(kept) : new Error('no answer, asked twice (NoAnswer)');
          };
          const dying = fault === 'dies' ? mortal(ports, calls) : struckAt(ports, strike);
          facts.count(calls < 1000 ? fault : 'nothing');
          const dies = (act: Promise<unknown>) => act.catch(() => undefined);
          if (what === 'later') {
            here.clock.advance(400_000);
            await doLate(kept);
          }
          if (what === 'blob' || what === 'arrive') {
            names.add(at);
            await write(at);
          }
          if (what === 'arrive') await dies(arriveInWindow(cellOf(at, size), at, dying));
          if (what === 'sweep') await dies(sweepBlobs(dying, never));
          const next = what === 'run' || what === 'heavy' ? here.messages.shift()?.window : undefined;
          if (next === undefined) continue;
          const now = here.clock.now();
          // The host ends it at once: its window is halved, if it can be.
          const allowed = what === 'heavy' ? { allowed: { start: now - 10, end: now - 5 } } : {};
          await dies(runWindow(next, { ...dying, ...allowed }));
        }
        here.clock.advance(hour);
        await sweepBlobs({ ...here.ports, window: hour }, never);
        await here.settle();
        const rows = Object.values(here.lake.contents()).flatMap((text) =>
          text.split('\n').filter((line) => line !== ''),
        );
        facts.count('rows', rows.length);
        assert.deepEqual(rows.sort(), [...names].map((at) => `{"at":${at}}`).sort());
        const complete = here.lake.contents();
        await doLate(kept);
        assert.deepEqual(here.lake.contents(), complete);
      } finally {
        await here.close();
      }
    }),
    chaosRuns(120),
  );
  t.diagnostic(facts.said());
});
