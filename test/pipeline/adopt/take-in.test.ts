/** What is taken in of windows that a ledger has lost, and what is left to `adopt`: on the names of files alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPathTemplate } from '../../../shared/lake/path-template.ts';
import { filePath, quarantinePath } from '../../../shared/lake/paths.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { Feed, FileRecord, ObjectStore, Window } from '../../../shared/model.ts';
import { claimedEntry, finishedEntry, halvedEntry, plannedEntry } from '../../../shared/pipeline/entry.ts';
import { coverRange, putWindows } from '../../../shared/pipeline/grid/grid.ts';
import { planFeed } from '../../../shared/pipeline/plan.ts';
import { type SweepPorts, sweepBlobs } from '../../../shared/pipeline/sweep/sweep.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { lakeLook } from '../../../shared/wire/stories.ts';

const hour = 3_600_000;
const day = 24 * hour;
const begun = Date.UTC(2026, 0, 10);
const now = begun + 12 * day;
const clock = { now: () => now, sleep: async () => {}, random: () => 0.5 };
const hints = { prepare: async () => {}, send: async () => {} };
const query: Feed = { app: 'shop', signal: 'requests', source: 'query' };
const blobs: Feed = { ...query, source: 'continuous' };
const byDay = defaultPathTemplate('day');
const dateFirst = '{yyyy}/{MM}/{dd}/{signal}/{app}/{source}_{start}_{end}.{ext}';

const pathOf = (window: Window, template = byDay, signal = window.signal): string =>
  filePath(template, {
    ...{ window, signal, format: 'ndjson', gzip: false, part: 1 },
    partition: Math.floor(window.start / day) * day,
  });
const spanOf = (feed: Feed, from: number, until: number): Window => ({
  ...feed,
  start: begun + from,
  end: begun + until,
});

async function put(lake: ObjectStore, path: string, rows = 3): Promise<FileRecord> {
  const text = Buffer.from('{"a":1}\n'.repeat(rows));
  await lake.put(path, text, undefined);
  return { path, signal: 'requests', rows, bytes: text.length };
}

const lookAt = (lake: ObjectStore, template = byDay) =>
  lakeLook({ lake, clock }, [template], '_quarantine', { ready: async () => {} });

const doneWith = (window: Window, files: readonly FileRecord[]) =>
  finishedEntry(claimedEntry(plannedEntry(window), now, 1), now, {
    ...{ fingerprint: 'adopted:3', asked: 1, files },
    counts: { read: 3, written: 3, deduplicated: 0, quarantined: 0 },
  });

/** Every file tells by its metadata that it is of the first day, as a copy does. */
async function planned(lake: ObjectStore, template: string) {
  const ledger = createMemoryLedger();
  const tiling = { size: day, lag: 0, until: begun + 5 * day };
  const lost = lakeLook({ lake, clock }, [template], '_quarantine', {
    ready: async () => {},
    story: async ({ name: path, bytes }) => ({
      ...{ window: spanOf(query, 0, day), revision: 1 },
      file: { path, signal: 'requests', rows: 3, bytes },
    }),
  });
  const ports = { ledger, clock, hints, patience: hour, limit: 100, lost };
  await planFeed(query, tiling, begun, ports);
  return (await Array.fromAsync(ledger.list(query))).map(({ state, files }) => `${state} ${files.length}`);
}

for (const template of [dateFirst, '{app}/{signal}/{yyyy}/{MM}/{dd}/{source}_{start}_{end}.{ext}'])
  test(`a new feed takes in nothing of a lake in a folder, of a copy, or that no template names: ${template}`, async () => {
    const lake = createMemoryStore();
    const other = spanOf(query, 0, day);
    // Where a folder of the template begins, another lake may.
    await lake.put('shop/_insights-lake/lake.json', Buffer.from('{}'), undefined);
    for (const folder of ['shop', 'backup', 'shop/requests']) await put(lake, `${folder}/${pathOf(other)}`);
    await put(lake, pathOf(other, template.startsWith('{app}') ? template : `shop/${template}`));
    await put(lake, `odd/${pathOf(other).replace('.ndjson', '.parquet')}`);
    assert.deepEqual(await planned(lake, template), Array(5).fill('due 0'));
    const own = createMemoryStore();
    await put(own, pathOf(other, template));
    assert.deepEqual(await planned(own, template), ['done 1', 'due 0', 'due 0', 'due 0', 'due 0']);
  });

test('a new app in a lake with more odd files than can be looked at is planned, and none of them is opened', async () => {
  const odd = Array.from({ length: 24_000 }, (_, n) => `old/${n}/${pathOf(spanOf(query, 0, day))}`);
  const lake: ObjectStore = {
    ...createMemoryStore(),
    async *list() {
      for (const name of odd) yield { name: name.replace('ndjson', 'parquet'), bytes: 10, etag: 'e', archived: false };
    },
    read: () => assert.fail('opened'),
  };
  assert.deepEqual(await planned(lake, dateFirst), Array(5).fill('due 0'));
});

