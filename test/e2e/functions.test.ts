import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { type MemoryData, memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { chanceOf } from '../../local/telemetry/chance.ts';
import { type ExportBlob, exportBlobs } from '../../local/telemetry/exportBlobs.ts';
import { SIGNALS } from '../../local/telemetry/tables.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import type { Signal, Window } from '../../shared/model.ts';
import { recogniseBlob } from '../../shared/source/blobs/layouts.ts';
import { parseWindowMessage } from '../../shared/state/window-message.ts';
import { differences, shortened } from './compare.ts';
import { type Instance, startInstance } from './instance.ts';
import { environment } from './process.ts';
import { readLake } from './readLake.ts';
import { type StorageCall, type StorageProxy, startStorageProxy } from './storageProxy.ts';
import { chain, fromBlob, fromQuery, type LakeRow, windowText } from './truth.ts';

/**
 * What the triggers call, in processes of their own, against Azurite: killed after every single call to storage, stalled before every
 * single one until a successor is done, two at once, messages twice and out of order. Then the lake is compared with the source row by row
 * and column by column. E2E_SEED repeats a run.
 */
const seed = process.env.E2E_SEED ?? String(Date.now() % 1_000_000);
const chance = chanceOf(`functions/${seed}`);
const HOUR = 3_600_000;
const WINDOW = 2 * HOUR;
const START = Date.UTC(2024, 4, 10);
const END = START + 24 * HOUR;
const shop = { seed, app: 'shop', perHour: 12 };
const store = { seed, app: 'store', perHour: 25, start: START, end: START + 18 * HOUR };
/** Victims live so far in the past that their claims (10 s) have run out for everybody else. */
const PAST = -60_000;
/** After that time a window that is still open is hinted again. */
const PATIENCE = 31 * 60_000;

let folder = '';
let azurite: Azurite;
let proxy: StorageProxy;
let simulator: Simulator;
let data: MemoryData;
let env: Record<string, string> = {};
let instance: Instance;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2e-functions-'));
  azurite = await startAzurite();
  proxy = await startStorageProxy(azurite);
  data = memoryData(SIGNALS.flatMap((signal) => [...telemetryRows({ ...shop, signal, start: START, end: END })]));
  simulator = await startSimulator({ data });
  env = environment({
    AzureWebJobsStorage: proxy.connectionString,
    APP_NAME: shop.app,
    APP_ID: '11111111-2222-3333-4444-555555555555',
    QUERY_ENDPOINT: simulator.url,
    QUERY_FROM: new Date(START).toISOString(),
    QUERY_UNTIL: new Date(END).toISOString(),
    QUERY_WINDOW: '2h',
    EXPORT_CONTAINER: 'exports',
    EXPORT_CONNECTION: 'AzureWebJobsStorage',
    EXPORT_REFRESH: '0m',
    LAKE_CONNECTION_STRING: proxy.connectionString,
    LAKE_CONTAINER: 'lake',
    LEASE: '10s',
    TMPDIR: folder,
    NODE_COMPILE_CACHE: join(folder, 'cache'),
  });
  await blobs().getContainerClient('exports').create();
  instance = await start();
});
after(async () => {
  for (const one of started) await (await one).kill();
  await simulator?.close();
  await proxy?.close();
  await azurite?.close();
  await rm(folder, { recursive: true, force: true });
});

const blobs = () => BlobServiceClient.fromConnectionString(azurite.connectionString);

const started: Promise<Instance>[] = [];
function start(shift = 0): Promise<Instance> {
  const one = startInstance({ ...env, CLOCK_SHIFT_MS: String(shift) });
  started.push(one);
  return one;
}

/** The same work by two: the first is struck, the second has to finish it. */
interface Work {
  begin(runner: Instance): Promise<unknown>;
  /** What happens at the source in between; not struck: after the first was done. */
  change(struck: boolean): Promise<void>;
  finish(runner: Instance): Promise<{ readonly state: string; readonly error: string } | undefined>;
}

