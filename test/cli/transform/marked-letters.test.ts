/**
 * Earlier versions called the app of a folder after its letters as the disk spells them (`café` of macOS was `cafe`),
 * and remembered no names: what such a lake has keeps its name, however the folder is spelt by now.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFolderStore } from '../../../shared/lake/store-folder.ts';
import { plannedEntry } from '../../../shared/pipeline/entry.ts';
import { createStoreLedger } from '../../../shared/state/ledger-store.ts';
import { classic, KEY, lines, named, newLake, put } from './lake-of-commands.ts';

const DASHES = KEY.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const composed = (key = KEY) => `caf\u00E9_${key}`;
const apart = (key = KEY) => `cafe\u0301_${key}`;
const spellings = [apart(), composed(), apart(DASHES), composed(DASHES), `CAFE\u0301_${KEY.toUpperCase()}`];
/** The feed that a transform of an earlier version had for a folder. */
const feedFor = (folder: string) =>
  `continuous-${createHash('sha256').update(`${folder}/messages`).digest('hex').slice(0, 8)}`;

/** A lake as an earlier version left it: one window for each feed, and no names. */
async function lakeWith(...feeds: readonly (readonly [app: string, source: string])[]) {
  const made = newLake();
  const ledger = createStoreLedger(createFolderStore(made.lake));
  const place = { signal: 'traces', start: Date.UTC(2026, 2, 4, 5), end: Date.UTC(2026, 2, 4, 6) } as const;
  for (const [app, source] of feeds) {
    const path = `traces/app=${app}/date=2026-03-04/hour=05/${source}_20260304T0500Z_20260304T0600Z.ndjson`;
    await put(made.lake, { [path]: lines(0, 1) });
    const files = [{ path, signal: 'traces', rows: 1, bytes: lines(0, 1).length }] as const;
    const entry = plannedEntry({ app, source, ...place });
    await ledger.write({ ...entry, state: 'done', doneAt: 1, fingerprint: 'old', files }, undefined);
  }
  const feedsNow = async () => (await Array.fromAsync(ledger.feeds())).map(({ app, source }) => `${app} ${source}`);
  const foldered = (folder: string, hour = '05', [from, to] = [0, 3]) =>
    put(join(made.root, `${hour} ${folder}`), { [classic('a.blob', hour, folder)]: lines(from ?? 0, to ?? 0) });
  return { ...made, foldered, feeds: async () => (await feedsNow()).sort() };
}

test('what a transform brought of such a folder stays in its window, and later hours have its name', async () => {
  for (const made of [apart(), apart(DASHES)])
    for (const folder of made === apart() ? spellings : [composed()]) {
      const before = `cafe ${feedFor(made)}`;
      const { transform, foldered, messages, feeds } = await lakeWith(['cafe', feedFor(made)]);
      const first = await foldered(folder);
      for (const _ of [1, 2]) assert.equal((await transform(first)).code, 0);
      assert.deepEqual([await messages(), await feeds()], [named(0, 3), [before]], folder);
      assert.equal((await transform(await foldered(folder, '07', [3, 5]))).code, 0);
      assert.deepEqual([await messages(), await feeds()], [named(0, 5), ['cafe continuous', before].sort()], folder);
    }
});

test('a sweep finds what a sweep or a transform brought of such a folder', async () => {
  for (const folder of [apart(), composed()]) {
    const swept = await lakeWith(['cafe', 'continuous']);
    const container = await swept.foldered(folder);
    for (const words of [['sweep', '--container'], ['transform']] as const)
      assert.equal((await swept.command(...words, container)).code, 0);
    assert.deepEqual([await swept.messages(), await swept.feeds()], [named(0, 3), ['cafe continuous']], folder);
    const brought = await lakeWith(['cafe', feedFor(apart())]);
    assert.equal((await brought.command('sweep', '--container', await brought.foldered(folder))).code, 1);
    assert.deepEqual(await brought.feeds(), [`cafe ${feedFor(apart())}`], folder);
  }
});

test("today's name stays where the lake has that, or nothing, and where the other is another folder's", async () => {
  for (const folder of [apart(), composed()]) {
    for (const held of [[], [['caf', feedFor(composed())]], [['caf', 'continuous']]] as const) {
      const { transform, foldered, messages, feeds } = await lakeWith(...held);
      assert.equal((await transform(await foldered(folder))).code, 0);
      const [only] = held;
      assert.deepEqual([await messages(), await feeds()], [named(0, 3), [only?.join(' ') ?? 'caf continuous']], folder);
    }
    const { root, transform, feeds } = await lakeWith();
    const other = await put(join(root, 'other'), { [classic('a.blob', '05', `cafe_${'f'.repeat(32)}`)]: lines(0, 3) });
    assert.equal((await transform(other)).code, 0);
    const marked = await put(join(root, 'marked'), { [classic('a.blob', '05', folder)]: lines(3, 5) });
    assert.equal((await transform(marked)).code, 0);
    assert.deepEqual(await feeds(), ['caf continuous', 'cafe continuous'], folder);
  }
});
