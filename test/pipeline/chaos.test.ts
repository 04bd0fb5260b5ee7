import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Ledger, LedgerEntry, Source } from '../../shared/model.ts';
import { plannedEntry } from '../../shared/pipeline/entry.ts';
import { type RunPorts, runWindow } from '../../shared/pipeline/run.ts';
import { createRecall } from '../../shared/pipeline/running/recall.ts';
import { isRequeued, requeuedFingerprint } from '../../shared/pipeline/verdict.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';
import fc from '../seeds.ts';
import { chaosFacts, chaosRuns, cut, doLate, drain, hang, putOff, type Runner, startRunner, step } from './runners.ts';
import {
  expectedFiles,
  gated,
  window as hourWindow,
  manualClock,
  type Truth,
  textLake,
  truthSource,
  wordEngine,
} from './world.ts';

const lease = 10_000;

/** Of a minute: it is never halved, however often its runs die (chaos-halved.test.ts has those that are). */
const window = { ...hourWindow, end: 60_000 };

function world() {
  const clock = manualClock();
  const ledger = createMemoryLedger();
  const lake = textLake();
  let truth: Truth = {};
  /** What the run with that revision read. */
  const seenBy = new Map<number, Truth>();
  /** Two processes: invocations of one remember the same. */
  const recalls = [createRecall(), createRecall()];
  let starts = 0;

  const filesIn = async () =>
    (await Array.fromAsync(lake.list('part-'))).map(({ name, bytes }) => ({
      file: { path: name, signal: 'requests' as const, rows: bytes > 0 ? 1 : 0, bytes },
      revision: 0,
    }));
  const start = (): Runner => {
    let seen: Truth = {};
    const recall = recalls[starts++ % 2] ?? assert.fail();
    let revision = 0;
    const held: Ledger = {
      ...ledger,
      write: async (entry, etag) => {
        if (entry.state === 'running') revision = entry.revision;
        return ledger.write(entry, etag);
      },
    };
    const source = truthSource(() => {
      seen = truth;
      return truth;
    });
    const engine = wordEngine();
    const ports = (gate: () => Promise<void>): RunPorts => ({
      ledger: gated(held, gate),
      lake: gated(lake, gate),
      source: gated(neverEmpty(source), gate),
      engine: {
        ...engine,
        begin: async (of, work, attempt) => {
          seenBy.set(revision, seen);
          return engine.begin(of, work, attempt);
        },
      },
      clock,
      lease,
      path: (file) => `part-${file.partition}`,
      expected: () => ({ path: 'part-0', signal: 'requests', rows: 0, bytes: 0 }),
      recall,
      hash: async (content) => JSON.stringify(content),
      inLake: gated({ inLake: filesIn }, gate).inLake,
      discard: async () => {},
      withWorkFolder: (use) => use('work'),
    });
    return startRunner((gate) => runWindow(window, ports(gate)));
  };
  return {
    clock,
    ledger,
    lake,
    start,
    seenBy,
    setTruth: (next: Truth) => {
      truth = next;
    },
  };
}

/** As a query is: no rows are an answer like any other. (Export blobs that are gone leave the lake as it is.) */
const neverEmpty = (source: Source): Source => ({
  open: async (...asked) => ({ ...(await source.open(...asked)), empty: false }),
});

/**
 * In every state in which the ledger says done, the lake holds exactly what that revision read; other paths are empty.
 */
async function assertTrueToLedger({ ledger, lake, seenBy }: ReturnType<typeof world>): Promise<void> {
  const entry = (await ledger.read(window))?.value;
  // A copy that was restored says what is no more.
  if (entry?.state !== 'done' || isRequeued(entry.fingerprint)) return;
  const expected = expectedFiles(seenBy.get(entry.revision) ?? {});
  const filled = Object.fromEntries(Object.entries(lake.contents()).filter(([, text]) => text !== ''));
  assert.deepEqual(filled, expected);
}

