import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '../../shared/lake/store-memory.ts';
import type { Window } from '../../shared/model.ts';
import { plannedEntry } from '../../shared/pipeline/entry.ts';
import { entryName, startPrefixes } from '../../shared/state/document-names.ts';
import { createStoreLedger } from '../../shared/state/ledger-store.ts';
import fc from '../seeds.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const feed = { app: 'shop', signal: 'traces', source: 'query' } as const;
const wordOf = (start: number): string =>
  entryName(feed, { start, end: start + minute })
    .split('/')
    .at(-1) ?? '';

test('whatever starts in a range is listed, once, however the range lies', () => {
  const time = fc.integer({ min: Date.UTC(2019, 0, 1) / minute, max: Date.UTC(2031, 0, 1) / minute });
  const length = fc.oneof(fc.integer({ min: 1, max: 4 * 1440 }), fc.integer({ min: 1, max: 900 * 1440 }));
  fc.assert(
    fc.property(time, length, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (from, long, at) => {
      const range = { start: from * minute, end: (from + long) * minute };
      const start = range.start + Math.floor(at * long) * minute;
      const prefixes = startPrefixes(range);
      assert.equal(prefixes.filter((prefix) => wordOf(start).startsWith(prefix)).length, 1);
      assert.ok(prefixes.length <= 3);
    }),
  );
  for (const range of [{}, { start: 5 }, { end: 5 }, { start: 0, end: Number.POSITIVE_INFINITY }])
    assert.deepEqual(startPrefixes(range), ['']);
  assert.deepEqual(startPrefixes({ start: day, end: day }), []);
});

test('a window of a year of them costs the names of its days, or of a month at most', async () => {
  const store = createMemoryStore();
  let listed = 0;
  const counted = {
    ...store,
    async *list(prefix: string) {
      for await (const each of store.list(prefix)) {
        listed += 1;
        yield each;
      }
    },
  };
  const ledger = createStoreLedger(counted);
  const year = Date.UTC(2026, 0, 1);
  const windows = Array.from(
    { length: 365 },
    (_, n): Window => ({ ...feed, start: year + n * day, end: year + (n + 1) * day }),
  );
  for (const window of windows) await ledger.write({ ...plannedEntry(window), state: 'done' }, undefined);
  for (const { start, end } of windows) {
    await Array.fromAsync(ledger.list(feed, { start: start - day, end: start - day + minute })); // finishes what is open
    listed = 0;
    const found = await Array.fromAsync(ledger.list(feed, { start: start - day, end }));
    assert.equal(found.length, start === year ? 1 : 2);
    assert.ok(listed <= 31, `${listed} names for ${new Date(start).toISOString()}`);
  }
});
