/**
 * The app's functions in their worker, called by the local host, before storage, a query API and an export that answer
 * as a test says; in time that passes fast (fast-clock.ts).
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { type Host, type HostEvent, startHost } from '../../local/host/host.ts';
import { readHostSettings } from '../../local/host/settings.ts';
import { type MemoryData, memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import { parseConfig } from '../../shared/config.ts';
import type { Ledger, LedgerEntry, Signal } from '../../shared/model.ts';
import { openLedger } from '../../shared/wire/clients.ts';
import { blobsLeft } from '../e2e/left.ts';
import { environment } from '../e2e/process.ts';
import { type StorageFront, startStorageFront } from '../front/storageFront.ts';
import { type Answered, type Asked, answered, called, type Ended } from './call.ts';
import { fastEnv, speedUp } from './fast-clock.ts';
import { exportBlob, HOUR, START } from './inputs.ts';
import { startWorker, type Worker } from './worker.ts';

export interface SceneOptions {
  /** Windows of an hour of each signal. */
  readonly hours: number;
  /** The first of them, of the day; default 0. */
  readonly from?: number;
  readonly signals: string;
  /** Beside the settings of all; '' takes one of them away. */
  readonly settings?: Settings | ((made: Pick<Scene, 'azurite' | 'front' | 'simulator'>) => Settings);
  /** Whether the host listens (queue, timers, blobs); else functions are called by hand. */
  readonly host?: boolean;
  /** Left out: one of its own. Names of scenes that share one must differ. */
  readonly azurite?: Azurite;
  readonly name?: string;
}

type Settings = Readonly<Record<string, string>>;

export interface Scene {
  readonly azurite: Azurite;
  readonly front: StorageFront;
  readonly simulator: Simulator;
  readonly data: MemoryData;
  readonly worker: Worker;
  readonly hours: number;
  readonly env: Readonly<Record<string, string>>;
  /** What the functions logged and how they ended, since the start. */
  readonly events: SceneEvent[];
  /** Calls a function by hand, as the host does; `by`: in another worker than its own. */
  call(name: string, text?: string, by?: Worker): Promise<Ended>;
  /** Calls an HTTP function. */
  ask(name: string, asked?: Asked): Promise<Answered>;
  /** Puts an export blob of one record where the app looks for them; its name. */
  blob(hour: number, n?: number): Promise<string>;
  /** As it stands in storage, past the front. */
  readonly ledger: Ledger;
  entries(): Promise<LedgerEntry[]>;
  /** Throws unless the lake has each row of the query API once, and each of the blobs. */
  assertWhole(): Promise<number>;
  /** The same, as a question; without the rows that are missing. */
  isWhole(): Promise<boolean>;
  close(): Promise<void>;
}

/** With the scene's time. */
export type SceneEvent = HostEvent & { readonly at: number };

export type { Ended } from './call.ts';

/** All scenes of a process live in one time, which begins with the first. */
const time = { factor: Number(process.env.WORKER_FAST ?? 10), since: Date.now(), passes: false };

function letTimePass(): void {
  if (!time.passes) speedUp(time.factor, time.since);
  time.passes = true;
}

/** Storage in the time of scenes. */
export async function sceneStorage(): Promise<Azurite> {
  const azurite = await startAzurite({ env: fastEnv(time.factor, time.since) });
  // Whoever starts something waits by the wall.
  letTimePass();
  return azurite;
}

