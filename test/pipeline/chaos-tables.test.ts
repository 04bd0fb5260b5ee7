import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { entryActions } from '../../shared/lake/delta/actions.ts';
import { openDeltaLake } from '../../shared/lake/delta/lake-tables.ts';
import { ownFile } from '../../shared/lake/delta/names.ts';
import { afterEntry, emptySnapshot } from '../../shared/lake/delta/snapshot.ts';
import { tableFilePath } from '../../shared/lake/paths.ts';
import { createMemoryStore } from '../../shared/lake/store-memory.ts';
import type { Ledger, ObjectStore, Source } from '../../shared/model.ts';
import { plannedEntry } from '../../shared/pipeline/entry.ts';
import { type RunPorts, runWindow } from '../../shared/pipeline/run.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';
import fc from '../seeds.ts';
import { chaosFacts, chaosRuns, cut, doLate, drain, hang, putOff, type Runner, startRunner, step } from './runners.ts';
import { gated, window as hourWindow, manualClock, type Truth, truthSource, wordEngine } from './world.ts';

/**
 * The delivery protocol with tables (docs/delta.md): whoever stalls, dies or comes late, readers see whole revisions.
 */

const lease = 10_000;
const window = { ...hourWindow, end: 60_000 };
const DAY = 24 * 3_600_000;

/** Local files of the word engine are their own contents. */
const wordStore = (store: ObjectStore): ObjectStore => ({
  ...store,
  put: (name, content, etag) =>
    store.put(name, content instanceof Uint8Array ? content : Buffer.from(content.files.join('')), etag),
});

function world() {
  const clock = manualClock();
  let ledger = createMemoryLedger();
  const lake = wordStore(createMemoryStore());
  let truth: Truth = {};
  let ids = 0;
  const seenBy = new Map<number, Truth>();

  const start = (): Runner => {
    let seen: Truth = {};
    let revision = 0;
    const own = ledger;
    const held: Ledger = {
      ...own,
      write: async (entry, etag) => {
        if (entry.state === 'running') revision = entry.revision;
        return own.write(entry, etag);
      },
    };
    const source: Source = {
      open: async (...asked) => {
        seen = truth;
        return { ...(await truthSource(() => seen).open(...asked)), empty: false };
      },
    };
    const engine = wordEngine();
    const ports = (gate: () => Promise<void>): RunPorts => {
      const gatedLake = gated(lake, gate);
      // A log is read as a stream; what is read does not change.
      const reading = { ...gatedLake, read: lake.read, list: lake.list, folders: lake.folders };
      const tables = openDeltaLake({
        lake: reading,
        clock: { ...clock, sleep: async () => {} },
        newId: () => `${++ids}`,
        columns: () => [{ name: 'timestamp', type: 'timestamp' }],
      });
      return {
        ledger: gated(held, gate),
        lake: reading,
        tables,
        source: gated(source, gate),
        engine: {
          ...engine,
          begin: async (of, work, attempt) => {
            seenBy.set(revision, seen);
            return engine.begin(of, work, attempt);
          },
        },
        clock,
        lease,
        path: (file, of, at) =>
          tableFilePath({ window: of, signal: 'requests', partition: file.partition * DAY, part: 1, revision: at }),
        discard: async () => {},
        withWorkFolder: (use) => use('work'),
      };
    };
    return startRunner((gate) => runWindow(window, ports(gate)));
  };
  return {
    clock,
    lake,
    start,
    seenBy,
    ledger: () => ledger,
    /** Dropped, and made anew: nothing is known of what was. */
    loseLedger: async () => {
      ledger = createMemoryLedger();
      await ledger.write(plannedEntry(window, 0), undefined);
    },
    setTruth: (next: Truth) => {
      truth = next;
    },
  };
}
type World = ReturnType<typeof world>;

const textOf = async (lake: ObjectStore, name: string) =>
  Buffer.concat(await Array.fromAsync(lake.read(name))).toString();

/** Every version that a reader can see, in order: path in the store → revision. */
async function versions({ lake }: World): Promise<ReadonlyMap<string, number>[]> {
  const found: ReadonlyMap<string, number>[] = [];
  let snapshot = emptySnapshot;
  for await (const { name } of lake.list('requests/_delta_log/')) {
    if (!name.endsWith('.json')) continue;
    snapshot = afterEntry(snapshot, snapshot.version + 1, entryActions(await textOf(lake, name), name));
    found.push(new Map([...snapshot.files.keys()].map((path) => [`requests/${path}`, ownFile(path)?.revision ?? -1])));
  }
  return found;
}

