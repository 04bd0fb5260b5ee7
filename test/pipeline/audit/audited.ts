import type { Clock, Feed, Interval, LedgerEntry, Millis, Source, Survey, Window } from '../../../shared/model.ts';
import { type AuditOutcome, type AuditPorts, auditWindows } from '../../../shared/pipeline/audit/audit.ts';
import type { Tiling } from '../../../shared/pipeline/grid/tile.ts';
import { createGate, type Gate } from '../../../shared/pipeline/health/gate.ts';
import { watchedLake } from '../../../shared/pipeline/health/watched.ts';
import { heldFeed, planFeed } from '../../../shared/pipeline/plan.ts';
import { type RunOutcome, runWindow } from '../../../shared/pipeline/run.ts';
import { createMemoryHealth } from '../../../shared/state/health-memory.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { textLake, truthSource, wordEngine } from '../world.ts';

/** A row at the source: when it happened, when it came in, what it says. */
export interface SourceRow {
  readonly at: Millis;
  readonly came: Millis;
  readonly word: string;
}

export const hour: Millis = 3_600_000;
export const day: Millis = 24 * hour;
export const start = Date.UTC(2026, 0, 1);
export const feed: Feed = { app: 'shop', signal: 'requests', source: 'query' };

/** What is away at this moment, as the error that a call to it ends with. */
export interface Broken {
  api(): Error | undefined;
  lake(): Error | undefined;
}

const unlessBroken = (error: Error | undefined): void => {
  if (error !== undefined) throw error;
};

/**
 * One feed of the query API between a source of words and a lake of text, with planner, runs and audits, at a time that
 * a test sets.
 */
export function auditedWorld({ broken, ...more }: Partial<AuditPorts> & { readonly broken?: Broken | undefined } = {}) {
  const ledger = createMemoryLedger();
  const inner = textLake();
  const { put } = inner;
  let puts = 0;
  const watched = watchedLake({
    ...inner,
    put: async (...args) => {
      puts++;
      unlessBroken(broken?.lake());
      return put(...args);
    },
  });
  const lake = { ...watched.lake, contents: inner.contents };
  let now = start;
  let rows: SourceRow[] = [];
  let asked = 0;
  const sent: Window[] = [];
  const clock: Clock = {
    now: () => now,
    random: () => 0.5,
    sleep: (_, abort) => new Promise((resolve) => abort?.addEventListener('abort', () => resolve())),
  };
  const hints = { prepare: async () => {}, send: async (window: Window) => void sent.push(window) };
  const inside = ({ start: from, end }: Interval) => rows.filter(({ at }) => from <= at && at < end);
  const fingerprint = (window: Interval): string => {
    const own = inside(window);
    const latest = Math.max(...own.map(({ came }) => came));
    const ids = own.reduce(
      (sum, { word }) => sum + [...word].reduce((all, char) => (all * 31 + char.charCodeAt(0)) % 1_000_003, 7),
      0,
    );
    return own.length === 0 ? 'rows:0' : `rows:${own.length} latest:${new Date(latest).toISOString()} ids:${ids}`;
  };
  const survey: Survey = {
    survey: async (windows) => {
      unlessBroken(broken?.api());
      asked++;
      return { looks: windows.map((window) => ({ fingerprint: fingerprint(window), empty: false })), asked: 1 };
    },
  };
  const source: Source = {
    open: async (window, abort) => {
      unlessBroken(broken?.api());
      const words = inside(window).map(({ word }) => word);
      const reading = await truthSource(() => (words.length === 0 ? {} : { [window.start / hour]: words })).open(
        window,
        abort,
      );
      // As that of the query API: not known before the last chunk.
      let seen = '';
      const chunks = async function* () {
        yield* reading.chunks();
        seen = fingerprint(window);
      };
      return {
        ...reading,
        empty: false,
        chunks,
        get fingerprint() {
          return seen;
        },
      };
    },
  };
  const engine = wordEngine();
  const ports = {
    ...{ ledger, lake, clock, hints, source, engine, lease: hour, refresh: 0, patience: hour / 2, limit: 240 },
    path: ({ partition }: { readonly partition: number }) => `part-${partition}`,
    discard: async () => {},
    withWorkFolder: <T>(use: (folder: string) => Promise<T>) => use('work'),
  };
  const store = createMemoryHealth();
  const probe = async () =>
    lake.put('_insights-lake/probe', new TextEncoder().encode('{}'), await lake.head('_insights-lake/probe'));
  /** Of one instance: what stands before the lake, as shared/wire/health.ts puts it together. */
  const newGate = (): Gate => createGate({ store, clock, probe });
  const gate = newGate();
  const audits: AuditPorts = { ...ports, recheck: 50 * hour, horizon: 30 * day, purged: 'follow', ...more };
  const ran: RunOutcome[] = [];
  return {
    ledger,
    lake,
    sent,
    survey,
    ports,
    /** Runs that were made by messages. */
    ran,
    questions: () => asked,
    setTime: (time: Millis) => {
      now = time;
    },
    now: () => now,
    add: (...added: readonly SourceRow[]) => void rows.push(...added),
    purge: (which: (row: SourceRow) => boolean) => {
      rows = rows.filter((row) => !which(row));
    },
    gate,
    newGate,
    /** Writes to the lake that were tried. */
    puts: () => puts,
    plan: async (by = gate, tiling: Partial<Tiling> = {}, from = start) => {
      const { state, since } = await by.look();
      if (state !== 'active') return heldFeed(feed, ledger);
      return planFeed(feed, { size: hour, lag: 0, until: undefined, ...tiling }, from, { ...ports, resumedAt: since });
    },
    /** Delivers all messages. */
    deliver: async () => {
      const states: string[] = [];
      for (let window = sent.shift(); window !== undefined; window = sent.shift()) {
        if ((await gate.look()).state !== 'active') {
          states.push('held');
          continue;
        }
        watched.take();
        const outcome = await runWindow(window, ports);
        ran.push(outcome);
        const { wrote, error } = watched.take();
        if (wrote || (outcome.state === 'failed' && error !== undefined))
          await gate.tell(outcome.state === 'failed' ? error : undefined);
        states.push(outcome.state);
      }
      return states;
    },
    audit: async (retention: Millis = 90 * day, abort = new AbortController().signal): Promise<AuditOutcome> =>
      (await gate.look()).state === 'active'
        ? auditWindows([{ app: feed.app, feeds: [feed], survey, retention }], audits, abort)
        : { feeds: [], asked: 0, errors: [] },
    entries: (): Promise<LedgerEntry[]> => Array.fromAsync(ledger.list(feed)),
    audits,
    known: () => Array.fromAsync(ledger.audits(feed, { start: 0, end: Number.MAX_SAFE_INTEGER / 2 })),
    /** The lake holds exactly what the source has, window by window. */
    differing: async () => {
      const files = lake.contents();
      const entries = await Array.fromAsync(ledger.list(feed));
      const windows = entries.filter(({ state }) => state !== 'halved').map(({ window }) => window);
      return windows.filter((window) => {
        const words = inside(window).map(({ word }) => word);
        return (files[`part-${window.start / hour}`] ?? '') !== words.join('\n');
      });
    },
  };
}

/** One row in the middle of each hour. */
export const hourly = (count: number): SourceRow[] =>
  Array.from({ length: count }, (_, n) => ({
    at: start + n * hour + hour / 2,
    came: start + n * hour + hour / 2 + 60_000,
    word: `row ${n}`,
  }));