export async function startScene(wanted: SceneOptions): Promise<Scene> {
  const { hours, from = 0, signals, settings = {}, host = false, name = '' } = wanted;
  const work = await mkdtemp(join(tmpdir(), 'scene-'));
  const azurite = wanted.azurite ?? (await sceneStorage());
  const front = await startStorageFront(azurite);
  const shop = { seed: '1', app: 'shop', perHour: 6, start: START + from * HOUR, end: START + (from + hours) * HOUR };
  const asked = signals.split(',') as Signal[];
  const data = memoryData(asked.flatMap((signal) => [...telemetryRows({ ...shop, signal })]));
  const simulator = await startSimulator({ data });
  const exports = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(`exports${name}`);
  await exports.create();
  const env = environment({
    ...fastEnv(time.factor, time.since),
    AzureWebJobsStorage: front.connectionString,
    APP_NAME: 'shop',
    APP_ID: '11111111-2222-3333-4444-555555555555',
    QUERY_ENDPOINT: simulator.url,
    QUERY_FROM: new Date(shop.start).toISOString(),
    QUERY_UNTIL: new Date(shop.end).toISOString(),
    QUERY_WINDOW: '1h',
    SIGNALS: signals,
    EXPORT_CONTAINER: `exports${name}`,
    STATE_TABLE: `table${name}`,
    WINDOW_QUEUE: `windows${name}`,
    EXPORT_CONNECTION: 'AzureWebJobsStorage',
    LAKE_CONNECTION_STRING: front.connectionString,
    LAKE_CONTAINER: `lake${name}`,
    LAKE_FORMAT: 'ndjson',
    TMPDIR: work,
    ...(process.env.NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }),
    ...(typeof settings === 'function' ? settings({ azurite, front, simulator }) : settings),
  });
  const ledger = ledgerOf(env, azurite);
  const worker = await startWorker(env);
  const events: SceneEvent[] = [];
  // What the host asks for itself is none of the app's business: it goes past the front.
  const own = { ...env, AzureWebJobsStorage: azurite.connectionString };
  const options = {
    ...{ core: worker.core, entries: [], env: own, port: 0, lock: 600_000, blobEvery: 10_000 },
    settings: await readHostSettings(join(import.meta.dirname, '../..')),
    report: (event: HostEvent) => void events.push({ ...event, at: Date.now() }),
  };
  const running: Host | undefined = host ? await startHost(options) : undefined;
  const blobs = new Set<string>();
  const missing = async (): Promise<string[]> => {
    const ids = await idsIn(azurite, `lake${name}`);
    const wanted = [...asked.flatMap((signal) => data.all(signal).map(({ itemId }) => String(itemId)))];
    return [...wanted, ...blobs].filter((id) => !ids.has(id));
  };
  return {
    ...{ azurite, front, simulator, data, worker, hours, env, events },
    call: (wanted, text = '', by = worker) => called(by, `exports${name}`, wanted, text),
    ask: (wanted, asked) => answered(worker, wanted, asked),
    blob: async (hour, n = 0) => {
      const made = exportBlob(hour, n);
      await exports.getBlockBlobClient(made.name).upload(made.text, Buffer.byteLength(made.text));
      blobs.add(made.id);
      return made.name;
    },
    ledger,
    entries: () => entriesOf(ledger),
    isWhole: async () => (await missing()).length === 0,
    assertWhole: async () => {
      assert.deepEqual(await missing(), [], 'rows that are missing');
      const ids = await idsIn(azurite, `lake${name}`);
      assert.equal(ids.size, asked.flatMap((signal) => data.all(signal)).length + blobs.size);
      return ids.size;
    },
    close: async () => {
      // What its listeners wait for does not come any more.
      void running?.stop();
      await worker.kill();
      await simulator.close();
      await front.close();
      if (wanted.azurite === undefined) await azurite.close();
      await rm(work, { recursive: true, force: true });
    },
  };
}

/** Every row once: what is there twice is a fault. */
async function idsIn(azurite: Azurite, lake: string): Promise<ReadonlySet<string>> {
  const texts = await blobsLeft(azurite, lake).catch(() => new Map<string, string>());
  const ids = [...texts.values()].flatMap((text) =>
    [...text.matchAll(/"itemId":"([^"]+)"/g)].map(([, id]) => id ?? ''),
  );
  assert.equal(new Set(ids).size, ids.length, 'a row is twice in the lake');
  return new Set(ids);
}

function ledgerOf(env: Readonly<Record<string, string>>, azurite: Azurite): Ledger {
  const { lake } = parseConfig(env, () => '');
  const { state } = parseConfig({ ...env, AzureWebJobsStorage: azurite.connectionString }, () => '');
  return openLedger(state, lake);
}

async function entriesOf(ledger: Ledger): Promise<LedgerEntry[]> {
  const all = [];
  for await (const feed of ledger.feeds()) all.push(...(await Array.fromAsync(ledger.list(feed))));
  return all;
}

/** Waits until it holds, for so long of the scene's time; how long that was, or undefined. */
export async function until(holds: () => Promise<boolean> | boolean, most: number): Promise<number | undefined> {
  const began = Date.now();
  while (Date.now() - began < most) {
    if (await holds()) return Date.now() - began;
    await sleep(1_000);
  }
  return (await holds()) ? Date.now() - began : undefined;
}
