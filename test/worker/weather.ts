/**
 * The app put together, in this process, with the triggers of a host around it, under one condition, in time that
 * passes while nothing happens (virtual-time.ts, which must have begun before this is loaded): what it costs while it
 * lasts, and how fast the lake is whole when it ends.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import type { Azurite } from '../../local/azurite.ts';
import { type MemoryData, memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { SIGNALS } from '../../local/telemetry/tables.ts';
import { parseConfig } from '../../shared/config.ts';
import type { Config, Signal } from '../../shared/model.ts';
import { openLedger } from '../../shared/wire/clients.ts';
import { wire } from '../../shared/wire.ts';
import { blobsLeft } from '../e2e/left.ts';
import { shopRows } from '../e2e/shopRows.ts';
import { type StorageFront, startStorageFront } from '../front/storageFront.ts';
import type { Condition } from './conditions.ts';
import { exportBlob, HOUR, MINUTE, START } from './inputs.ts';
import { counted, type Met, worstOf } from './met.ts';
import { stepOf } from './step-names.ts';
import { lineFate, type Places, stuckBy } from './stuck.ts';
import { startTriggers, type Triggers } from './triggers.ts';
import type { virtualTime } from './virtual-time.ts';

export interface Weathered {
  /** Calls to storage, query API and token endpoint in the worst minute of the condition, and in its last one. */
  readonly worst: number;
  readonly last: number;
  /** Of the worst minute those alone that the condition struck. */
  readonly struck: number;
  /** What the calls of the worst minute were, most frequent first. */
  readonly steps: readonly string[];
  /** From its end until all was done, to a quarter of a minute; undefined: not within `most`. */
  readonly healed: number | undefined;
  readonly rows: number;
  /** Of all calls of functions until then the longest. */
  readonly longest: number;
  /** Why calls of functions failed while it lasted, most frequent first. */
  readonly errors: readonly string[];
}

/** `lasts`: the condition. `most`: how long is waited for the lake to be whole. Of virtual time. */
export interface Weather extends Pick<Places, 'tokens' | 'connections'> {
  readonly azurite: Azurite;
  /** Tells the scenes of one storage apart. */
  readonly name: string;
  /** Apps of ten signals each, with so many windows of an hour each. */
  readonly apps: number;
  readonly hours: number;
  readonly lasts: number;
  readonly most: number;
  /** functionTimeout; left out: half an hour. */
  readonly timeout?: number;
  /** Hears how each call of a function ended, in seconds since the condition did. Left out: nobody asks. */
  readonly tell?: (line: string) => void;
  readonly letPass: ReturnType<typeof virtualTime>['letPass'];
}

/** A backfill of the first app waits as well: so many hours before the others, of these. */
const PAST = 3;
const pastSignals: readonly Signal[] = ['requests', 'traces'];
const FROM = START + 9 * HOUR;

export async function weather(condition: Condition, wanted: Weather): Promise<Weathered> {
  const { azurite, name, apps, hours, lasts, most, letPass, tokens, connections, timeout = 30 * MINUTE } = wanted;
  const front = await startStorageFront(azurite);
  const data = memoryData(
    shopRows({ seed: '1', app: 'shop', perHour: 6, start: FROM - PAST * HOUR, end: FROM + hours * HOUR }),
  );
  const simulator = await startSimulator({ data });
  const places = { front, simulator, tokens, connections };
  const env = settingsOf(wanted, front, simulator);
  const exports = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(`exports${name}`);
  await exports.create();
  const app = wire(configOf(env, condition), timeout, (timeout * 2) / 3);
  const stopTime = letPass(stuckBy(condition, places));
  const triggers = startTriggers(app, front);
  const blobs: string[] = [];
  let ended = 0;
  const longest = () => Math.max(...triggers.calls.map(({ began, at }) => at - began));
  const upload = async () => {
    const { name: blob, text, id } = exportBlob(blobs.length % hours, blobs.length);
    blobs.push(id);
    await exports.getBlockBlobClient(blob).upload(text, Buffer.byteLength(text));
    triggers.event(blob);
  };
  const isDone = async () => {
    if (triggers.busy()) return false;
    const all = await entriesOf(env, azurite);
    if (all.some(({ state, again }) => state !== 'done' || again)) return false;
    return (await app.backfills.status()).every(({ state }) => state === 'done');
  };
  try {
    // It meets an app that runs, has its windows before it, and gets an export blob each minute.
    await upload();
    while (triggers.done < 2) await sleep(1_000);
    const past = { app: 'shop0', signals: pastSignals, start: FROM - PAST * HOUR, end: FROM, concurrency: 2 };
    await app.backfills.start({ ...past, choice: 'missing' });
    // The token that it has is good for six minutes.
    if (condition.token !== undefined) await sleep(6 * MINUTE);
    if (condition.rested) triggers.open();
    while (condition.rested && !(await isDone())) await sleep(15_000);
    const told = await under(condition, places, triggers, lasts, upload);
    ended = Date.now();
    while (!(await isDone())) {
      if (Date.now() - ended > most) return { ...told, longest: longest(), healed: undefined, rows: 0 };
      await sleep(15_000);
    }
    const healed = Date.now() - ended;
    const rows = await assertRows(azurite, `lake${name}`, [...idsOf(data, apps), ...blobs]);
    return { ...told, longest: longest(), healed, rows };
  } finally {
    const since = (at: number) => ((at - ended) / 1000).toFixed(1);
    for (const { began, at, what, how } of triggers.calls)
      wanted.tell?.(`${since(began)} to ${since(at)} ${what}: ${how}`);
    await triggers.stop();
    await simulator.close();
    await front.close();
    await stopTime();
  }
}

