import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore } from '../../shared/lake/store-memory.ts';
import type {
  Counts,
  Draft,
  DraftFile,
  Engine,
  Millis,
  ObjectStore,
  Signal,
  StoredObject,
  Window,
} from '../../shared/model.ts';
import type { AskPorts } from '../../shared/pipeline/ask/ask.ts';
import { reviveFeed } from '../../shared/pipeline/plan.ts';
import { type RunOutcome, type RunPorts, runWindow } from '../../shared/pipeline/run.ts';
import { createRecall } from '../../shared/pipeline/running/recall.ts';
import { type SweepPorts, sweepBlobs } from '../../shared/pipeline/sweep/sweep.ts';
import { createSightings } from '../../shared/source/blobs/sightings.ts';
import { createBlobSource } from '../../shared/source/blobs/source.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';
import { gated, manualClock, textLake } from './world.ts';

/**
 * The real blob source, view and pipeline over containers in memory, with an engine that keeps lines as they are: a
 * lake file is the lines of its window, and the quarantine file its unreadable bytes. Time is moved by hand; messages
 * wait until they are taken.
 */

export const hour = 3_600_000;
export const never = new AbortController().signal;
export const signals: readonly Signal[] = ['requests', 'dependencies', 'traces', 'customEvents'];

/** Documents as they stand, in order of their lines; nothing else is known of them. */
function lineEngine(): Engine {
  return {
    emptyFile: async () => new Uint8Array(),
    begin: async (window): Promise<Draft> => {
      const lines: string[] = [];
      const bad: Uint8Array[] = [];
      const counts: { -readonly [K in keyof Counts]: Counts[K] } = {
        read: 0,
        written: 0,
        deduplicated: 0,
        quarantined: 0,
      };
      const file = (signal: DraftFile['signal'], text: string, rows: number): DraftFile[] =>
        rows === 0
          ? []
          : [{ signal, partition: window.start, part: 1, content: { files: [text], bytes: text.length }, rows }];
      return {
        counts,
        add: async (chunk) => {
          const text = Buffer.from(chunk.bytes).toString();
          const found = text.split('\n').filter((line) => line.trim() !== '');
          lines.push(...found);
          bad.push(...chunk.faults.map(({ bytes }) => bytes));
          counts.read += found.length;
          counts.written += found.length;
          counts.quarantined += chunk.faults.length;
          return [];
        },
        finish: async () => [
          ...file(window.signal, lines.join('\n'), lines.length),
          ...file('quarantine', Buffer.concat(bad).toString('latin1'), bad.length),
        ],
        close: async () => {},
      };
    },
  };
}

export const pathOf = (signal: string, { app, source, start }: Pick<Window, 'app' | 'source' | 'start'>): string =>
  `${signal}/${app}/${source}/${new Date(start).toISOString().slice(0, 13)}`;

export interface WorldOptions {
  /** Containers by name. */
  readonly stores: Readonly<Record<string, ObjectStore>>;
  readonly start: Millis;
  readonly lookback?: Millis;
  readonly emptied?: 'keep' | 'follow';
  readonly window?: Millis;
  /** The real engine, with a lake that takes its files, instead of the one that keeps lines. */
  readonly making?: Pick<RunPorts, 'engine' | 'lake' | 'path' | 'discard' | 'withWorkFolder' | 'hash' | 'inLake'> &
    Pick<AskPorts, 'lost'>;
  /** Left out: a new one. */
  readonly ledger?: ReturnType<typeof createMemoryLedger>;
  /** How far time goes on, at least, while the world settles: past every lease and back-off. */
  readonly pause?: Millis;
}

export async function exportsWorld({
  stores,
  start,
  lookback = 72 * hour,
  emptied = 'keep',
  window = hour,
  making,
  ledger = createMemoryLedger(),
  pause = 3_700_000,
}: WorldOptions) {
  const clock = manualClock();
  clock.advance(start - clock.now());
  const lake = textLake();
  const base = await mkdtemp(join(tmpdir(), 'exports-'));
  const messages: { window: Window; at: Millis }[] = [];
  const containers = Object.entries(stores).map(([container, store]) => ({ store, container }));
  const grows = ({ end }: Window) => clock.now() < end + lookback;
  const settings = { containers, apps: {}, grows, emptied };
  let runs = 0;
  const ports: RunPorts & AskPorts & SweepPorts = {
    ledger,
    lake,
    clock,
    lookback,
    window,
    emptied,
    refresh: 300_000,
    lease: 120_000,
    source: createBlobSource(settings),
    sightings: createSightings({ ...settings, window, signals, from: undefined, until: undefined }),
    engine: lineEngine(),
    path: (file, of) => pathOf(file.signal, of),
    ...(making === undefined && {
      expected: (of: Window) => ({ path: pathOf(of.signal, of), signal: of.signal, rows: 0, bytes: 0 }),
    }),
    recall: createRecall(),
    discard: async () => {},
    withWorkFolder: async (use) => {
      runs += 1;
      return use(await mkdtemp(join(base, `${runs}-`)));
    },
    hints: {
      prepare: async () => {},
      send: async (of, delay) => void messages.push({ window: of, at: clock.now() + delay }),
    },
    ...making,
  };

  /** Every message is taken when its time has come; what nobody does is revived by the planner. */
  async function settle(): Promise<RunOutcome[]> {
    const outcomes: RunOutcome[] = [];
    let rounds = 0;
    for (let open = 1; open > 0; ) {
      assert.ok(rounds++ < 500, `windows stay open: ${JSON.stringify(outcomes.slice(-3))}`);
      for (let next = messages.shift(); next !== undefined; next = messages.shift()) {
        if (next.at > clock.now()) clock.advance(next.at - clock.now());
        outcomes.push(await runWindow(next.window, ports));
      }
      clock.advance(pause);
      open = 0;
      for await (const feed of ledger.feeds())
        open += (await reviveFeed(feed, { ...ports, patience: 1, limit: 1000 })).open;
    }
    return outcomes;
  }

  return {
    ports,
    clock,
    ledger,
    lake,
    messages,
    settle,
    runs: () => runs,
    sweep: () => sweepBlobs(ports, never),
    close: () => rm(base, { recursive: true, force: true }),
  };
}