/** Resolves with whether the process made so many calls to storage that it was struck. */
type Strike = (count: number, victim: Instance, work: Work) => Promise<boolean>;

async function assertFinished(work: Work): Promise<void> {
  const outcome = await work.finish(instance);
  assert.ok(outcome?.state === 'done' || outcome?.state === 'unchanged', `${outcome?.state}: ${outcome?.error} (seed ${seed})`);
}

/** The process dies as storage has done its `count`-th call, before the answer is given. */
const killedAfter: Strike = async (count, victim, work) => {
  let done = 0;
  proxy.gate = {
    after: async () => {
      if (++done === count) await victim.kill();
    },
  };
  const struck = await work.begin(victim).then(
    () => false,
    (error: Error) => error.message === 'killed',
  );
  proxy.gate = undefined;
  await work.change(struck);
  await assertFinished(work);
  return struck;
};

/** The process stops before its `count`-th call reaches storage; call and process go on when a successor is done. */
const stalledBefore: Strike = async (count, victim, work) => {
  let come = 0;
  let goOn = (): void => undefined;
  const stopped = new Promise<true>((stop) => {
    proxy.gate = {
      before: async () => {
        if (++come !== count) return;
        victim.child.kill('SIGSTOP');
        const woken = new Promise<void>((resolve) => {
          goOn = resolve;
        });
        stop(true);
        await woken;
      },
    };
  });
  const ended = work.begin(victim).then(
    () => false,
    () => false,
  );
  const struck = await Promise.race([stopped, ended]);
  proxy.gate = undefined;
  await work.change(struck);
  await assertFinished(work);
  goOn();
  victim.child.kill('SIGCONT');
  await ended;
  await victim.kill();
  await assertFinished(work);
  return struck;
};

/** Works struck by one call later each, until they end before; the next victim starts while one is struck. */
async function strikeEach(strike: Strike, first: number, nextWork: () => Work): Promise<number> {
  let struck = 0;
  // Some works need a call less than others: only two in a row that were not struck are the end.
  for (let [count, missed, next] = [first, 0, start(PAST)]; missed < 2; count++) {
    const victim = await next;
    next = start(PAST);
    const hit = await strike(count, victim, nextWork());
    struck += hit ? 1 : 0;
    missed = hit ? 0 : missed + 1;
  }
  return struck;
}

/** Before that, a process looks whether lake, ledger and queue are there, and knows nothing that could grow stale. */
async function firstLedgerCall(work: Work): Promise<number> {
  const calls: StorageCall[] = [];
  const runner = await start();
  proxy.gate = { before: (call) => void calls.push(call) };
  await work.begin(runner);
  proxy.gate = undefined;
  await work.change(false);
  await assertFinished(work);
  const first = calls.findIndex(({ service, path }) => service === 'table' && !path.includes("RowKey='lake'"));
  assert.ok(first >= 0, calls.map(({ method, path }) => `${method} ${path}`).join('\n'));
  return first + 1;
}

/** Killed after each call to storage, and stalled before each from the first look into the ledger on. */
async function strikeEverywhere(nextWork: (strike: 'kill' | 'stall') => Work): Promise<string> {
  const first = await firstLedgerCall(nextWork('kill'));
  const kills = await strikeEach(killedAfter, 1, () => nextWork('kill'));
  const stalls = await strikeEach(stalledBefore, first, () => nextWork('stall'));
  assert.ok(kills > 12 && stalls > 6, `${kills} kills, ${stalls} stalls (seed ${seed})`);
  return `${kills} kills, ${stalls} stalls`;
}

const windowOf = (signal: Signal, start: number): Window => ({ app: shop.app, signal, source: 'query', start, end: start + WINDOW });
const inWindow = (timestamp: unknown, { start, end }: Window): boolean =>
  Date.parse(String(timestamp)) >= start && Date.parse(String(timestamp)) < end;

