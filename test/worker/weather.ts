/**
 * The app put together, in this process, with the triggers of a host around it, under one condition, in time that passes
 * while nothing happens (virtual-time.ts, which must have begun before this is loaded): what it costs while it lasts, and
 * how fast the lake is whole when it ends.
 */
import assert from 'node:assert/strict';
import type { ClientRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import type { Azurite } from '../../local/azurite.ts';
import { memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { SIGNALS } from '../../local/telemetry/tables.ts';
import { parseConfig } from '../../shared/config.ts';
import { wire } from '../../shared/wire.ts';
import { openLedger } from '../../shared/wire-clients.ts';
import { blobsLeft } from '../e2e/left.ts';
import { shopRows } from '../e2e/shopRows.ts';
import { type StorageFront, startStorageFront } from '../front/storageFront.ts';
import type { Condition } from './conditions.ts';
import { exportBlob, HOUR, MINUTE, START } from './inputs.ts';
import { startTriggers, type Triggers } from './triggers.ts';

export interface Weathered {
  /** Calls to storage and questions to the query API in the worst minute of the condition, and in its last one. */
  readonly worst: number;
  readonly last: number;
  /** From its end until all was done, to a quarter of a minute; undefined: not within `most`. */
  readonly healed: number | undefined;
  readonly rows: number;
  /** Why calls of functions failed while it lasted, most frequent first. */
  readonly errors: readonly string[];
}

/** `lasts`: the condition. `most`: how long is waited for the lake to be whole. Of virtual time. */
export interface Weather {
  readonly azurite: Azurite;
  /** Tells the scenes of one storage apart. */
  readonly name: string;
  readonly hours: number;
  readonly lasts: number;
  readonly most: number;
  letPass(isStuck: (request: ClientRequest) => boolean): () => Promise<void>;
}

export async function weather(
  condition: Condition,
  { azurite, name, hours, lasts, most, letPass }: Weather,
): Promise<Weathered> {
  const front = await startStorageFront(azurite);
  const from = START + 9 * HOUR;
  const data = memoryData(shopRows({ seed: '1', app: 'shop', perHour: 6, start: from, end: from + hours * HOUR }));
  const simulator = await startSimulator({ data });
  const env = settingsOf(name, front, simulator, from, from + hours * HOUR);
  const exports = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(`exports${name}`);
  await exports.create();
  const app = wire(
    parseConfig(env, () => ''),
    30 * MINUTE,
    20 * MINUTE,
  );
  const stopTime = letPass(stuckBy(condition, front, simulator));
  const triggers = startTriggers(app, front);
  const blobs: string[] = [];
  const upload = async () => {
    const { name: blob, text, id } = exportBlob(blobs.length % hours, blobs.length);
    blobs.push(id);
    await exports.getBlockBlobClient(blob).upload(text, Buffer.byteLength(text));
    triggers.event(blob);
  };
  const open = async () =>
    (await entriesOf(env, azurite)).filter(({ state, again }) => state !== 'done' || again).length;
  try {
    // It meets an app that runs, has its windows before it, and gets an export blob each minute.
    await upload();
    while (triggers.done < 2) await sleep(1_000);
    const { worst, last, errors } = await under(condition, front, simulator, triggers, lasts, upload);
    const ended = Date.now();
    while (triggers.busy() || (await open()) > 0) {
      if (Date.now() - ended > most) return { worst, last, errors, healed: undefined, rows: 0 };
      await sleep(15_000);
    }
    const healed = Date.now() - ended;
    const ids = [...SIGNALS.flatMap((signal) => data.all(signal).map(({ itemId }) => String(itemId))), ...blobs];
    return { worst, last, errors, healed, rows: await assertRows(azurite, `lake${name}`, ids) };
  } finally {
    await triggers.stop();
    await simulator.close();
    await front.close();
    await stopTime();
  }
}

async function under(
  { fate, fault, refused = false, only = () => true }: Condition,
  front: StorageFront,
  simulator: Simulator,
  triggers: Triggers,
  lasts: number,
  upload: () => Promise<void>,
) {
  const times: number[] = [];
  const began = Date.now();
  front.met = (call) => void (only(call) && times.push(Date.now()));
  front.fate = fate;
  const when = () => times.push(Date.now()) > 0;
  const struck = fault && simulator.fault({ ...fault, when });
  if (refused) await front.leave();
  triggers.errors.length = 0;
  for (let minute = 1; minute * MINUTE <= lasts; minute++) {
    await upload();
    await sleep(began + minute * MINUTE - Date.now());
  }
  const ended = Date.now();
  if (refused) await front.comeBack();
  front.fate = undefined;
  struck?.remove();
  front.met = undefined;
  await front.applyLater();
  const last = times.filter((at) => at > ended - MINUTE && at <= ended).length;
  return { worst: worstOf(times, began, ended), last, errors: counted(triggers.errors) };
}

/** Where connections are refused the front does not hear of the calls: they are counted where they begin. */
function stuckBy({ fate, fault }: Condition, front: StorageFront, simulator: Simulator) {
  const services = Object.entries(front.urls).map(([service, url]) => [new URL(url).port, service] as const);
  const ports = new Map(services);
  return (request: ClientRequest): boolean => {
    const port = String(Reflect.get(request, 'port') ?? new URL(`http://${request.getHeader('host')}`).port);
    if (port === String(simulator.port)) return fault?.kind === 'stall';
    const service = ports.get(port) as 'blob' | 'queue' | 'table' | undefined;
    if (service === undefined || front.fate === undefined) return false;
    const path = request.path.replace(/^\/[^/]+/, '');
    const what = fate?.({ service, method: request.method, path, number: 0, headers: {}, bytes: 0 });
    return what !== undefined && ('never' in what || 'stall' in what);
  };
}

function worstOf(times: readonly number[], began: number, ended: number): number {
  let worst = 0;
  for (let from = began; from === began || from + MINUTE <= ended; from += 1_000)
    worst = Math.max(worst, times.filter((at) => at >= from && at < from + MINUTE).length);
  return worst;
}

function counted(errors: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const error of errors) {
    const text = error.replace(/https?:\/\/\S+/g, 'URL').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].sort(([, one], [, other]) => other - one).map(([text, count]) => `${count} × ${text}`);
}

const settingsOf = (name: string, front: StorageFront, simulator: Simulator, from: number, end: number) => ({
  AzureWebJobsStorage: front.connectionString,
  APP_NAME: 'shop',
  APP_ID: '11111111-2222-3333-4444-555555555555',
  QUERY_ENDPOINT: simulator.url,
  QUERY_FROM: new Date(from).toISOString(),
  QUERY_UNTIL: new Date(end).toISOString(),
  QUERY_WINDOW: '1h',
  EXPORT_CONTAINER: `exports${name}`,
  EXPORT_CONNECTION: 'AzureWebJobsStorage',
  STATE_TABLE: `table${name}`,
  WINDOW_QUEUE: `windows${name}`,
  LAKE_CONNECTION_STRING: front.connectionString,
  LAKE_CONTAINER: `lake${name}`,
  LAKE_FORMAT: 'ndjson',
});

async function entriesOf(env: Readonly<Record<string, string>>, azurite: Azurite) {
  const { lake } = parseConfig(env, () => '');
  const { state } = parseConfig({ ...env, AzureWebJobsStorage: azurite.connectionString }, () => '');
  const ledger = openLedger(state, lake);
  const all = [];
  for await (const feed of ledger.feeds()) all.push(...(await Array.fromAsync(ledger.list(feed))));
  return all;
}

/** Every row once. */
async function assertRows(azurite: Azurite, lake: string, expected: readonly string[]): Promise<number> {
  const texts = [...(await blobsLeft(azurite, lake)).values()];
  const found = texts.flatMap((text) => [...text.matchAll(/"itemId":"([^"]+)"/g)].map(([, id]) => id ?? ''));
  assert.deepEqual(found.sort(), expected.toSorted());
  return found.length;
}
