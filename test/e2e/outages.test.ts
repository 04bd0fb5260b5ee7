/**
 * The local host runs the app while blob events arrive, and what it needs goes away for a while: the lake, the state
 * (table and queue), the whole account. Afterwards nothing lies in poison, every blob is in the lake within two minutes
 * without the sweep, and no entry that has ended holds a lease. OUTAGE_SECONDS: how long it is away; the default is
 * more than the five tries of an event take without waiting.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { startApp } from '../../local/demo/app.ts';
import type { HostEvent } from '../../local/host/host.ts';
import { parseConfig } from '../../shared/config.ts';
import { openLedger } from '../../shared/wire/clients.ts';
import { type StorageCall, startStorageFront } from '../front/storageFront.ts';
import { blobsLeft } from './left.ts';
import { environment } from './process.ts';

const seconds = Number(process.env.OUTAGE_SECONDS ?? 45);
const folder = 'shop_0f0e0d0c000040008000000000000001/Requests';
const own = /^\/insights-lake-/;

const outages: Readonly<Record<string, (call: StorageCall) => boolean>> = {
  'the lake': ({ service, path }) => service === 'blob' && /^\/lake\b/.test(path),
  'the state': ({ service, path }) => service === 'table' || (service === 'queue' && own.test(path)),
  'the whole account': () => true,
};

/** One blob of one record, in an hour folder of its own. */
function blobOf(index: number): { readonly name: string; readonly text: string; readonly id: string } {
  const at = new Date(Date.UTC(2024, 4, 10) + index * 3_600_000).toISOString();
  const [date = '', time = ''] = at.split('T');
  const id = `event-${String(index).padStart(3, '0')}`;
  const record = {
    request: [{ id, name: 'GET /', url: 'https://shop.test/', responseCode: 200, success: true }],
    internal: { data: { id } },
    context: { data: { eventTime: at } },
  };
  const name = `${folder}/${date}/${time.slice(0, 2)}/${id}_${date.replaceAll('-', '')}_${time.slice(0, 2)}0000.blob`;
  return { name, text: `${JSON.stringify(record)}\n`, id };
}

// Side by side: they mostly wait.
describe('outages while events arrive', { concurrency: true }, () => {
  for (const [what, away] of Object.entries(outages))
    it(`${what} away for ${seconds} s long`, async (t) => {
      const work = await mkdtemp(join(tmpdir(), 'outages-'));
      const azurite = await startAzurite();
      const front = await startStorageFront(azurite);
      const env = environment({
        AzureWebJobsStorage: front.connectionString,
        EXPORT_CONTAINER: 'exports',
        EXPORT_CONNECTION: 'AzureWebJobsStorage',
        // No tick of it falls into the test.
        SWEEP_SCHEDULE: '0 0 0 29 2 *',
        LAKE_CONNECTION_STRING: front.connectionString,
        LAKE_CONTAINER: 'lake',
        LAKE_FORMAT: 'ndjson',
        TMPDIR: work,
      });
      const exports = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('exports');
      await exports.create();
      const events: HostEvent[] = [];
      const app = startApp(
        env,
        join(work, 'log'),
        (event) => events.push(event),
        (error) => assert.fail(error),
      );
      try {
        await app.ready;
        let sent = 0;
        const send = async () => {
          const { name, text } = blobOf(sent++);
          await exports.getBlockBlobClient(name).upload(text, Buffer.byteLength(text));
        };
        const arrived = () => idsIn(azurite);
        // Some are in the lake before, so that the outage meets an app that runs.
        for (let index = 0; index < 4; index += 1) await send();
        await until(async () => (await arrived()).size === 4);
        const began = performance.now();
        front.fate = (call) => (away(call) ? { refuse: { status: 503, code: 'ServerBusy' } } : undefined);
        for (; performance.now() - began < seconds * 1000; await sleep((seconds * 1000) / 20)) await send();
        front.fate = undefined;
        const ended = performance.now();
        await until(async () => (await arrived()).size === sent, 480);
        const after = Math.round((performance.now() - ended) / 1000);
        t.diagnostic(`${sent} blobs, ${front.calls.length} calls; all there ${after} s after its end`);
        assert.ok(after <= 240, `${after} s after its end`);
        assert.deepEqual(await poisoned(azurite), []);
        await until(async () => (await entries(env)).every(({ state }) => state === 'done'));
        assert.deepEqual(
          (await entries(env)).filter(({ leaseUntil }) => leaseUntil !== 0),
          [],
        );
        assert.equal((await entries(env)).length, sent);
        assert.deepEqual(
          events.filter((event) => event.kind === 'started' && event.name === 'sweepBlobs'),
          [],
        );
      } finally {
        await app.kill();
        await front.close();
        await azurite.close();
        await rm(work, { recursive: true, force: true });
      }
    });
});

async function until(holds: () => Promise<boolean>, most = 300): Promise<void> {
  for (let second = 0; second < most; second += 0.5) {
    if (await holds()) return;
    await sleep(500);
  }
  assert.fail(`waited ${most} s in vain`);
}

/** Every row once: what is there twice is a fault. */
async function idsIn(azurite: Azurite): Promise<ReadonlySet<string>> {
  const texts = await blobsLeft(azurite, 'lake').catch(() => new Map<string, string>());
  const ids = [...texts.values()].flatMap((text) =>
    [...text.matchAll(/"itemId":"(event-\d+)"/g)].map(([, id]) => id ?? ''),
  );
  assert.equal(new Set(ids).size, ids.length);
  return new Set(ids);
}

async function poisoned({ connectionString }: Azurite): Promise<string[]> {
  const service = QueueServiceClient.fromConnectionString(connectionString);
  const found: string[] = [];
  for await (const { name } of service.listQueues())
    if (name.endsWith('poison')) {
      const { peekedMessageItems } = await service.getQueueClient(name).peekMessages({ numberOfMessages: 32 });
      found.push(...peekedMessageItems.map(({ messageText }) => Buffer.from(messageText, 'base64').toString()));
    }
  return found;
}

async function entries(env: Readonly<Record<string, string>>) {
  const { state, lake } = parseConfig(env, () => '');
  const ledger = openLedger(state, lake);
  const all = [];
  for await (const feed of ledger.feeds()) all.push(...(await Array.fromAsync(ledger.list(feed))));
  return all;
}