test('what lies over other windows, or an entry knows by its path, is in nobody\u2019s way elsewhere', async () => {
  const inner = createMemoryStore();
  let listings = 0;
  const lake: ObjectStore = {
    ...inner,
    list: (prefix) => {
      listings += 1;
      return inner.list(prefix);
    },
  };
  const [whole, stray] = [spanOf(blobs, 0, day), spanOf(blobs, 20 * hour, 28 * hour)];
  const own = await put(lake, pathOf(whole));
  await put(lake, pathOf(stray), 1);
  const knows = await put(lake, pathOf(spanOf(blobs, 3 * hour, 4 * hour)), 1);
  const ledger = createMemoryLedger();
  const progress = { horizon: begun + 10 * day, watermark: begun };
  await ledger.plan(blobs, progress, undefined, [doneWith(whole, [own, { ...knows, rows: 0, bytes: 0 }])]);
  const ports = { ledger, clock, lost: lookAt(lake) };
  assert.equal(await putWindows([plannedEntry(spanOf(blobs, 5 * day, 6 * day))], ports), true);
  assert.ok(listings > 0);
  listings = 0;
  assert.equal(await putWindows([plannedEntry(spanOf(blobs, 6 * day, 7 * day))], ports), true);
  assert.equal(listings, 0, 'what stays as it is was looked at');
  // What sticks out would come twice there.
  const beside = [plannedEntry(spanOf(blobs, day, 2 * day))];
  await assert.rejects(putWindows(beside, ports), { name: 'LostWindows' });
  assert.equal((await Array.fromAsync(ledger.list(blobs))).length, 3);
});

test('a lost window with an archived file alone is taken in once, beside what stands and what is opened', async () => {
  const inner = createMemoryStore();
  const shut = pathOf(spanOf(blobs, 0, day));
  await put(inner, shut);
  const lake: ObjectStore = {
    ...inner,
    async *list(prefix) {
      for await (const file of inner.list(prefix)) yield { ...file, archived: file.name === shut };
    },
  };
  for (const isKnown of [true, false]) {
    const ledger = createMemoryLedger();
    if (isKnown) await ledger.plan(blobs, { horizon: begun + 10 * day, watermark: begun }, undefined, []);
    const sleep = async () => assert.fail('others put windows into it all the time');
    const ports = { ledger, clock: { ...clock, sleep }, lost: lookAt(lake) };
    const tiles = await coverRange(blobs, { start: begun + 2 * hour, end: begun + 2 * day }, hour, ports);
    assert.deepEqual(tiles[0], spanOf(blobs, 0, day));
    assert.equal(tiles.length, 25);
    const [first] = await Array.fromAsync(ledger.list(blobs));
    assert.deepEqual([first?.state, first?.files[0]?.path], ['done', shut]);
  }
  // Nobody knows whether it has rows: over time that others stand for a person must decide.
  const ledger = createMemoryLedger();
  const stands = doneWith(spanOf(blobs, 0, hour), [await put(inner, pathOf(spanOf(blobs, 0, hour)))]);
  await ledger.plan(blobs, { horizon: begun + 10 * day, watermark: begun }, undefined, [stands]);
  const beside = [plannedEntry(spanOf(blobs, 5 * hour, 6 * hour))];
  await assert.rejects(putWindows(beside, { ledger, clock, lost: lookAt(lake) }), { name: 'LostWindows' });
});

test('a lost window with lines that were set aside alone keeps its time, and is looked at once more', async () => {
  const inner = createMemoryStore();
  const [own, shut] = [spanOf(blobs, hour, 2 * hour), spanOf(blobs, 5 * hour, 6 * hour)];
  for (const window of [own, shut]) await put(inner, quarantinePath(window), 2);
  const lake: ObjectStore = {
    ...inner,
    async *list(prefix) {
      for await (const file of inner.list(prefix)) yield { ...file, archived: file.name === quarantinePath(shut) };
    },
  };
  for (const isKnown of [true, false]) {
    const ledger = createMemoryLedger();
    if (isKnown) await ledger.plan(blobs, { horizon: begun + 10 * day, watermark: begun }, undefined, []);
    const ports = { ledger, clock: { ...clock, sleep: async () => {} }, lost: lookAt(lake) };
    const tiles = await coverRange(blobs, { start: begun, end: begun + day }, day, ports);
    // What cannot be replaced is in nobody's way.
    assert.deepEqual(tiles, [spanOf(blobs, 0, hour), own, spanOf(blobs, 2 * hour, day)]);
    const { state, again, files, counts } = (await ledger.read(own))?.value ?? assert.fail();
    assert.deepEqual(
      { state, again, paths: files.map(({ path }) => path), quarantined: counts.quarantined },
      { state: 'done', again: true, paths: [quarantinePath(own)], quarantined: 2 },
    );
  }
});

