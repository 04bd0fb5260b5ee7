import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { startAzurite } from '../../local/azurite.ts';
import { type MemoryData, memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import type { Chance } from '../../local/telemetry/chance.ts';
import type { ExportBlob } from '../../local/telemetry/exportBlobs.ts';
import type { Interval, Window } from '../../shared/model.ts';
import { parseWindowMessage } from '../../shared/state/window-message.ts';
import { type StorageFront, startStorageFront } from '../front/storageFront.ts';
import { type Instance, startInstance } from './instance.ts';
import { environment } from './process.ts';
import { shopRows } from './shopRows.ts';

/** After that time a window that is still open is hinted again. */
const PATIENCE = 31 * 60_000;
const HOUR = 3_600_000;

/** Size of the query windows. */
export const WINDOW = 2 * HOUR;

/** What a test of the function app is about. */
export interface Story {
  readonly seed: string;
  readonly chance: Chance;
  /** The app that is asked for by the query API, and when. */
  readonly shop: { readonly app: string; readonly perHour: number } & Interval;
}

/** The function app in as many processes as a test likes, with storage behind a proxy and a query API. */
export interface FunctionApp {
  readonly proxy: StorageFront;
  readonly simulator: Simulator;
  readonly data: MemoryData;
  /** One instance that nobody strikes. */
  readonly instance: Instance;
  /** Starts another one, its clock wrong by that much; `more`: its settings beside those of all. */
  start(shift?: number, more?: Readonly<Record<string, string>>): Promise<Instance>;
  upload(blob: ExportBlob): Promise<void>;
  /**
   * Delivers what lies in the queue, each message to several runners and not in order, until all windows are done.
   * Resolves with how often runs ended in which state.
   */
  deliverAll(runners: readonly Instance[]): Promise<Record<string, number>>;
  /** A copy of the lake in a folder. */
  download(): Promise<string>;
  close(): Promise<void>;
}

export async function startFunctionApp({ seed, chance, shop }: Story): Promise<FunctionApp> {
  const folder = await mkdtemp(join(tmpdir(), 'e2e-functions-'));
  const azurite = await startAzurite();
  const proxy = await startStorageFront(azurite);
  const data = memoryData(shopRows({ seed, ...shop }));
  const simulator = await startSimulator({ data });
  const blobs = BlobServiceClient.fromConnectionString(azurite.connectionString);
  await blobs.getContainerClient('exports').create();
  const env = environmentOf(shop, proxy, simulator, folder);
  const started: Promise<Instance>[] = [];
  const start = (shift = 0, more = {}) => {
    const one = startInstance({ ...env, ...more, CLOCK_SHIFT_MS: String(shift) });
    started.push(one);
    return one;
  };
  const queue = new QueueClient(azurite.connectionString, 'insights-lake-windows');
  return {
    proxy,
    simulator,
    data,
    instance: await start(),
    start,
    upload: async ({ name, text }) => {
      await blobs.getContainerClient('exports').getBlockBlobClient(name).upload(text, Buffer.byteLength(text));
    },
    deliverAll: async (runners) => deliverAll(queue, runners, await start(PATIENCE), chance),
    download: () => downloaded(blobs, folder),
    close: async () => {
      for (const one of started) await (await one).kill();
      await simulator.close();
      await proxy.close();
      await azurite.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const environmentOf = (
  shop: Story['shop'],
  proxy: StorageFront,
  simulator: Simulator,
  folder: string,
): Record<string, string> =>
  environment({
    AzureWebJobsStorage: proxy.connectionString,
    APP_NAME: shop.app,
    APP_ID: '11111111-2222-3333-4444-555555555555',
    QUERY_ENDPOINT: simulator.url,
    QUERY_FROM: new Date(shop.start).toISOString(),
    QUERY_UNTIL: new Date(shop.end).toISOString(),
    QUERY_WINDOW: `${WINDOW / HOUR}h`,
    EXPORT_CONTAINER: 'exports',
    EXPORT_CONNECTION: 'AzureWebJobsStorage',
    EXPORT_REFRESH: '0m',
    LAKE_CONNECTION_STRING: proxy.connectionString,
    LAKE_CONTAINER: 'lake',
    LEASE: '10s',
    // Every kill leaves a seat behind that is free after 20 s only.
    BUDGET_IN_FLIGHT: '100',
    BUDGET_RATE: '20000',
    TMPDIR: folder,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(folder, 'cache'),
  });

async function deliverAll(queue: QueueClient, runners: readonly Instance[], planner: Instance, chance: Chance) {
  const states: Record<string, number> = {};
  const deliver = async (runner: Instance, windows: readonly Window[]) => {
    for (const window of windows) {
      const { state, error } = await runner.run(window);
      states[state] = (states[state] ?? 0) + 1;
      assert.notEqual(state, 'failed', error);
    }
  };
  for (let rounds = 0; rounds < 20; rounds++) {
    const windows = await windowsIn(queue);
    await Promise.all(runners.map((runner) => deliver(runner, inAnyOrder(windows, chance))));
    // A message that found its window busy is sent again once patience has run out: so long does this planner wait.
    const { feeds, errors } = await planner.plan();
    assert.deepEqual(errors, []);
    if (windows.length === 0 && feeds.every(({ open }) => open === 0)) return states;
    if (windows.length === 0) await sleep(500);
  }
  return assert.fail('not done after 20 rounds');
}

/** Takes all messages from the queue. */
async function windowsIn(queue: QueueClient): Promise<Window[]> {
  const windows: Window[] = [];
  for (;;) {
    const { receivedMessageItems: found } = await queue.receiveMessages({
      numberOfMessages: 32,
      visibilityTimeout: 60,
    });
    if (found.length === 0) return windows;
    for (const { messageText, messageId, popReceipt } of found) {
      windows.push(parseWindowMessage(Buffer.from(messageText, 'base64').toString()));
      await queue.deleteMessage(messageId, popReceipt);
    }
  }
}

export const inAnyOrder = <T>(all: readonly T[], chance: Chance): T[] =>
  all
    .map((one) => ({ one, at: chance.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);

async function downloaded(blobs: BlobServiceClient, folder: string): Promise<string> {
  const lake = await mkdtemp(join(folder, 'lake-'));
  const container = blobs.getContainerClient('lake');
  for await (const { name } of container.listBlobsFlat()) {
    const path = join(lake, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await container.getBlobClient(name).downloadToBuffer());
  }
  return lake;
}
