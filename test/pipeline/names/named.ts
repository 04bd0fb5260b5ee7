/** One app under many names, in a ledger in memory. */
import assert from 'node:assert/strict';
import type { Feed, Interval, Millis, Window } from '../../../shared/model.ts';
import { oldName } from '../../../shared/pipeline/many/stopped.ts';
import { createNames, type NamedApp } from '../../../shared/pipeline/names/names.ts';
import { planFeed } from '../../../shared/pipeline/plan.ts';
import { shareRows } from '../../../shared/pure/origin.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';

export const hour: Millis = 3_600_000;
export const start = Date.UTC(2026, 0, 1);
export const signals = ['requests'] as const;

/** A ledger that one app after the other plans into; what is planned is done at once unless `slow`. */
export function world() {
  let now = start + 30 * hour;
  let apps: readonly NamedApp[] = [];
  const ledger = createMemoryLedger(undefined, (feed) => names.originOf(feed));
  let names = createNames(apps, ledger, () => now);
  const clock = { now: () => now, random: () => 0.5, sleep: async () => {} };
  const feedOf = (app: string): Feed => ({ app, signal: 'requests', source: 'query' });
  const settings = (...given: readonly (readonly [app: string, origin: string])[]) => {
    apps = given.map(([app, origin]) => ({ app, origin, signals }));
    names = createNames(apps, ledger, () => now);
  };
  const run = async (windows: readonly Window[]) => {
    for (const window of windows) {
      const seen = await ledger.read(window);
      assert.ok(seen, `no entry of ${window.app}`);
      const origin = await names.readFrom(seen.value);
      if (origin === undefined && seen.value.origin !== undefined) continue; // it fails, and is tried again
      const done = { ...seen.value, ...(origin && { origin }), state: 'done' as const, again: false, doneAt: now };
      await ledger.write({ ...done, fingerprint: 'rows:1', revision: seen.value.revision + 1 }, seen.etag);
    }
  };
  const tick = async (size: Millis | ((origin: string) => Millis), from?: Millis, isSlow = false, until?: Millis) => {
    const sent: Window[] = [];
    const hints = { prepare: async () => {}, send: async (window: Window) => void sent.push(window) };
    const ports = { ledger, hints, clock, patience: hour, limit: 7, others: names.others, originOf: names.originOf };
    names.saw(await Array.fromAsync(ledger.openings()));
    const told = [];
    const sizeOf = typeof size === 'number' ? () => size : size;
    for (const { app, origin } of apps)
      told.push(await planFeed(feedOf(app), { size: sizeOf(origin), lag: 0, until }, from, ports));
    for (const { feed } of names.renamed()) await oldName(feed, ports);
    if (!isSlow) await run(sent);
    return told;
  };
  const windows = async (origin = 'app x'): Promise<readonly Window[]> => {
    const found: Window[] = [];
    for await (const feed of ledger.feeds())
      for await (const entry of ledger.list(feed))
        if (shareRows(entry.origin ?? names.originOf(entry.window) ?? '', origin)) found.push(entry.window);
    return found.toSorted((a, b) => a.start - b.start);
  };
  const later = (by: Millis) => {
    now += by;
    names = createNames(apps, ledger, () => now);
  };
  return { ledger, clock, settings, tick, windows, later, run, feedOf, names: () => names };
}

/** No two share a moment; what lies in none. */
export function tiled(windows: readonly Interval[]): readonly Interval[] {
  const gaps: Interval[] = [];
  for (const [n, window] of windows.entries()) {
    const before = windows[n - 1];
    if (before === undefined) continue;
    assert.ok(before.end <= window.start, `twice from ${new Date(window.start).toISOString()} on`);
    if (before.end < window.start) gaps.push({ start: before.end, end: window.start });
  }
  return gaps;
}