/** A window of the query; `purged`: its rows are gone at the source before the second comes. */
const queryWork = (window: Window, purged: boolean): Work => ({
  begin: (runner) => runner.run(window),
  change: async (struck) => void (purged && struck && data.purge(window.signal, ({ timestamp }) => inWindow(timestamp, window))),
  finish: (runner) => runner.run(window),
});

const upload = async ({ name, text }: ExportBlob): Promise<void> => {
  await blobs().getContainerClient('exports').getBlockBlobClient(name).upload(text, Buffer.byteLength(text));
};

/** The hour folder of a blob: its window. */
const folderOf = ({ name }: ExportBlob): string => name.slice(0, name.lastIndexOf('/'));

/** All blobs of an hour folder; the last of them arrives after the first process was struck. */
const blobWork = (folderBlobs: readonly ExportBlob[], grows: boolean): Work => {
  const last = folderBlobs.at(-1);
  const first = folderBlobs[0];
  assert.ok(first && last && first !== last);
  return {
    begin: async (runner) => {
      for (const blob of grows ? folderBlobs.slice(0, -1) : folderBlobs) await upload(blob);
      return runner.arrive(first.name);
    },
    change: async () => (grows ? upload(last) : undefined),
    finish: (runner) => runner.arrive(last.name),
  };
};

/** Delivers what lies in the queue, each message to several runners and not in order, until all windows are done. */
async function deliverAll(runners: readonly Instance[]): Promise<Record<string, number>> {
  const queue = new QueueClient(azurite.connectionString, 'insights-lake-windows');
  const states: Record<string, number> = {};
  const planner = await start(PATIENCE);
  const deliver = async (runner: Instance, windows: readonly Window[]) => {
    for (const window of windows) {
      const { state, error } = await runner.run(window);
      states[state] = (states[state] ?? 0) + 1;
      assert.notEqual(state, 'failed', error);
    }
  };
  for (let rounds = 0; rounds < 20; rounds++) {
    const windows: Window[] = [];
    for (;;) {
      const { receivedMessageItems: found } = await queue.receiveMessages({ numberOfMessages: 32, visibilityTimeout: 60 });
      if (found.length === 0) break;
      for (const { messageText, messageId, popReceipt } of found) {
        windows.push(parseWindowMessage(Buffer.from(messageText, 'base64').toString()));
        await queue.deleteMessage(messageId, popReceipt);
      }
    }
    const shuffled = () =>
      windows
        .map((window) => ({ window, at: chance.next() }))
        .sort((a, b) => a.at - b.at)
        .map(({ window }) => window);
    await Promise.all(runners.map((runner) => deliver(runner, shuffled())));
    // A message that found its window busy is sent again once patience has run out: so long does this planner wait.
    const { feeds, errors } = await planner.plan();
    assert.deepEqual(errors, []);
    if (windows.length === 0 && feeds.every(({ open }) => open === 0)) return states;
    if (windows.length === 0) await sleep(500);
  }
  return assert.fail(`not done after 20 rounds (seed ${seed})`);
}

async function download(): Promise<string> {
  const lake = await mkdtemp(join(folder, 'lake-'));
  const container = blobs().getContainerClient('lake');
  for await (const { name } of container.listBlobsFlat()) {
    const path = join(lake, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await container.getBlobClient(name).downloadToBuffer());
  }
  return lake;
}

async function assertLake(app: string, truthOf: (signal: Signal) => LakeRow[], classic: boolean): Promise<number> {
  const lake = await download();
  let rows = 0;
  for (const signal of SIGNALS) {
    const truth = truthOf(signal);
    const found = await readLake(lake, signal, 'parquet');
    const own = found.rows.filter(({ filename }) => String(filename).includes(`/app=${app}/`));
    const plain = classic ? own.map((row) => ('details' in row ? { ...row, details: chain(row.details) } : row)) : own;
    const ignored = classic ? ['extra', ...(truth.some((row) => 'itemCount' in row) ? [] : ['itemCount'])] : [];
    assert.deepEqual(
      shortened([...found.faults, ...differences(truth, plain, { blanks: classic, ignored })]),
      [],
      `${signal} (seed ${seed})`,
    );
    rows += truth.length;
  }
  return rows;
}

