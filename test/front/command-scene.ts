/**
 * The command line in this process, before storage, a query API and a token endpoint that answer as a test says, in
 * time that passes only while nothing happens (test/worker/virtual-time.ts): minutes of waiting take no time, and
 * what a minute costs is the same on every machine.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  BlobServiceClient,
  generateAccountSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { memoryData } from '../../local/simulator/data.ts';
import { startSimulator } from '../../local/simulator/startSimulator.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import type { Signal } from '../../shared/model.ts';
import { blobsLeft } from '../e2e/left.ts';
import { exportBlob, HOUR, MINUTE, START } from '../worker/inputs.ts';
import { type Places, stuckBy } from '../worker/stuck.ts';
import { virtualTime } from '../worker/virtual-time.ts';
import { commandRunner, type Run } from './command-run.ts';
import { struckConnections } from './connections.ts';
import { startStorageFront } from './storageFront.ts';
import { startTokenEndpoint } from './token-endpoint.ts';

export interface CommandScene extends Pick<Places, 'front' | 'simulator'> {
  readonly azurite: Azurite;
  readonly run: Run;
  /** The settings of the app that has run, and the folder that commands begin in. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  /** A container as commands name it. */
  place(container: string): string;
  /** Time passes while that goes on. */
  inTime<T>(use: () => Promise<T>): Promise<T>;
  /** The command lines, made anew each time: those that bring something in have a lake of their own. */
  readonly acts: Readonly<Record<string, () => Act>>;
  /** What no output may hold. */
  readonly secrets: readonly string[];
  /** The itemIds in a lake, each as often as it is there. */
  ids(lake: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** A command line that can be run again. `lake`: the container that it fills with `ids`; left out: it only looks. */
export interface Act {
  readonly words: readonly string[];
  readonly lake?: string;
  readonly ids?: readonly string[];
}

const APP_ID = '11111111-2222-3333-4444-555555555555';
const API_KEY = 'hush-hush-key-of-the-query-api';
const IDENTITY_SECRET = 'hush-hush-header-of-the-identity';

const connections = struckConnections();
const wallAzurite = startAzurite({ inMemory: true });

/** One a process. `hours`: of blobs and of rows, a window each. */
export async function startCommandScene(
  hours = 4,
  signals: readonly Signal[] = ['requests', 'traces'],
): Promise<CommandScene> {
  const work = await mkdtemp(join(tmpdir(), 'commands-'));
  const azurite = await wallAzurite;
  const virtual = virtualTime();
  const front = await startStorageFront(azurite);
  const from = START + 9 * HOUR;
  const shop = { seed: '1', app: 'shop', perHour: 6, start: from, end: from + hours * HOUR };
  const data = memoryData(signals.flatMap((signal) => [...telemetryRows({ ...shop, signal })]));
  const simulator = await startSimulator({ data, auth: { kind: 'key', key: API_KEY } });
  const tokens = await startTokenEndpoint(10 * MINUTE, IDENTITY_SECRET);
  Object.assign(process.env, tokens.env);
  const sas = sasOf(azurite);
  const places = { front, simulator, tokens, connections };
  const archive = join(work, 'archive');
  const exports = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('exports');
  await exports.create();
  const blobIds: string[] = [];
  for (let hour = 0; hour < hours; hour++) {
    const { name, text, id } = exportBlob(9 + hour, hour);
    await exports.getBlockBlobClient(name).upload(text, Buffer.byteLength(text));
    await mkdir(dirname(join(archive, name)), { recursive: true });
    await writeFile(join(archive, name), text);
    blobIds.push(id);
  }
  const settings = join(work, 'deployed.json');
  const env = {
    AzureWebJobsStorage: front.connectionString,
    APP_NAME: 'shop',
    APP_ID,
    QUERY_ENDPOINT: simulator.url,
    QUERY_KEY: API_KEY,
    QUERY_FROM: new Date(shop.start).toISOString(),
    QUERY_UNTIL: new Date(shop.end).toISOString(),
    QUERY_WINDOW: '1h',
    SIGNALS: signals.join(),
    EXPORT_CONTAINER: 'exports',
    EXPORT_CONNECTION: 'AzureWebJobsStorage',
    LAKE_CONNECTION_STRING: front.connectionString,
    LAKE_CONTAINER: 'lakeofapp',
    LAKE_FORMAT: 'ndjson',
  };
  await writeFile(settings, JSON.stringify(env));
  const run = await commandRunner({ ...places, ...virtual, folder: work, env: { QUERY_KEY: API_KEY } });
  const place = (container: string) => `${front.urls.blob}/${container}?${sas}`;
  const [apiIds, time] = [
    signals.flatMap((signal) => data.all(signal).map(({ itemId }) => String(itemId))),
    (at: number) => new Date(at).toISOString(),
  ];
  let lakes = 0;
  /** A new lake each time that it is asked for. */
  const filling = (words: readonly string[], ids: readonly string[]) => (): Act => {
    const lake = `lake${++lakes}`;
    return { words: [...words, '--out', place(lake), '--format', 'ndjson'], lake, ids };
  };
  const range = ['--from', time(shop.start), '--to', time(shop.end)];
  const acts: CommandScene['acts'] = {
    transform: filling(['transform', archive], blobIds),
    export: filling(
      [
        'export',
        '--app',
        `shop=${APP_ID}`,
        ...range,
        '--signals',
        signals.join(),
        '--endpoint',
        simulator.url,
        '--key-env',
        'QUERY_KEY',
      ],
      apiIds,
    ),
    sweep: filling(['sweep', '--container', place('exports')], blobIds),
    ...looks('--out', place('lakeseen')),
    ...looks('--settings', settings),
    'backfill plan': () => ({
      words: ['backfill', 'plan', '--settings', settings, '--from', time(shop.start - HOUR), '--to', time(shop.start)],
    }),
    'backfill status': () => ({ words: ['backfill', 'status', '--settings', settings] }),
    'sweep --enqueue': () => ({ words: ['sweep', '--enqueue', '--settings', settings, ...range] }),
    rerun: () => ({ words: ['rerun', '--start', '--settings', settings, ...range, '--signals', 'traces'] }),
    check: () => ({ words: ['check', '--settings', settings] }),
  };
  const inTime: CommandScene['inTime'] = async (use) => {
    const stopTime = virtual.letPass(stuckBy({ name: 'nothing' }, places));
    return use().finally(stopTime);
  };
  await inTime(() => prepared(env));
  const filled = await run(['transform', archive, '--out', place('lakeseen'), '--format', 'ndjson']);
  assert.equal(filled.code, 0, filled.err);
  return {
    ...{ azurite, front, simulator, run, acts, env, folder: work, place },
    inTime,
    secrets: [azurite.key, API_KEY, IDENTITY_SECRET, ...signaturesIn(sas), encodeURIComponent(azurite.key)],
    ids: (lake) => idsIn(azurite, lake),
    close: async () => {
      tokens.close();
      await simulator.close();
      await front.close();
      await azurite.close();
      await rm(work, { recursive: true, force: true });
    },
  };
}

const looks = (flag: string, where: string): Record<string, () => Act> =>
  Object.fromEntries(
    ['audit', 'status', 'adopt', 'drift', 'requeue'].map((name) => [
      `${name} ${flag}`,
      () => ({ words: [name, flag, where] }),
    ]),
  );

/** An app that has run. */
async function prepared(env: Readonly<Record<string, string>>): Promise<void> {
  const [{ wire }, { parseConfig }] = await Promise.all([
    import('../../shared/wire.ts'),
    import('../../shared/config.ts'),
  ]);
  const config = parseConfig(env, () => '');
  const app = wire(config);
  assert.deepEqual((await app.plan()).errors, []);
  for (const signal of (env.SIGNALS ?? '').split(',') as Signal[])
    for (let at = Date.parse(env.QUERY_FROM ?? ''); at < Date.parse(env.QUERY_UNTIL ?? ''); at += HOUR) {
      const { state, error } = await app.run({ app: 'shop', signal, source: 'query', start: at, end: at + HOUR });
      assert.equal(state, 'done', error);
    }
  // The watermark follows.
  assert.deepEqual((await app.plan()).errors, []);
}

function sasOf({ account, key }: Azurite): string {
  return generateAccountSASQueryParameters(
    {
      expiresOn: new Date(Date.now() + 400 * 24 * HOUR),
      permissions: AccountSASPermissions.parse('rwdlacx'),
      services: AccountSASServices.parse('b').toString(),
      resourceTypes: AccountSASResourceTypes.parse('sco').toString(),
    },
    new StorageSharedKeyCredential(account, key),
  ).toString();
}

/** As it is written into addresses, and as it is. */
const signaturesIn = (sas: string): readonly string[] => {
  const signature = new URLSearchParams(sas).get('sig') ?? '';
  return [signature, encodeURIComponent(signature)];
};

async function idsIn(azurite: Azurite, lake: string): Promise<readonly string[]> {
  const texts = [...(await blobsLeft(azurite, lake)).values()];
  return texts.flatMap((text) => [...text.matchAll(/"itemId":"([^"]+)"/g)].map(([, id]) => id ?? ''));
}
