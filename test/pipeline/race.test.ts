import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Window } from '../../shared/model.ts';
import { askFor } from '../../shared/pipeline/ask/ask.ts';
import { requeueWindows } from '../../shared/pipeline/ask/requeue.ts';
import { claimWindow } from '../../shared/pipeline/claim.ts';
import { commitFiles } from '../../shared/pipeline/commit.ts';
import { plannedEntry } from '../../shared/pipeline/entry.ts';
import { runWindow } from '../../shared/pipeline/run.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';
import { noHints, textLake, truthSource, window, wordEngine } from './world.ts';

/** A clock that only sleeping moves. */
function sleepingClock() {
  let [time, calls] = [1_000_000, 0];
  return {
    now: () => time,
    random: () => 0.5,
    sleep: async (ms: number) => {
      time += ms;
    },
    called: () => {
      calls += 1;
    },
    calls: () => calls,
    spent: () => time - 1_000_000,
  };
}

/** Whoever loses every race: how often it calls in which time. */
async function losing(act: (clock: ReturnType<typeof sleepingClock>) => Promise<unknown>): Promise<void> {
  const clock = sleepingClock();
  await assert.rejects(act(clock), /\(10 tries\)$/);
  assert.ok(clock.calls() <= 40, `${clock.calls()} calls`);
  assert.ok(clock.spent() >= 10_000, `${clock.spent()} ms`);
}

const entered = async () => {
  const ledger = createMemoryLedger();
  await ledger.write({ ...plannedEntry(window), state: 'failed' }, undefined);
  return ledger;
};

describe('a race that is lost for ever is a failure, after few calls', () => {
  test('claiming, asking, requeueing: somebody else changes the entry all the time', async () => {
    const ledger = await entered();
    const acts: ((ports: Parameters<typeof requeueWindows>[1]) => Promise<unknown>)[] = [
      (ports) => askFor(window, { ...ports, refresh: 0 }),
      (ports) => requeueWindows({ start: 0, end: 1, app: '', signals: [] }, ports),
      (ports) => runWindow(window, { ...rest, ...ports, lease: 1e9, hints: noHints }),
    ];
    const rest = {
      lake: textLake(),
      source: truthSource(() => ({})),
      engine: wordEngine(),
      path: () => 'part',
      discard: async () => {},
      withWorkFolder: <T>(use: (folder: string) => Promise<T>) => use('work'),
    };
    for (const act of acts)
      await losing((clock) => {
        const write = async () => clock.called() as undefined;
        return act({ ledger: { ...ledger, write }, clock });
      });
  });

  test('changing a claimed entry, and putting a file', async () => {
    const clock = sleepingClock();
    const ledger = await entered();
    const seen = await ledger.read(window);
    assert.ok(seen);
    let lost = false;
    const write: typeof ledger.write = async (entry, etag) => {
      if (!lost) return ledger.write(entry, etag);
      clock.called();
    };
    const still = {
      ...clock,
      sleep: async (ms: number, abort?: AbortSignal) =>
        abort ? new Promise<void>((wake) => abort.addEventListener('abort', () => wake())) : clock.sleep(ms),
    };
    const claim = await claimWindow(seen, { ledger: { ...ledger, write }, clock: still, lease: 1e9 });
    assert.ok(claim);
    let tags = 0;
    const lake = { ...textLake(), head: async () => `${tags++}`, put: async () => clock.called() as undefined };
    const file = { signal: 'requests', partition: 0, part: 1, content: { files: [], bytes: 0 }, rows: 1 } as const;
    const ports = { lake, clock, path: (_: unknown, of: Window) => of.app, discard: async () => {} };
    await assert.rejects(commitFiles([file], claim, ports), /another writer replaces it all the time.*\(10 tries\)$/);
    assert.ok(clock.calls() <= 10 && clock.spent() >= 10_000);
    // Refused as a lost race, although it stands as it stood.
    const unmoved = { ...ports, path: () => 'other', lake: { ...lake, head: async () => 'same' } };
    const before = clock.calls();
    await assert.rejects(commitFiles([file], claim, unmoved), /put other: refused as if somebody else had changed it/);
    assert.ok(clock.calls() <= before + 3);
    lost = true;
    await assert.rejects(
      claim.update((entry) => ({ ...entry, asked: 1 })),
      /others change it all the time/,
    );
    assert.ok(clock.calls() <= 23);
    await claim.release();
  });
});