test('query windows: killed, stalled, twice, out of order, at once', async (t) => {
  t.diagnostic(`E2E_SEED=${seed}`);
  assert.deepEqual((await instance.plan()).errors, []);
  const all = Array.from({ length: (END - START) / WINDOW }, (_, n) => SIGNALS.map((signal) => windowOf(signal, START + n * WINDOW)));
  // Rows in both hours: every window makes the same calls.
  const hours = ({ start, ...window }: Window): Window[] =>
    [0, HOUR].map((at) => ({ ...window, start: start + at, end: start + at + HOUR }));
  const hasRows = (window: Window) => data.all(window.signal).some(({ timestamp }) => inWindow(timestamp, window));
  const windows = all.flat().filter((window) => hours(window).every(hasRows));
  let taken = 0;
  const nextWork = (strike: string): Work => {
    const window = windows.shift();
    assert.ok(window);
    return queryWork(window, strike === 'stall' && taken++ % 2 === 0);
  };
  t.diagnostic(await strikeEverywhere(nextWork));

  const runners = [instance, await start(), await start()];
  t.diagnostic(`deliveries: ${JSON.stringify(await deliverAll(runners))}`);
  for (const { feed, watermark } of (await instance.plan()).feeds) if (feed.source === 'query') assert.equal(watermark, END);
  const rows = await assertLake(shop.app, (signal) => data.all(signal).map((row) => fromQuery(signal, row, WINDOW)), false);
  assert.ok(rows > 1_000);
});

test('blob windows: killed, stalled, twice, out of order, at once', async (t) => {
  t.diagnostic(`E2E_SEED=${seed}`);
  const folders = [...Map.groupBy(exportBlobs(store), folderOf).values()].filter((each) => each.length > 1);
  const used: ExportBlob[] = [];
  const nextWork = (): Work => {
    const each = folders.shift();
    assert.ok(each);
    used.push(...each);
    return blobWork(each, folders.length % 2 === 0);
  };
  assert.deepEqual((await instance.plan()).errors, []);
  t.diagnostic(await strikeEverywhere(nextWork));

  // The rest arrives in bursts, told of twice and out of order, to three instances.
  const runners = [instance, await start(), await start()];
  const rest = folders.splice(0, 40).flat();
  used.push(...rest);
  const inAnyOrder = <T>(all: readonly T[]): T[] =>
    all
      .map((one) => ({ one, at: chance.next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ one }) => one);
  const told = inAnyOrder(rest);
  const arrivals: Record<string, number> = {};
  while (told.length > 0) {
    const burst = told.splice(0, 4);
    await Promise.all(burst.map(upload));
    await Promise.all(
      runners.map(async (runner) => {
        for (const blob of inAnyOrder(burst)) {
          const state = (await runner.arrive(blob.name))?.state ?? 'ignored';
          arrivals[state] = (arrivals[state] ?? 0) + 1;
        }
      }),
    );
  }
  t.diagnostic(`arrivals: ${JSON.stringify(arrivals)}, deliveries: ${JSON.stringify(await deliverAll(runners))}`);
  assert.equal(arrivals.failed, undefined);
  const rows = await assertLake(store.app, truthOfBlobs(used), true);
  assert.ok(rows > 500);
});

/** What the blobs hold, by the rows that they were made of. */
function truthOfBlobs(used: readonly ExportBlob[]): (signal: Signal) => LakeRow[] {
  const windows = new Map<string, string>();
  for (const { name, text } of used) {
    const hour = recogniseBlob(name, 'exports')?.hour ?? 0;
    for (const line of text.trimEnd().split('\n'))
      windows.set(JSON.parse(line).internal.data.id, windowText({ start: hour, end: hour + HOUR }));
  }
  return (signal) =>
    [...telemetryRows({ ...store, signal })].flatMap((row) => {
      const window = windows.get(String(row.itemId));
      return window === undefined ? [] : [fromBlob(signal, row, store.app, window)];
    });
}
