import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Interval, Ledger, ObjectStore, Source, Window } from '../../../shared/model.ts';
import { requeueWindows } from '../../../shared/pipeline/ask/requeue.ts';
import { claimedEntry, finishedEntry, plannedEntry } from '../../../shared/pipeline/entry.ts';
import { planFeed } from '../../../shared/pipeline/plan.ts';
import { type RunPorts, runWindow } from '../../../shared/pipeline/run.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { settle, startRunner } from '../runners.ts';
import { window as hour, type ManualClock, manualClock, textLake, truthSource, wordEngine } from '../world.ts';

const minutes = 60_000;
const [first, second] = [
  { ...hour, end: 30 * minutes },
  { ...hour, start: 30 * minutes },
] as const;
const deaths =
  'halved at 1970-01-01T00:30:00.000Z: its last 5 runs ended without a word, for lack of time or memory or in a crash';

interface Setup {
  readonly window?: Window;
  /** Runs that have died before. */
  readonly died?: number;
  /** Time that passes while a chunk of the source is read. */
  readonly pace?: number;
  /** Of the ledger, what differs. */
  readonly ledger?: (ledger: Ledger) => Partial<Ledger>;
}

/** A window of three chunks, of which the second is put on the way. Its runs before have put that one, too. */
async function world({ window = hour, died = 0, pace = 0, ledger: differing = () => ({}) }: Setup = {}) {
  const [clock, memory, lake] = [manualClock(), createMemoryLedger(), textLake()];
  const sent: Window[] = [];
  const path = `part-1-${window.start}-${window.end}`;
  let entry = plannedEntry(window, clock.now());
  let etag = await memory.write(entry, undefined);
  for (let n = 0; n < died; n++) {
    entry = { ...claimedEntry(entry, clock.now(), 1000), files: [{ path, signal: 'requests', rows: 0, bytes: 0 }] };
    etag = await memory.write(entry, etag);
    clock.advance(1001);
  }
  if (died > 0) await lake.put(path, new TextEncoder().encode('old'), undefined);
  const ports: RunPorts = {
    ledger: { ...memory, ...differing(memory) },
    lake,
    clock,
    lease: 120_000,
    source: paced(
      truthSource(() => ({ 0: ['a'], 1: ['b'], 2: ['c'] })),
      pace,
      clock,
    ),
    engine: wordEngine(),
    hints: { prepare: async () => {}, send: async (to) => void sent.push(to) },
    path: (file, of) => `part-${file.partition}-${of.start}-${of.end}`,
    discard: async () => {},
    withWorkFolder: (use) => use('work'),
    allowed: { start: 0, end: 1e12 },
  };
  const within = (length: number, waited = 0): Interval => ({
    start: clock.now() - waited,
    end: clock.now() - waited + length,
  });
  return {
    clock,
    ledger: memory,
    lake,
    sent,
    ports,
    window,
    within,
    run: (more: Partial<RunPorts> = {}) => runWindow(window, { ...ports, ...more }),
  };
}

function paced(source: Source, pace: number, clock: ManualClock): Source {
  return {
    open: async (window, abort) => {
      const reading = await source.open(window, abort);
      return {
        ...reading,
        empty: false,
        async *chunks() {
          for await (const chunk of reading.chunks()) {
            clock.advance(pace);
            await settle();
            abort.throwIfAborted();
            yield chunk;
          }
        },
      };
    },
  };
}

const filled = (lake: ReturnType<typeof textLake>) =>
  Object.entries(lake.contents()).flatMap(([path, text]) => (text === '' ? [] : [path]));
const states = async (ledger: Ledger) =>
  (await Array.fromAsync(ledger.list(hour))).map(
    ({ window: { start, end }, state }) => `${start / minutes}-${end / minutes} ${state}`,
  );

