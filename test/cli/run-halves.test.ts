import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskOutcome } from '../../cli/ports.ts';
import { runHalves } from '../../cli/run-halves.ts';
import type { Window } from '../../shared/model.ts';
import { plannedEntry } from '../../shared/pipeline/entry.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';
import { done, failed } from './fake.ts';

const window: Window = { app: 'shop', signal: 'requests', source: 'query', start: 8, end: 16 };
const busy: TaskOutcome = { ...done, state: 'busy', retryAt: 77 };
const unchanged: TaskOutcome = { ...done, state: 'unchanged' };

/** The window was halved, its first half was, too; others lie beside it. */
async function halvedLedger() {
  const ledger = createMemoryLedger();
  const at = (start: number, end: number): Window => ({ ...window, start, end });
  for (const each of [at(0, 8), at(8, 10), at(10, 12), at(12, 16), at(16, 24)]) await ledger.write(plannedEntry(each, 1), undefined);
  for (const each of [at(8, 12), at(8, 16)]) await ledger.write({ ...plannedEntry(each, 1), state: 'halved' }, undefined);
  return ledger;
}

const rows: readonly [string, readonly TaskOutcome[], Partial<TaskOutcome>][] = [
  ['all done', [done, done, done], { state: 'done', files: 3, bytes: 6_000, error: '' }],
  ['nothing was to be done', [unchanged, unchanged, unchanged], { state: 'unchanged', files: 3 }],
  ['some were done before', [unchanged, done, unchanged], { state: 'done' }],
  ['one is held', [done, busy, done], { state: 'busy', retryAt: 77 }],
  ['one failed', [busy, failed('source', 'no'), done], { state: 'failed', error: 'no', side: 'source' }],
];
for (const [what, outcomes, expected] of rows)
  test(`${what}: ${expected.state}`, async () => {
    const ran: string[] = [];
    const outcome = await runHalves(window, await halvedLedger(), async ({ start, end }) => {
      ran.push(`${start}-${end}`);
      return outcomes[ran.length - 1] ?? assert.fail();
    });
    assert.deepEqual(ran, ['8-10', '10-12', '12-16']);
    assert.deepEqual({ ...outcome, ...expected }, outcome);
    assert.deepEqual([outcome.counts.written, outcome.counts.deduplicated], [30, 3]);
  });