async function under(
  condition: Condition,
  places: Places,
  triggers: Triggers,
  lasts: number,
  upload: () => Promise<void>,
) {
  const { fate, fault, token, only = () => true } = condition;
  const { front, simulator, tokens, connections } = places;
  const [all, struck]: [Met[], Met[]] = [[], []];
  const count = (isStruck: boolean, step: string) => {
    const met = { at: Date.now(), step };
    all.push(met);
    if (isStruck) struck.push(met);
  };
  triggers.open();
  const began = Date.now();
  front.met = (call) => void (only(call) && count(fate?.(call) !== undefined, stepOf(call)));
  front.fate = fate;
  // A fault that strikes nothing counts the questions.
  const asked = simulator.fault({
    ...(fault ?? { kind: 'cached' }),
    when: () => {
      if (condition.only === undefined) count(fault !== undefined, 'question');
      return fault !== undefined;
    },
  });
  tokens.met = () => count(token !== undefined, 'token');
  tokens.fate = token;
  connections.met = () => count(true, 'connection');
  connections.fate = lineFate(condition, places);
  connections.drop();
  triggers.errors.length = 0;
  for (let minute = 1; minute * MINUTE <= lasts; minute++) {
    // The uploads of others are none of the app's calls.
    await upload();
    await sleep(began + minute * MINUTE - Date.now());
  }
  const ended = Date.now();
  Object.assign(front, { fate: undefined, met: undefined });
  Object.assign(tokens, { fate: undefined, met: undefined });
  Object.assign(connections, { fate: undefined, met: undefined });
  asked.remove();
  // What still waits for an answer would wait for ever.
  connections.drop();
  await front.applyLater();
  const last = all.filter(({ at }) => at > ended - MINUTE && at <= ended).length;
  const worst = worstOf(all, began, ended);
  return {
    ...{ worst: worst.length, struck: worstOf(struck, began, ended).length, last },
    steps: counted(worst.map(({ step }) => step)),
    errors: counted(triggers.errors),
  };
}

const settingsOf = ({ name, apps, hours }: Weather, front: StorageFront, simulator: Simulator) => ({
  AzureWebJobsStorage: front.connectionString,
  INSIGHTS_LAKE_CONFIG: JSON.stringify({
    apps: Array.from({ length: apps }, (_, n) => ({
      name: `shop${n}`,
      appId: `11111111-2222-3333-4444-5555555555${String(n).padStart(2, '0')}`,
    })),
    query: {
      endpoint: simulator.url,
      window: '1h',
      from: new Date(FROM).toISOString(),
      until: new Date(FROM + hours * HOUR).toISOString(),
    },
  }),
  EXPORT_CONTAINER: `exports${name}`,
  EXPORT_CONNECTION: 'AzureWebJobsStorage',
  STATE_TABLE: `table${name}`,
  WINDOW_QUEUE: `windows${name}`,
  LAKE_CONNECTION_STRING: front.connectionString,
  LAKE_CONTAINER: `lake${name}`,
  LAKE_FORMAT: 'ndjson',
  LAKE_RETENTION: '90d',
});

/** Where tokens are what fails, the query API is asked with some. */
function configOf(env: Readonly<Record<string, string>>, { token }: Condition): Config {
  const config = parseConfig(env, () => '');
  if (token === undefined) return config;
  const auth = { kind: 'identity', clientId: '', setting: 'AZURE_CLIENT_ID' } as const;
  return {
    ...config,
    apps: config.apps.map((app) => (app.query ? { ...app, query: { ...app.query, auth } } : app)),
  };
}

async function entriesOf(env: Readonly<Record<string, string>>, azurite: Azurite) {
  const { lake } = parseConfig(env, () => '');
  const { state } = parseConfig({ ...env, AzureWebJobsStorage: azurite.connectionString }, () => '');
  const ledger = openLedger(state, lake);
  const all = [];
  for await (const feed of ledger.feeds()) all.push(...(await Array.fromAsync(ledger.list(feed))));
  return all;
}

/** The simulator gives each app the same rows; those of the past are brought in for the first alone. */
function idsOf(data: MemoryData, apps: number): string[] {
  const isPast = ({ timestamp }: { readonly timestamp?: unknown }) => Date.parse(String(timestamp)) < FROM;
  return SIGNALS.flatMap((signal) =>
    data.all(signal).flatMap((row) => {
      const times = isPast(row) ? Number(pastSignals.includes(signal)) : apps;
      return Array<string>(times).fill(String(row.itemId));
    }),
  );
}

/** Every row once. */
async function assertRows(azurite: Azurite, lake: string, expected: readonly string[]): Promise<number> {
  const texts = [...(await blobsLeft(azurite, lake)).values()];
  const found = texts.flatMap((text) => [...text.matchAll(/"itemId":"([^"]+)"/g)].map(([, id]) => id ?? ''));
  assert.deepEqual(found.sort(), expected.toSorted());
  return found.length;
}