describe('a window that is too heavy for one run', () => {
  test('is read once more after four runs that died, and halved after five', async () => {
    assert.equal((await (await world({ died: 4 })).run()).state, 'done');

    const { allowed: _, ...unending } = (await world({ died: 5 })).ports;
    assert.equal((await runWindow(hour, unending)).state, 'done', 'where no host ends runs, nothing is halved');
    const here = await world({ died: 5 });
    const outcome = await here.run();
    assert.deepEqual([outcome.state, outcome.error, outcome.revision, outcome.counts.read], ['halved', deaths, 6, 0]);
    assert.deepEqual(await states(here.ledger), ['0-30 due', '0-60 halved', '30-60 due']);
    assert.deepEqual(here.sent, [first, second]);
    assert.deepEqual(here.lake.contents(), { 'part-1-0-3600000': '' });

    const again = await here.run();
    assert.deepEqual([again.state, again.error, here.sent.length], ['halved', '', 2], 'a message that comes twice');
    for (const half of here.sent) assert.equal((await runWindow(half, here.ports)).state, 'done');
    assert.deepEqual(await states(here.ledger), ['0-30 done', '0-60 halved', '30-60 done']);
    assert.equal(filled(here.lake).length, 6);
  });

  test('is halved when its time is up, in the same run; what that has put becomes empty', async () => {
    const here = await world({ pace: 8 * minutes });
    const outcome = await here.run({ allowed: here.within(30 * minutes) });
    const why =
      'halved at 1970-01-01T00:30:00.000Z: not read to its end in 24 min, and the host ends a run after 30 min';
    assert.deepEqual([outcome.state, outcome.error, outcome.revision], ['halved', why, 1]);
    assert.deepEqual(here.lake.contents(), { 'part-0-0-3600000': '', 'part-1-0-3600000': '' });
    assert.deepEqual(here.sent, [first, second]);
  });

  for (const [heard, state] of [
    [1, 'halved'],
    [0, 'failed'],
  ] as const)
    test(`${state} when its time is up, although the source keeps it waiting, after ${heard} answers`, async () => {
      const here = await world();
      const silent: Source = {
        open: async (window, abort) => ({
          ...(await here.ports.source.open(window, abort)),
          heard,
          async *chunks() {
            await new Promise((_, reject) => abort.addEventListener('abort', () => reject(abort.reason)));
          },
        }),
      };
      const runner = startRunner(() => here.run({ source: silent, allowed: here.within(30 * minutes) }));
      await settle();
      here.clock.advance(20 * minutes);
      for (let turns = 0; turns < 10; turns++) await settle();
      assert.ok(runner.ended, 'it waits no longer');
      const found = (await here.ledger.read(hour))?.value;
      assert.equal(found?.state, state);
      assert.match(
        found?.error ?? '',
        heard === 0 ? /its source gave no answer at all: nothing came; it is tried again/ : /^halved at/,
      );
    });

  test('is not, where it is done in time, or was read in time and only its files take longer', async () => {
    const quick = await world({ pace: 6 * minutes });
    assert.equal((await quick.run({ allowed: quick.within(30 * minutes) })).state, 'done');

    for (const [broken, state] of [
      ['', 'done'],
      ['put: 403', 'failed'],
    ] as const) {
      const here = await world({ pace: 6 * minutes });
      const put = async (...file: Parameters<ObjectStore['put']>) => {
        here.clock.advance(5 * minutes);
        await settle();
        if (broken !== '' && file[0].startsWith('part-2')) throw new Error(broken);
        return here.lake.put(...file);
      };
      const outcome = await here.run({ lake: { ...here.lake, put }, allowed: here.within(48 * minutes) });
      assert.deepEqual([outcome.state, outcome.error], [state, broken], 'the last file is put after 33 min');
      assert.equal(filled(here.lake).length, broken === '' ? 3 : 2, 'nothing was emptied');
    }
  });

  test('is not for having waited for another run of the process: it fails, and is tried again', async () => {
    const here = await world({ pace: 2 * minutes });
    const outcome = await here.run({ allowed: here.within(30 * minutes, 18 * minutes) });
    assert.deepEqual([outcome.state, (await here.ledger.read(hour))?.value.state], ['failed', 'failed']);
    assert.match(
      outcome.error,
      /^not read to its end in 2 min, and the host ends a run after 30 min, of which it waited 18 min for another;/,
    );
  });

  const least: readonly [string, Window, RegExp][] = [
    [
      'a minute',
      { ...hour, end: minutes },
      /a window of a minute is not halved any more: give the app .*functionTimeout in host.json/,
    ],
    [
      'export blobs',
      { ...hour, source: 'continuous' },
      /an hour folder of blobs is not halved: give the app more memory/,
    ],
  ];
  for (const [what, window, advice] of least) {
    test(`of ${what} has more of the time, and fails with what to do`, async () => {
      const slow = await world({ window, pace: 8 * minutes });
      assert.equal((await slow.run({ allowed: slow.within(30 * minutes) })).state, 'done');
      const slower = await world({ window, pace: 10 * minutes });
      const outcome = await slower.run({ allowed: slower.within(30 * minutes) });
      assert.deepEqual(
        [outcome.state, await Array.fromAsync(slower.ledger.list(window)).then((all) => all.length)],
        ['failed', 1],
      );
      assert.match(outcome.error, /^not read to its end in 30 min/);
      assert.match(outcome.error, advice);
    });

    test(`of ${what} whose runs die says so between two of them`, async () => {
      const here = await world({ window, died: 5 });
      const outcome = await here.run();
      assert.equal(outcome.state, 'failed');
      assert.match(outcome.error, /^its last 5 runs ended without a word/);
      assert.match(outcome.error, advice);
      here.clock.advance(60 * minutes);
      assert.equal((await here.run()).state, 'done');
    });
  }
});

