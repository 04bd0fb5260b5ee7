import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectStore } from '../../shared/model.ts';
import { plannedEntry } from '../../shared/pipeline/entry.ts';
import { type RunPorts, runWindow } from '../../shared/pipeline/run.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';
import { openedLedger } from './opened.ts';
import { expectedFiles, manualClock, textLake, truthSource, window, wordEngine } from './world.ts';

test('a put that may have gone over a later run has that run done once more, though nothing changed', async () => {
  const { ledger, opened } = openedLedger(createMemoryLedger());
  const [clock, lake] = [manualClock(), textLake()];
  const truth = { 1: ['a', 'b'] };
  const portsOf = (store: ObjectStore): RunPorts => ({
    ledger,
    lake: store,
    clock,
    source: truthSource(() => truth),
    engine: wordEngine(),
    lease: 60_000,
    path: (file) => `part-${file.partition}`,
    discard: async () => {},
    withWorkFolder: (use) => use('work'),
  });
  await ledger.write(plannedEntry(window), undefined);
  /**
   * Stalls in its put; meanwhile another takes the window over and comes to its end; then the put goes through all the
   * same.
   */
  const stalling: ObjectStore = {
    ...lake,
    put: async (name, _, etag) => {
      clock.advance(120_000);
      assert.equal((await runWindow(window, portsOf(lake))).state, 'done');
      assert.equal(etag, undefined);
      await lake.put(name, new TextEncoder().encode('stale'), await lake.head(name));
      throw Object.assign(new Error('the lock of the folder was taken over'), { code: 'LockLost' });
    },
  };
  assert.equal((await runWindow(window, portsOf(stalling))).state, 'overtaken');
  assert.deepEqual(lake.contents(), { 'part-1': 'stale' });
  assert.equal((await ledger.read(window))?.value.again, true);
  assert.deepEqual(opened, { said: 1, unsaid: 0 }, 'the planner looks at the feed');
  assert.equal((await runWindow(window, portsOf(lake))).state, 'done');
  assert.deepEqual(lake.contents(), expectedFiles(truth));
  assert.equal((await runWindow(window, portsOf(lake))).state, 'unchanged');
});