for (const template of [byDay, dateFirst])
  test(`a lost window whose rows are all of another signal keeps its time: ${template}`, async () => {
    const inner = createMemoryStore();
    const [strayed, mixed] = [spanOf(blobs, 0, 4 * hour), spanOf(blobs, day, day + 4 * hour)];
    await put(inner, pathOf(strayed, template, 'traces'));
    for (const signal of ['requests', 'customEvents'] as const) await put(inner, pathOf(mixed, template, signal));
    const lists: string[] = [];
    const lake: ObjectStore = {
      ...inner,
      list: (prefix) => {
        lists.push(prefix);
        return inner.list(prefix);
      },
    };
    for (const isKnown of [true, false]) {
      const ledger = createMemoryLedger();
      if (isKnown) await ledger.plan(blobs, { horizon: begun + 10 * day, watermark: begun }, undefined, []);
      const ports = { ledger, clock, lost: lookAt(lake, template) };
      const tiles = await coverRange(blobs, { start: begun, end: begun + day }, day, ports);
      assert.deepEqual(tiles, [strayed, spanOf(blobs, 4 * hour, day)]);
      const entries = await Array.fromAsync(ledger.list(blobs));
      assert.deepEqual(
        entries.map(({ files, counts }) => [counts.written, files.map(({ signal }) => signal).toSorted()]),
        [
          [3, ['traces']],
          [0, []],
          [6, ['customEvents', 'requests']],
        ],
      );
    }
    // What the other signals have is asked for all feeds of an app at once.
    const [ledger, lost] = [createMemoryLedger(), lookAt(lake, template)];
    for (const signal of ['traces', 'dependencies', 'exceptions'] as const) {
      const feed = { ...blobs, signal };
      await ledger.plan(feed, { horizon: begun + 10 * day, watermark: begun }, undefined, []);
      lists.length = 0;
      await putWindows([plannedEntry(spanOf(feed, 0, day))], { ledger, clock, lost });
      const again = lists.filter((prefix) => !prefix.includes(signal) && !prefix.startsWith('_')).length;
      if (template === byDay) assert.equal(again, signal === 'traces' ? 9 : signal === 'dependencies' ? 1 : 0, signal);
    }
  });

test('a window that is halved while the lake is looked at has lost nothing', async () => {
  const inner = createMemoryStore();
  const ledger = createMemoryLedger();
  const [whole, first, second] = [spanOf(blobs, 0, day), spanOf(blobs, 0, day / 2), spanOf(blobs, day / 2, day)];
  const progress = { horizon: begun + 10 * day, watermark: begun };
  await ledger.plan(blobs, progress, undefined, [plannedEntry(whole)]);
  let isHalved = false;
  const lake: ObjectStore = {
    ...inner,
    async *list(prefix) {
      const seen = isHalved ? undefined : await ledger.read(whole);
      isHalved = true;
      if (seen) {
        await ledger.halve(halvedEntry(seen.value, [], 'x', 0), seen.etag, [plannedEntry(first), plannedEntry(second)]);
        await put(inner, pathOf(first));
      }
      yield* inner.list(prefix);
    },
  };
  const fresh = [plannedEntry(spanOf(blobs, 5 * day, 6 * day))];
  assert.equal(await putWindows(fresh, { ledger, clock, lost: lookAt(lake) }), true);
  assert.ok(isHalved);
});

test('a feed whose lost windows a person must decide about is an error of the sweep, and the others go on', async () => {
  const lake = createMemoryStore();
  const ledger = createMemoryLedger();
  const whole = spanOf(blobs, 9 * day, 10 * day);
  const own = await put(lake, pathOf(whole));
  const stray = pathOf(spanOf(blobs, 9.5 * day, 10.5 * day));
  await put(lake, stray, 1);
  const [till, at] = [
    { ...blobs, app: 'till' },
    { horizon: now, watermark: begun },
  ];
  await ledger.plan(blobs, at, undefined, [doneWith(whole, [own])]);
  await ledger.plan(till, at, undefined, []);
  const sent: string[] = [];
  const sightings: SweepPorts['sightings'] = {
    async *sightings() {
      for (const feed of [blobs, till])
        for (const from of [10 * day, 11 * day]) {
          const window = spanOf(feed, from, from + hour);
          yield { window, blobs: 1, bytes: 1, archived: 0, fingerprint: 'f', empty: false };
        }
    },
  };
  const ports: SweepPorts = {
    ...{ ledger, clock, refresh: 0, sightings, lookback: 2 * day, window: hour, emptied: 'keep', lost: lookAt(lake) },
    hints: { ...hints, send: async ({ app, start }) => void sent.push(`${app} ${(start - begun) / day}`) },
  };
  const sweep = () => sweepBlobs(ports, new AbortController().signal);
  const swept = await sweep();
  assert.deepEqual([swept.enqueued, sent], [3, ['shop 11', 'till 10', 'till 11']]);
  assert.match(swept.errors.join(), /^the ledger has lost windows of shop requests/);
  assert.equal(await ledger.swept(), undefined, 'it begins there again');
  await lake.put(stray, Buffer.from(''), await lake.head(stray));
  const after = await sweep();
  assert.deepEqual([after.enqueued, after.errors, sent.at(-1)], [1, [], 'shop 10']);
  assert.equal(await ledger.swept(), now);
});
