/** What is asked for while its window runs: its message has met the run, and the run sends another. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Window } from '../../../shared/model.ts';
import { askedAgain, plannedEntry } from '../../../shared/pipeline/entry.ts';
import { type RunPorts, runWindow } from '../../../shared/pipeline/run.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { manualClock, textLake, truthSource, window, wordEngine } from '../world.ts';

for (const [what, wait, sends] of [
  ['at once', 0, 1],
  ['when its refresh interval has passed: its own message is still to come', 60_000, 0],
] as const)
  test(`asked for ${what}`, async () => {
    const [ledger, lake, clock] = [createMemoryLedger(), textLake(), manualClock()];
    const sent: Window[] = [];
    await ledger.write(plannedEntry(window, clock.now()), undefined);
    const inner = truthSource(() => ({ 1: ['a'] }));
    const ports: RunPorts = {
      ...{ ledger, lake, clock, lease: 10_000, engine: wordEngine() },
      source: {
        open: async (...asked) => {
          const seen = await ledger.read(window);
          assert.ok(seen);
          await ledger.write(askedAgain(seen.value, clock.now() + wait), seen.etag);
          return inner.open(...asked);
        },
      },
      hints: { prepare: async () => {}, send: async (of) => void sent.push(of) },
      path: (file) => `part-${file.partition}`,
      discard: async () => {},
      withWorkFolder: (use) => use('work'),
    };
    assert.equal((await runWindow(window, ports)).state, 'done');
    assert.equal(sent.length, sends);
    const entry = (await ledger.read(window))?.value;
    assert.equal(entry?.again, true);
    assert.equal((entry?.hintedAt ?? 0) > 0, sends === 1);
  });
