import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Ledger, Window } from '../../shared/model.ts';
import { type ArrivePorts, arriveInWindow } from '../../shared/pipeline/arrive.ts';
import { runWindow } from '../../shared/pipeline/run.ts';
import { createRecall } from '../../shared/pipeline/running/recall.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';
import { manualClock, type Truth, textLake, truthSource, window, wordEngine } from './world.ts';

const refresh = 300_000;

function place() {
  let truth: Truth = {};
  const clock = manualClock();
  const ledger = createMemoryLedger();
  const lake = textLake();
  const delayed: { window: Window; at: number }[] = [];
  const ports: ArrivePorts = {
    ledger,
    lake,
    clock,
    refresh,
    lease: 60_000,
    source: truthSource(() => truth),
    engine: wordEngine(),
    path: (file) => `part-${file.partition}`,
    expected: () => ({ path: 'part-0', signal: 'requests', rows: 0, bytes: 0 }),
    recall: createRecall(),
    discard: async () => {},
    withWorkFolder: (use) => use('work'),
    hints: {
      prepare: async () => {},
      send: async (of, delay) => void delayed.push({ window: of, at: clock.now() + delay }),
    },
  };
  const drop = async (rows: Truth) => {
    truth = rows;
    return (await arriveInWindow(window, window.start, ports)).state;
  };
  return { ports, clock, lake, delayed, drop, entry: async () => (await ledger.read(window))?.value };
}

describe('arriveInWindow', () => {
  test('the first blob runs its window at once; a burst costs one delayed message and one more run', async () => {
    const here = place();
    assert.equal(await here.drop({ 0: ['a'] }), 'done');
    const states = new Set<string>();
    for (let i = 0; i < 50; i++) states.add(await here.drop({ 0: ['a', `b${i}`] }));
    assert.deepEqual([...states], ['early']);
    assert.equal(here.delayed.length, 1);
    here.clock.advance(refresh);
    assert.equal((await runWindow(window, here.ports)).state, 'done');
    assert.deepEqual(here.lake.contents(), { 'part-0': 'a\nb49' });
    assert.equal((await here.entry())?.revision, 2);
  });

  test('a trigger that finds nothing changed does nothing', async () => {
    const here = place();
    await here.drop({ 0: ['a'] });
    here.clock.advance(refresh);
    const before = here.lake.contents();
    assert.equal(await here.drop({ 0: ['a'] }), 'unchanged');
    assert.equal((await here.entry())?.revision, 1);
    assert.equal((await here.entry())?.again, false);
    assert.deepEqual(here.lake.contents(), before);
  });

  test('a blob that comes while the window runs has it run once more', async () => {
    const here = place();
    const { ledger } = here.ports;
    let during: Promise<string> | undefined;
    const slow: ArrivePorts = {
      ...here.ports,
      engine: {
        ...here.ports.engine,
        begin: async (of, work, revision) => {
          during = here.drop({ 0: ['a', 'late'] });
          assert.equal(await during, 'early');
          return here.ports.engine.begin(of, work, revision);
        },
      },
    };
    const first = truthSource(() => ({ 0: ['a'] }));
    await arriveInWindow(window, window.start, { ...slow, source: first });
    assert.deepEqual(here.lake.contents(), { 'part-0': 'a' });
    assert.equal((await ledger.read(window))?.value.again, true);
    here.clock.advance(refresh);
    assert.equal((await runWindow(window, here.ports)).state, 'done');
    assert.deepEqual(here.lake.contents(), { 'part-0': 'a\nlate' });
    assert.equal((await here.entry())?.again, false);
  });

  test('a folder that was emptied leaves the lake as it is', async () => {
    const here = place();
    await here.drop({ 0: ['a'] });
    here.clock.advance(refresh);
    assert.equal(await here.drop({}), 'unchanged');
    assert.deepEqual(here.lake.contents(), { 'part-0': 'a' });
  });

  test('rows that left a partition leave an empty file, which goes a day later', async () => {
    const here = place();
    await here.drop({ 0: ['a'], 1: ['b'] });
    here.clock.advance(refresh);
    assert.equal(await here.drop({ 0: ['a'] }), 'done');
    assert.deepEqual(here.lake.contents(), { 'part-0': 'a', 'part-1': '' });
    here.clock.advance(25 * 3_600_000);
    assert.equal((await runWindow(window, here.ports)).state, 'unchanged');
    assert.deepEqual(here.lake.contents(), { 'part-0': 'a' });
    assert.deepEqual(
      (await here.entry())?.files.map((file) => file.path),
      ['part-0'],
    );
  });

  for (const [name, shared, tells, calls] of [
    ['who shares the feed asks before it plans', true, true, ['progress', 'plan']],
    ['who is refused is told how the feed stands', false, true, ['plan', 'plan']],
    ['who is refused and told nothing asks', false, false, ['plan', 'progress', 'plan']],
  ] as const)
    test(`a new window after others have planned: ${name}`, async () => {
      const here = place();
      const { recall } = here.ports;
      await here.drop({ 0: ['a'] });
      const known = (await here.ports.ledger.progress(window)) ?? assert.fail();
      recall?.keepProgress(window, known);
      await here.ports.ledger.plan(window, { ...known.value, watermark: 1 }, known.etag, []);
      if (shared) recall?.outdated(window);
      const asked: string[] = [];
      const ledger = new Proxy(here.ports.ledger, {
        get: (target, of: keyof Ledger) => {
          if (of === 'plan' || of === 'progress') asked.push(of);
          const plan: Ledger['plan'] = (feed, next, etag, entries) => target.plan(feed, next, etag, entries);
          return of === 'plan' && !tells ? plan : target[of];
        },
      });
      const next = { ...window, start: window.end, end: 2 * window.end };
      assert.equal((await arriveInWindow(next, next.start, { ...here.ports, ledger })).state, 'done');
      assert.deepEqual(asked, calls);
      const stands = await here.ports.ledger.progress(window);
      assert.deepEqual(stands?.value, { horizon: next.end, watermark: 1 });
      assert.deepEqual(recall?.progress(window), stands);
    });

  test('a window that fails says why, backs off, and is tried again', async () => {
    const here = place();
    const broken = {
      ...here.ports,
      source: { open: async () => Promise.reject(new Error('the source is closed; open it')) },
    };
    const outcome = await arriveInWindow(window, window.start, broken);
    assert.deepEqual([outcome.state, outcome.error], ['failed', 'the source is closed; open it']);
    assert.equal((await runWindow(window, here.ports)).state, 'early');
    here.clock.advance(66_000);
    assert.equal((await runWindow(window, here.ports)).state, 'done');
  });
});
