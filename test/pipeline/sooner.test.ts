import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { LedgerEntry, Window } from '../../shared/model.ts';
import { failedEntry, plannedEntry } from '../../shared/pipeline/entry.ts';
import { createSooner } from '../../shared/pipeline/outage/sooner.ts';

const HOUR = 3_600_000;
const windowOf = (hour: number, app = 'shop', source = 'query'): Window => ({
  ...{ app, signal: 'requests', source, start: hour * HOUR, end: (hour + 1) * HOUR },
});
const keyOf = ({ app, source, start }: Window): string => `${app} ${source} ${start / HOUR}`;

function scene() {
  const entries = new Map<string, LedgerEntry>();
  const sent: string[] = [];
  let [now, refuses, reads] = [100 * HOUR, false, 0];
  let slow: () => Promise<unknown> = async () => {};
  const sooner = createSooner({
    // Time that is slept passes when nothing else happens.
    clock: {
      now: () => now,
      sleep: async (ms, abort) => {
        await setImmediate();
        if (!abort?.aborted) now += ms;
      },
    },
    hints: { send: async (window, delay) => void sent.push(`${keyOf(window)} in ${delay / 60_000}`) },
    ledger: {
      read: async (window) => {
        reads += 1;
        await slow();
        if (refuses) throw new Error('away');
        const value = entries.get(keyOf(window));
        return value && { value, etag: `${value.notBefore}` };
      },
      write: async (entry, etag) => {
        if (entries.get(keyOf(entry.window))?.notBefore !== Number(etag)) return undefined;
        entries.set(keyOf(entry.window), entry);
        return `${entry.notBefore}`;
      },
    },
  });
  return {
    ...{ sent, reads: () => reads },
    refuse: (all: boolean) => {
      refuses = all;
    },
    pass: (minutes: number) => {
      now += minutes * 60_000;
    },
    /** Its try number `attempts` has failed now. */
    fail: async (window: Window, attempts: number) => {
      const entry = failedEntry({ ...plannedEntry(window), attempts }, now, 0.5, 'refused');
      entries.set(keyOf(window), { ...entry, hintedAt: entry.notBefore });
      await sooner({ state: 'failed', window });
    },
    well: (window: Window, minutes?: number) =>
      sooner({ state: 'done', window }, minutes === undefined ? undefined : now + minutes * 60_000),
    slowly: (each: typeof slow) => {
      slow = each;
    },
    since: (begun: number) => (now - begun) / 60_000,
    now: () => now,
    waits: (window: Window) => ((entries.get(keyOf(window))?.notBefore ?? 0) - now) / 60_000,
  };
}

test('what failed waits for a quarter of its back-off where others like it go well', async () => {
  const { sent, fail, pass, well, waits } = scene();
  await fail(windowOf(1), 7); // 54 min
  pass(20);
  await fail(windowOf(2), 5); // 14.4 min
  await well(windowOf(3));
  assert.equal(waits(windowOf(1)), 0);
  assert.equal(waits(windowOf(2)), 3.6);
  assert.deepEqual(sent, ['shop query 1 in 0', 'shop query 2 in 3.6']);
});

test('not those of another app, or another source, nor what comes soon, is done by now, or was asked for once', async () => {
  const { sent, fail, pass, well, reads, refuse } = scene();
  for (const window of [windowOf(1, 'other'), windowOf(1, 'shop', 'continuous')]) await fail(window, 7);
  await fail(windowOf(2), 1); // less than a minute
  pass(0.8);
  await fail(windowOf(3), 7);
  await well(windowOf(3)); // by its own next try
  await well(windowOf(4));
  assert.deepEqual(sent, []);
  assert.equal(reads(), 1); // of the second
  await well(windowOf(2, 'third', 'diagnostics')); // all blobs lie in one account
  assert.deepEqual(sent, ['shop continuous 1 in 12.7']);
  await fail(windowOf(5), 7);
  refuse(true);
  await well(windowOf(4));
  refuse(false);
  await well(windowOf(4));
  assert.equal(sent.length, 1); // its back-off holds
});

test('some after each run, until all are brought forward', async () => {
  const { sent, fail, well } = scene();
  for (let hour = 0; hour < 25; hour++) await fail(windowOf(hour), 7);
  const counts: number[] = [];
  for (let n = 0; n < 4; n++) {
    await well(windowOf(99));
    counts.push(sent.length);
  }
  assert.deepEqual(counts, [10, 20, 25, 25]);
});

test('the first refusal ends it: what else waits is for the next that goes well', async () => {
  const { sent, reads, fail, well, refuse } = scene();
  for (let hour = 0; hour < 10; hour++) await fail(windowOf(hour), 7);
  refuse(true);
  await well(windowOf(99));
  assert.equal(reads(), 1);
  refuse(false);
  await well(windowOf(99));
  assert.equal(sent.length, 9);
});

test('it takes what is left of the time of an invocation, and no more', async () => {
  const { sent, fail, well, slowly, pass, since, now } = scene();
  for (let hour = 0; hour < 10; hour++) await fail(windowOf(hour), 7);
  slowly(async () => pass(1));
  await well(windowOf(99), 3);
  assert.equal(sent.length, 3);
  slowly(() => new Promise(() => {}));
  const begun = now();
  await well(windowOf(99), 2);
  assert.equal(since(begun), 2);
});