describe('a halving that goes wrong', () => {
  const lost = (answer: () => Promise<undefined>) => (ledger: Ledger) => ({
    halve: async (...halve: Parameters<Ledger['halve']>) => {
      await ledger.halve(...halve);
      return answer();
    },
  });
  const halving: readonly [string, (ledger: Ledger) => Partial<Ledger>][] = [
    ['the answer is lost', lost(() => Promise.reject(new Error('reset')))],
    ['the call was repeated after a lost answer', lost(async () => undefined)],
  ];
  for (const [what, ledger] of halving)
    test(`${what}: halved is halved`, async () => {
      const here = await world({ died: 5, ledger });
      assert.equal((await here.run()).state, 'halved');
      assert.deepEqual(await states(here.ledger), ['0-30 due', '0-60 halved', '30-60 due']);
    });

  test('the queue is not there: the halves are there, and the planner sends for them', async () => {
    const here = await world({ died: 5 });
    const outcome = await here.run({
      hints: { prepare: async () => {}, send: () => Promise.reject(new Error('send: no queue')) },
    });
    assert.deepEqual([outcome.state, outcome.error], ['halved', `${deaths}; then send: no queue`]);
    here.clock.advance(900_000);
    await here.ledger.plan(hour, { horizon: hour.end, watermark: hour.start }, undefined, []);
    const plan = {
      ledger: here.ledger,
      hints: { ...here.ports.hints, prepare: async () => {}, send: async (to: Window) => void here.sent.push(to) },
    };
    await planFeed(hour, { size: hour.end, lag: 0, until: hour.end }, 0, {
      ...plan,
      clock: here.clock,
      patience: 900_000,
      limit: 10,
    });
    assert.deepEqual(here.sent, [first, second]);
  });

  test('the lake refuses: nothing is halved, and the next run tries again', async () => {
    const here = await world({ died: 5 });
    const outcome = await here.run({ lake: { ...here.lake, put: () => Promise.reject(new Error('put: 403')) } });
    assert.deepEqual(
      [outcome.state, outcome.error, await states(here.ledger)],
      ['failed', 'put: 403', ['0-60 failed']],
    );
    here.clock.advance(60 * minutes);
    assert.equal((await here.run()).state, 'halved');
  });
});

test('the watermark follows the halves; the empty files of the whole are removed a day later', async () => {
  const here = await world({ died: 5 });
  await here.ledger.plan(hour, { horizon: hour.end, watermark: hour.start }, undefined, []);
  await here.run();
  const { clock, ledger, ports } = here;
  const hints = { prepare: async () => {}, send: async () => {} };
  const tick = async () =>
    (
      await planFeed(hour, { size: hour.end, lag: 0, until: hour.end }, 0, {
        ledger,
        hints,
        clock,
        patience: 1e6,
        limit: 9,
      })
    ).watermark;
  const marks = [await tick()];
  for (const half of [second, first]) {
    await runWindow(half, ports);
    marks.push(await tick());
  }
  assert.deepEqual(marks, [0, 0, hour.end]);

  assert.ok('part-1-0-3600000' in here.lake.contents());
  clock.advance(24 * hour.end);
  assert.equal((await here.run()).state, 'halved');
  assert.ok(!('part-1-0-3600000' in here.lake.contents()));
  assert.deepEqual((await ledger.read(hour))?.value.files, []);
  assert.equal(filled(here.lake).length, 6);
});

test('requeue looks at the halves, not at the window that was halved', async () => {
  const here = await world();
  const seen = await here.ledger.read(hour);
  assert.ok(seen);
  const quarantined = { read: 5, written: 4, deduplicated: 0, quarantined: 1 };
  const done = finishedEntry(seen.value, 1, { fingerprint: 'rows:5', counts: quarantined, asked: 1, files: [] });
  const tag = await here.ledger.write(
    { ...claimedEntry(claimedEntry(done, 1, 1), 3, 1), leaseUntil: 4, died: 5, again: true },
    seen.etag,
  );
  assert.ok(tag);
  assert.equal((await here.run()).state, 'halved');
  const request = { app: '', signals: [], start: 0, end: hour.end };
  assert.deepEqual(await requeueWindows(request, here.ports), { windows: 2, quarantined: 0, failed: 0 });
});