const truths = fc.dictionary(
  fc.constantFrom('0', '1', '2'),
  fc.array(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
);
const moves = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('go' as const), who: fc.nat(3), steps: fc.integer({ min: 1, max: 30 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('succeed' as const), truth: truths }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('start' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('cut' as const, 'hang' as const, 'putOff' as const), who: fc.nat(3) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('doLate' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('change' as const), truth: truths }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('again' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('copy' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restore' as const), truth: truths }) },
);

describe('the delivery protocol', () => {
  test('whoever stalls, hangs, dies, repeats or wakes up late: done means complete, and stays so', async (t) => {
    const facts = chaosFacts();
    await fc.assert(
      fc.asyncProperty(truths, fc.array(moves, { minLength: 3, maxLength: 40 }), async (first, plan) => {
        const here = world();
        here.setTruth(first);
        await here.ledger.write(plannedEntry(window, 0), undefined);
        const runners = [here.start()];
        const kept: (() => Promise<unknown>)[] = [];
        let copy: LedgerEntry | undefined;
        for (const move of plan) {
          facts.count(move.kind);
          const stands = await here.ledger.read(window);
          const rests = stands?.value.state === 'done' && stands.value.fingerprint !== '';
          if (move.kind === 'copy' && rests) copy = stands.value;
          // The window is at rest, and its app was stopped: nobody of before goes on.
          if (move.kind === 'restore' && rests && copy !== undefined) {
            facts.count('restored');
            runners.splice(0);
            kept.splice(0);
            here.setTruth(move.truth);
            // The audit of its files would ask for it.
            await here.ledger.write(requeued(copy), stands.etag);
            here.clock.advance(lease + 1);
            runners.push(here.start());
          }
          if (move.kind === 'change' || move.kind === 'succeed') here.setTruth(move.truth);
          if (move.kind === 'again' || move.kind === 'succeed') await askAgain(here.ledger);
          if (move.kind === 'succeed') here.clock.advance(lease + 1);
          if (move.kind === 'start' || move.kind === 'succeed') runners.push(here.start());
          if (move.kind === 'cut') await cut(runners[move.who % runners.length]);
          if (move.kind === 'hang') await hang(runners[move.who % runners.length], here.clock);
          if (move.kind === 'putOff') await putOff(runners[move.who % runners.length], kept);
          if (move.kind === 'doLate') await doLate(kept);
          await assertTrueToLedger(here);
          for (let steps = 0; move.kind === 'go' && steps < move.steps; steps++) {
            await step(runners[move.who % runners.length]);
            await assertTrueToLedger(here);
          }
        }
        // Everyone stalls where they are. A successor comes when the leases have run out, and brings the window up to
        // date.
        await askAgain(here.ledger);
        here.clock.advance(4_000_000);
        const successor = here.start();
        await drain(successor, here.clock, lease / 3);
        const outcome = await successor.outcome;
        assert.ok(
          outcome !== 'crashed' && (outcome.state === 'done' || outcome.state === 'unchanged'),
          JSON.stringify(outcome),
        );
        await assertTrueToLedger(here);
        const complete = here.lake.contents();
        const ledgerThen = await here.ledger.read(window);
        // What was put off comes, and the stalled ones wake up after their successor: nothing may change.
        await doLate(kept);
        for (const runner of runners) await drain(runner, here.clock, lease / 3);
        facts.count('rows', Object.values(complete).join('\n').split('\n').length);
        assert.deepEqual(here.lake.contents(), complete);
        assert.equal((await here.ledger.read(window))?.value.revision, ledgerThen?.value.revision);
      }),
      chaosRuns(1500),
    );
    t.diagnostic(facts.said());
  });
});

const requeued = (entry: LedgerEntry): LedgerEntry => ({
  ...entry,
  again: true,
  notBefore: 0,
  fingerprint: requeuedFingerprint(entry.fingerprint),
});

async function askAgain(ledger: Ledger): Promise<void> {
  const seen = await ledger.read(window);
  if (seen) await ledger.write({ ...seen.value, again: true, notBefore: 0 }, seen.etag);
}