/**
 * Each version shows one revision; revisions never fall; where the ledger says done, the head is what that revision
 * read.
 */
async function assertSnapshots(here: World): Promise<void> {
  const all = await versions(here);
  let last = 0;
  for (const files of all) {
    const revisions = new Set(files.values());
    assert.ok(revisions.size <= 1, `a reader sees revisions ${[...revisions]}`);
    const [revision = last] = revisions;
    assert.ok(revision >= last, `revision ${revision} came after ${last}`);
    last = revision;
  }
  const entry = (await here.ledger().read(window))?.value;
  if (entry?.state !== 'done') return;
  const live = await Promise.all([...(all.at(-1)?.keys() ?? [])].map((path) => textOf(here.lake, path)));
  const expected = Object.values(here.seenBy.get(entry.revision) ?? {}).map((rows) => rows.join('\n'));
  assert.deepEqual(live.sort(), expected.sort());
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
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('change' as const), truth: truths }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('again' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('cut' as const, 'hang' as const, 'putOff' as const), who: fc.nat(3) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('doLate' as const) }) },
);

describe('the delivery protocol with tables', () => {
  test('whoever stalls, hangs, dies, repeats or wakes up late: readers see one whole revision', async (t) => {
    const facts = chaosFacts();
    await fc.assert(
      fc.asyncProperty(truths, fc.array(moves, { minLength: 3, maxLength: 40 }), async (first, plan) => {
        const here = world();
        here.setTruth(first);
        await here.loseLedger();
        const runners = [here.start()];
        const kept: (() => Promise<unknown>)[] = [];
        for (const move of plan) {
          facts.count(move.kind);
          if (move.kind === 'change' || move.kind === 'succeed') here.setTruth(move.truth);
          if (move.kind === 'again' || move.kind === 'succeed') await askAgain(here.ledger());
          if (move.kind === 'succeed') here.clock.advance(lease + 1);
          if (move.kind === 'start' || move.kind === 'succeed') runners.push(here.start());
          for (let steps = 0; move.kind === 'go' && steps < move.steps; steps++)
            await step(runners[move.who % runners.length]);
          if (move.kind === 'cut') await cut(runners[move.who % runners.length]);
          if (move.kind === 'hang') await hang(runners[move.who % runners.length], here.clock);
          if (move.kind === 'putOff') await putOff(runners[move.who % runners.length], kept);
          if (move.kind === 'doLate') await doLate(kept);
          await assertSnapshots(here);
        }
        await assertSuccessor(here);
        const complete = await versions(here);
        // What was put off comes, and the stalled ones wake up after their successor: nothing may change.
        await doLate(kept);
        for (const runner of runners) await drain(runner, here.clock, lease / 3);
        assert.deepEqual((await versions(here)).at(-1), complete.at(-1));
        await assertSnapshots(here);
      }),
      chaosRuns(400),
    );
    t.diagnostic(facts.said());
  });

  test('a ledger that was lost stands still nowhere: its window goes on above that of the table', async () => {
    const here = world();
    here.setTruth({ 0: ['a'], 1: ['b'] });
    await here.loseLedger();
    await assertSuccessor(here);
    here.setTruth({ 0: ['a', 'c'] });
    await askAgain(here.ledger());
    await assertSuccessor(here);
    await here.loseLedger();
    await assertSuccessor(here);
    assert.equal((await here.ledger().read(window))?.value.revision, 3);
    assert.deepEqual([...((await versions(here)).at(-1)?.values() ?? [])], [3]);
  });
});

/**
 * Everyone else stalls where they are; a successor comes when the leases have run out, and brings the window up to
 * date.
 */
async function assertSuccessor(here: World): Promise<void> {
  await askAgain(here.ledger());
  for (let tries = 0; tries < 3; tries++) {
    here.clock.advance(4_000_000);
    const successor = here.start();
    await drain(successor, here.clock, lease / 3);
    const outcome = await successor.outcome;
    assert.ok(
      outcome !== 'crashed' && ['done', 'unchanged', 'failed'].includes(outcome.state),
      JSON.stringify(outcome),
    );
    if (outcome.state !== 'failed') break;
    assert.match(outcome.error, /it is there already/); // under a lost ledger; the next try takes another name
  }
  assert.equal((await here.ledger().read(window))?.value.state, 'done');
  await assertSnapshots(here);
}

async function askAgain(ledger: Ledger): Promise<void> {
  const seen = await ledger.read(window);
  if (seen) await ledger.write({ ...seen.value, again: true, notBefore: 0 }, seen.etag);
}
