import type { Config, Ledger, LedgerEntry, Signal, Window } from '../../shared/model.ts';
import { claimedEntry, failedEntry, finishedEntry, plannedEntry } from '../../shared/pipeline/entry.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';

/**
 * A ledger of some apps as it looks after a while, with every kind of trouble in it, and the settings that belong to
 * it.
 */

export const hour = 3_600_000;
export const day = 24 * hour;
export const SIGNALS: readonly Signal[] = [
  'requests',
  'dependencies',
  'exceptions',
  'traces',
  'customEvents',
  'customMetrics',
  'pageViews',
  'browserTimings',
  'availabilityResults',
  'performanceCounters',
];
/** In the middle of an hour. */
export const NOW = Date.UTC(2026, 10, 26, 9, 12);

export interface World {
  readonly ledger: Ledger;
  readonly config: Pick<Config, 'apps' | 'exports' | 'lake'>;
  now(): number;
}

export async function filled(size: {
  readonly apps: number;
  readonly days: number;
  readonly well?: boolean;
}): Promise<World> {
  const ledger = createMemoryLedger();
  const names = ['shop', 'store', 'checkout', 'billing', 'search', 'mail', 'login', 'orders', 'stock', 'reports'].slice(
    0,
    size.apps,
  );
  const from = Math.floor(NOW / day) * day - (size.days - 1) * day;
  for (const app of names)
    for (const signal of SIGNALS) {
      const entries: LedgerEntry[] = [];
      for (let start = from; start + hour <= NOW - 10 * 60_000; start += hour) {
        const entry = entryAt({ app, signal, source: 'query', start, end: start + hour }, size.well === true);
        if (entry !== undefined) entries.push(entry);
      }
      for (const entry of entries) await ledger.write(entry, undefined);
      const open = entries.find(({ doneAt }) => doneAt === 0);
      const horizon = Math.max(...entries.map(({ window }) => window.end));
      const progress = { horizon, watermark: open?.window.start ?? horizon };
      await ledger.plan({ app, signal, source: 'query' }, progress, undefined, []);
    }
  await ledger.recordDrift([
    {
      app: 'shop',
      signal: 'requests',
      source: 'query',
      path: 'context.custom.colour',
      count: 12,
      firstSeen: NOW - 3 * day,
    },
  ]);
  const query = {
    ...{ url: 'https://api.applicationinsights.io/v1/apps/1/query', scope: '', auth: { kind: 'none' } as const },
    ...{ schema: { kind: 'app' } as const, signals: SIGNALS, window: hour, lag: 10 * 60_000 },
    ...{ from: undefined, until: undefined, retention: undefined },
  };
  return {
    ledger,
    config: {
      apps: names.map((name) => ({ name, query })),
      exports: undefined,
      lake: { kind: 'folder', folder: 'lake' },
    },
    now: () => NOW,
  };
}

const reader =
  'query exceptions of store 2026-11-24T03:00:00Z/2026-11-24T04:00:00Z at ' +
  'https://api.applicationinsights.io/v1/apps/1/query: 403 InsufficientAccessError: The provided credentials have ' +
  'insufficient access; give the identity of the app the role Reader on the component (docs/deploy.md), which takes ' +
  'up to an hour to hold';

/** Undefined: there is none. Numbers depend on the window alone. */
function entryAt(window: Window, well: boolean): LedgerEntry | undefined {
  const { app, signal, start, end } = window;
  const age = (NOW - start) / hour;
  const weekday = 1 + 0.5 * Math.sin((start / day) * 0.9) + 0.4 * Math.sin((start / hour) * 0.26);
  const rows = Math.round((200 + signal.length * 90 + app.length * 40) * Math.max(0.05, weekday));
  const claimed = claimedEntry(plannedEntry(window), end + 12 * 60_000, 120_000);
  if (!well) {
    if (app === 'store' && signal === 'exceptions' && age > 52 && age < 57)
      return {
        ...failedEntry({ ...claimed, attempts: 7, revision: 7 }, NOW - hour, 0.5, reader, 1),
        notBefore: NOW + 20 * 60_000,
      };
    if (app === 'shop' && signal === 'pageViews' && age < 9)
      return age < 2 ? plannedEntry(window) : { ...claimed, leaseUntil: NOW + 60_000 };
    if (app === 'checkout' && signal === 'customMetrics' && age > 300 && age < 360) return undefined;
    if (app === 'shop' && signal === 'browserTimings' && age > 600)
      return { ...finish(claimed, 0, end), state: 'unavailable', error: 'the source has no rows of it' };
    if (age < 2 && signal === 'traces') return plannedEntry(window);
  }
  const done = finish(claimed, rows, end);
  if (well) return { ...done, counts: { ...done.counts, quarantined: 0 } };
  if (start % (13 * hour) !== 0) return done;
  return {
    ...finish(claimedEntry({ ...done, again: true }, end + 6 * hour, 1), rows + 7, end + 6 * hour),
    again: age < 30,
  };
}

function finish(entry: LedgerEntry, rows: number, at: number): LedgerEntry {
  const quarantined = entry.window.app === 'shop' && entry.window.signal === 'requests' && rows % 17 === 0 ? 2 : 0;
  const counts = { read: rows, written: rows, deduplicated: 0, quarantined };
  const { signal, app, start } = entry.window;
  const date = new Date(start).toISOString().slice(0, 10);
  const path = `${signal}/app=${app}/date=${date}/query_${start}.parquet`;
  const files = [{ path, signal: entry.window.signal, rows, bytes: rows * 61 }];
  const asked = rows % 11 === 0 ? 3 : 2;
  return finishedEntry(entry, at + 12 * 60_000 + rows * 7, {
    fingerprint: `rows:${rows}`,
    counts,
    asked,
    wasted: asked - 2,
    files,
  });
}
