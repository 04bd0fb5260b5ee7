import { openDeltaLake } from '../../../shared/lake/delta/lake-tables.ts';
import { filePath, tableFilePath } from '../../../shared/lake/paths.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { DraftFile, Engine, Ledger, ObjectStore, RetentionRules, Signal, Window } from '../../../shared/model.ts';
import { plannedEntry } from '../../../shared/pipeline/entry.ts';
import { type RetireRequest, retireWindows } from '../../../shared/pipeline/retention/retire.ts';
import { type RunPorts, runWindow } from '../../../shared/pipeline/run.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { manualClock } from '../world.ts';

/** A lake whose windows are days, with what retires them. */

export const day = 24 * 3_600_000;
/** The day of the clock: days 0 to 29 lie before it. */
export const today = 30;

export const dayWindow = (n: number, signal: Signal = 'requests', source = 'query'): Window => ({
  ...{ app: 'shop', signal, source, start: n * day, end: (n + 1) * day },
});

export const everything: RetireRequest = { app: '', signals: [], remove: false, all: false };

export class Killed extends Error {}

/** Lets so many changes through, then kills whoever makes the next: before it is made, or after. */
export interface Fate {
  changes: number;
  after: boolean;
}

export function keptWorld(table: boolean, rules: RetentionRules = { requests: 10 * day }) {
  const clock = { ...manualClock(), sleep: async () => {} };
  clock.advance(-clock.now());
  const memory = createMemoryStore();
  const inner = createMemoryLedger();
  const fate: Fate = { changes: Number.POSITIVE_INFINITY, after: false };
  const change = async <T>(make: () => Promise<T>): Promise<T> => {
    if (fate.changes < 0) throw new Killed('dead already');
    fate.changes -= 1;
    if (fate.changes >= 0) return make();
    if (fate.after) await make();
    throw new Killed('killed');
  };
  const lake: ObjectStore = {
    ...memory,
    // Local files are their own contents.
    put: (name, content, etag) =>
      change(() =>
        memory.put(name, content instanceof Uint8Array ? content : Buffer.from(content.files.join('')), etag),
      ),
    remove: (name, etag) => change(() => memory.remove(name, etag)),
  };
  const ledger: Ledger = { ...inner, write: (entry, etag) => change(() => inner.write(entry, etag)) };
  let ids = 0;
  const tablesNow = () =>
    openDeltaLake({ lake, clock, newId: () => `${++ids}`, columns: () => [{ name: 'timestamp', type: 'timestamp' }] });
  const engine = (words: Readonly<Partial<Record<Signal, string>>>): Engine => ({
    emptyFile: async () => new Uint8Array(),
    begin: async (window) => ({
      counts: { read: 1, written: 1, deduplicated: 0, quarantined: 0 },
      add: async () => [],
      finish: async () =>
        Object.entries(words).map(
          ([signal, text]): DraftFile => ({
            ...{ signal: signal as Signal, partition: window.start, part: 1, rows: 1 },
            content: { files: [text], bytes: text.length },
          }),
        ),
      close: async () => {},
    }),
  });
  const ports = (words: Readonly<Partial<Record<Signal, string>>>): RunPorts => ({
    ...{ ledger, lake, clock, lease: 10_000, engine: engine(words) },
    ...(table && { tables: tablesNow() }),
    source: {
      open: async () => ({ fingerprint: JSON.stringify(words), empty: false, asked: 1, async *chunks() {} }),
    },
    path: ({ signal, partition, part }, window, revision) =>
      table
        ? tableFilePath({ window, signal: signal as Signal, partition, part, revision })
        : filePath('{signal}/app={app}/date={yyyy}-{MM}-{dd}/{source}_{start}_{end}.{ext}', {
            ...{ window, signal: signal as Signal, partition, part, format: 'parquet', gzip: false },
          }),
    discard: async () => {},
    withWorkFolder: (use) => use('work'),
  });
  /** Done at the end of its day, with one file a signal. */
  const bring = async (
    window: Window,
    words: Readonly<Partial<Record<Signal, string>>> = { [window.signal]: 'row' },
  ) => {
    if ((await ledger.read(window)) === undefined) await ledger.write(plannedEntry(window), undefined);
    clock.advance(window.end - clock.now());
    return runWindow(window, ports(words));
  };
  const retire = (more: Partial<RetireRequest> = {}) =>
    retireWindows(
      { ...everything, ...more },
      {
        ...{ ledger, lake, clock, rules },
        ...(table && { tables: tablesNow() }),
      },
    );
  const files = async (): Promise<string[]> => {
    const names = await Array.fromAsync(memory.list(''), ({ name }) => name);
    return names.filter((name) => name.endsWith('.parquet'));
  };
  const live = async (): Promise<string[]> => [...(await tablesNow().listing('requests')).live.keys()].sort();
  const states = async () =>
    Object.fromEntries(
      await Array.fromAsync(ledger.list(dayWindow(0)), ({ window, state }) => [window.start / day, state]),
    );
  return { clock, lake, memory, ledger, inner, fate, ports, bring, retire, files, live, states };
}

export type KeptWorld = ReturnType<typeof keptWorld>;

/** Thirty days of requests, each with a file. */
export async function thirtyDays(world: KeptWorld): Promise<void> {
  for (let n = 0; n < today; n += 1) await world.bring(dayWindow(n));
}
