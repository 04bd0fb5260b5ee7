import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerEntry, ObjectStore } from '../../shared/model.ts';
import { plannedEntry } from '../../shared/pipeline/entry.ts';
import { planFacts, runFacts } from '../../shared/pipeline/facts.ts';
import { planFeed, reviveFeed } from '../../shared/pipeline/plan.ts';
import { runWindow } from '../../shared/pipeline/run.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';
import { manualClock, noHints, textLake, truthSource, window, wordEngine } from './world.ts';

const day = 24 * 3_600_000;

async function doneWindow(names: readonly string[]) {
  const [ledger, lake, clock] = [createMemoryLedger(), textLake(), manualClock()];
  for (const name of names) await lake.put(name, new Uint8Array(0), undefined);
  const files = names.map((path) => ({ path, signal: 'requests', rows: 0, bytes: 0 }) as const);
  const entry: LedgerEntry = { ...plannedEntry(window), state: 'done', revision: 1, doneAt: clock.now(), files };
  await ledger.write(entry, undefined);
  clock.advance(day + 1);
  const ports = {
    ledger,
    lake,
    clock,
    hints: noHints,
    lease: 1000,
    source: truthSource(() => ({})),
    engine: wordEngine(),
    path: () => 'part',
    discard: async () => {},
    withWorkFolder: <T>(use: (folder: string) => Promise<T>) => use('work'),
    refused: new Map<string, number>(),
  };
  return { ports, files: async () => (await ledger.read(window))?.value.files.map(({ path }) => path) };
}

test('an old empty file that may not be removed fails nothing: counted, said once a day; others go', async () => {
  const here = await doneWindow(['a', 'b', 'c']);
  const tried: string[] = [];
  const remove = async (path: string, etag: string) => {
    tried.push(path);
    if (path !== 'b') return here.ports.lake.remove(path, etag);
    throw Object.assign(new Error('remove b: it has snapshots (SnapshotsPresent)'), { code: 'SnapshotsPresent' });
  };
  const ports = { ...here.ports, lake: { ...here.ports.lake, remove } };
  const first = await runWindow(window, ports);
  assert.deepEqual([first.state, first.left?.files], ['unchanged', 1]);
  assert.deepEqual(
    [runFacts(first).left, runFacts(first).leftWhy],
    [1, 'remove b: it has snapshots (SnapshotsPresent)'],
  );
  assert.deepEqual([tried, await here.files()], [['a', 'b', 'c'], ['b']]);
  for (let n = 0; n < 5; n++) {
    const again = await runWindow(window, ports);
    assert.deepEqual([again.state, runFacts(again).left, runFacts(again).leftWhy], ['unchanged', 1, undefined]);
  }
  assert.equal(tried.length, 3, 'nor is it tried meanwhile');
  here.ports.clock.advance(day);
  assert.equal(runFacts(await runWindow(window, ports)).leftWhy, 'remove b: it has snapshots (SnapshotsPresent)');
  assert.equal((await runWindow(window, here.ports)).left?.files, 1);
  here.ports.clock.advance(day);
  assert.equal((await runWindow(window, here.ports)).left, undefined);
  assert.deepEqual(await here.files(), []);
});

test('what cannot even be looked up, and a ledger that does not hear of it, fail nothing either', async () => {
  const here = await doneWindow(['a']);
  const deaf = { ...here.ports.ledger, write: () => Promise.reject(new Error('busy')) };
  assert.equal((await runWindow(window, { ...here.ports, ledger: deaf })).state, 'unchanged');
  const other = await doneWindow(['a']);
  const blind = { ...other.ports.lake, head: () => Promise.reject(new Error('leased')) };
  assert.deepEqual((await runWindow(window, { ...other.ports, lake: blind })).left, { files: 1, why: 'leased' });
});

test('a tick of the planner a day later removes empty files, whatever happens to their window', async () => {
  const feed = { app: window.app, signal: window.signal, source: window.source };
  const here = await doneWindow(['a', 'b']);
  const plan = () =>
    planFeed(feed, { size: window.end - window.start, lag: 0, until: window.end }, window.start, {
      ...here.ports,
      patience: day,
      limit: 40,
      tidy: here.ports,
    });
  await here.ports.ledger.plan(feed, { horizon: window.end, watermark: window.start }, undefined, []);
  here.ports.clock.advance(-2);
  const early = await plan();
  assert.deepEqual([early.open, early.watermark, await here.files()], [0, window.end, ['a', 'b']], 'nothing is open');
  here.ports.clock.advance(2);
  let reads = 0;
  const { ledger } = here.ports;
  here.ports.ledger = { ...ledger, read: (of) => ledger.read(of).finally(() => reads++) };
  await plan();
  assert.deepEqual([await here.files(), Object.keys(here.ports.lake.contents())], [[], []]);
  reads = 0;
  await plan();
  assert.equal(reads, 0, 'what is tidy costs nothing more');
});

test('files that the lake does not let go are tried once a day, and a later run keeps its rows', async () => {
  const feed = { app: window.app, signal: window.signal, source: window.source };
  const here = await doneWindow(['a']);
  let tries = 0;
  const remove = async () => {
    tries++;
    throw new Error('leased');
  };
  const plan = (lake: ObjectStore) =>
    reviveFeed(feed, { ...here.ports, patience: day, limit: 40, tidy: { ...here.ports, lake } });
  const lines = [];
  for (let n = 0; n < 5; n++) {
    const feeds = [await plan({ ...here.ports.lake, remove })];
    const health = { state: 'active', since: 0, reason: '' } as const;
    lines.push(planFacts({ feeds, errors: [], health }, here.ports.clock.now()));
  }
  assert.equal(tries, 1);
  const notes = lines.map((line) => ('note' in line ? line.note : undefined));
  assert.deepEqual(notes, ['old empty files stay, 1 of them: leased', ...Array(4).fill(undefined)], 'said once');
  // It runs again just as its file is looked at.
  here.ports.clock.advance(day);
  const { ledger, lake } = here.ports;
  const head = async (name: string) => {
    const etag = await lake.head(name);
    const seen = await ledger.read(window);
    if (seen) await ledger.write({ ...seen.value, revision: seen.value.revision + 1 }, seen.etag);
    return etag;
  };
  await plan({ ...lake, head });
  assert.deepEqual([Object.keys(lake.contents()), await here.files()], [['a'], ['a']]);
});