type Ports = RunPorts & AskPorts & SweepPorts;

/** The process dies at its k-th call to source, ledger, lake or queue: nothing that it calls from then on happens. */
export const mortal = (ports: Ports, calls: number): Ports =>
  struckAt(ports, (count) => (count > calls ? new Error('killed') : undefined));

/** `strike`: what becomes of its n-th call (from 1), before and after its effect each counted; undefined: it passes. */
export function struckAt(ports: Ports, strike: (count: number) => Error | undefined): Ports {
  let count = 0;
  const gate = async () => {
    count += 1;
    const error = strike(count);
    if (error !== undefined) throw error;
  };
  const [ledger, lake, hints] = [gated(ports.ledger, gate), gated(ports.lake, gate), gated(ports.hints, gate)];
  const { read, write, halve, plan, progress, swept, recordSweep, recordDrift } = ledger;
  const { head, put, remove } = lake;
  return {
    ...ports,
    ledger: { ...ports.ledger, read, write, halve, plan, progress, swept, recordSweep, recordDrift },
    lake: { ...ports.lake, head, put, remove },
    hints: { ...ports.hints, send: hints.send },
    source: {
      open: async (window, abort) => {
        await gate();
        const reading = await ports.source.open(window, abort);
        const chunks = async function* () {
          for await (const chunk of reading.chunks()) {
            await gate();
            yield chunk;
          }
          await gate();
        };
        return new Proxy(reading, { get: (target, key) => (key === 'chunks' ? chunks : Reflect.get(target, key)) });
      },
    },
  };
}

/** A store whose blobs can be appended to, with the names that were asked of it. */
export function exportStore(archived: (name: string) => boolean = () => false) {
  const asked: string[] = [];
  const store = createMemoryStore({
    onStep: (step) => void (/^(list|folders) /.test(step) && !step.endsWith(': done') && asked.push(step)),
  });
  const put = async (name: string, bytes: Uint8Array | string) =>
    store.put(name, Buffer.from(bytes), await store.head(name));
  return {
    ...store,
    asked,
    write: put,
    drop: async (name: string) => store.remove(name, (await store.head(name)) ?? ''),
    async *list(prefix: string): AsyncIterable<StoredObject> {
      for await (const object of store.list(prefix)) yield { ...object, archived: archived(object.name) };
    },
  };
}

/** A container that Azure has not made yet. */
export function missingStore(): ObjectStore {
  return brokenStore('ContainerNotFound', 'list: there is no such container');
}

/** A store of which nothing can be listed. */
export function brokenStore(code: string, message: string): ObjectStore {
  const next = () => Promise.reject(Object.assign(new Error(message), { code }));
  const failing = { [Symbol.asyncIterator]: () => ({ next }) };
  return { ...createMemoryStore(), list: () => failing, folders: () => failing };
}

const COMPONENT = 'resourceId=/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/SHOP';
const WORKSPACE =
  'WorkspaceResourceId=/subscriptions/s/resourcegroups/g/providers/microsoft.operationalinsights/workspaces/shop';
const KEY = '2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e';

const timeOf = (at: Millis) => {
  const [y, m, d, h] = new Date(at).toISOString().split(/[-T:]/);
  return { flat: `y=${y}/m=${m}/d=${d}/h=${h}`, classic: `${y}-${m}-${d}/${h}` };
};

/** Names of export blobs by layout. */
export const blobName = {
  diagnostics: (at: Millis) => `${COMPONENT}/${timeOf(at).flat}/m=00/PT1H.json`,
  dataExport: (at: Millis, minute = '00') => `${WORKSPACE}/${timeOf(at).flat}/m=${minute}/PT05M.json`,
  continuous: (at: Millis, type = 'Requests', n = 0) => `Shop_${KEY}/${type}/${timeOf(at).classic}/${n}.blob`,
};
