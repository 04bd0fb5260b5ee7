import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { operations } from '../../cli/operations/wired.ts';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { parseConfig } from '../../shared/config.ts';
import { parseMessage, type QueueMessage } from '../../shared/state/window-message.ts';
import { type Wired, wire } from '../../shared/wire.ts';

/**
 * Sweeps of the whole app against real storage: append blobs, containers that are not there, messages, the ledger in
 * its table.
 */

let azurite: Azurite;
const base = await mkdtemp(join(tmpdir(), 'wire-exports-'));
before(async () => {
  azurite = await startAzurite();
});
after(async () => {
  await azurite.close();
  await rm(base, { recursive: true, force: true });
});

const hour = 3_600_000;
const now = Math.floor(Date.now() / hour) * hour;
const COMPONENT = 'resourceId=/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/SHOP';
const folder = (at: number) => {
  const [y, m, d, h] = new Date(at).toISOString().split(/[-T:]/);
  return `y=${y}/m=${m}/d=${d}/h=${h}/m=00/PT1H.json`;
};
const row = (id: string, at: number) =>
  JSON.stringify({
    time: new Date(at).toISOString(),
    Type: 'AppRequests',
    Id: id,
    Name: 'ü',
    DurationMs: 1,
    Success: true,
    _ItemId: id,
  });

function settings(name: string): Record<string, string> {
  return {
    EXPORT_CONTAINER: `${name}, insights-logs-*`,
    ExportStorage: azurite.connectionString,
    AzureWebJobsStorage: azurite.connectionString,
    LAKE_FOLDER: join(base, name),
    LAKE_FORMAT: 'ndjson',
    WINDOW_QUEUE: name,
    STATE_TABLE: name,
    EXPORT_REFRESH: '0s',
  };
}

async function append(container: string, name: string, text: string): Promise<void> {
  const client = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(container);
  await client.createIfNotExists();
  const blob = client.getAppendBlobClient(name);
  await blob.createIfNotExists();
  await blob.appendBlock(text, Buffer.byteLength(text));
}

/** Takes all messages that can be seen, as the host would. */
async function take(queue: string): Promise<QueueMessage[]> {
  const client = new QueueClient(azurite.connectionString, queue);
  const taken: QueueMessage[] = [];
  for (;;) {
    const { receivedMessageItems } = await client.receiveMessages({ numberOfMessages: 32, visibilityTimeout: 60 });
    if (receivedMessageItems.length === 0) return taken;
    for (const { messageText, messageId, popReceipt } of receivedMessageItems) {
      taken.push(parseMessage(JSON.parse(Buffer.from(messageText, 'base64').toString())));
      await client.deleteMessage(messageId, popReceipt);
    }
  }
}

async function work(app: Wired, queue: string): Promise<string[]> {
  const states: string[] = [];
  await app.plan();
  for (const message of await take(queue)) {
    if (message.kind === 'window') states.push((await app.run(message.window)).state);
    else if (message.kind === 'sweep') await app.sweepPart(message.request);
  }
  return states;
}

async function idsIn(lake: string): Promise<string[]> {
  const names = (await readdir(lake, { recursive: true })).filter(
    (name) => name.endsWith('.ndjson') && !name.startsWith('_'),
  );
  const texts = await Promise.all(names.map((name) => readFile(join(lake, name), 'utf8')));
  return texts
    .flatMap((text) => text.split('\n').filter(Boolean))
    .map((line) => JSON.parse(line).itemId)
    .sort();
}

test('sweepBlobs: append blobs that grow, in containers of which most are not there', async () => {
  const name = 'sweptlake';
  const app = wire(parseConfig(settings(name)));
  const blob = `${COMPONENT}/${folder(now)}`;
  await append('insights-logs-apprequests', blob, `${row('a', now)}\n${row('b', now).slice(0, 40)}`);
  const first = await app.sweep();
  assert.deepEqual([first?.windows, first?.enqueued, first?.missing.length, first?.errors], [1, 1, 10, []]);
  assert.ok(first?.missing.includes(name) && first.missing.includes('insights-logs-apptraces'));
  assert.deepEqual(await work(app, name), ['done']);
  assert.deepEqual(await idsIn(join(base, name)), ['a']);
  assert.equal((await app.sweep())?.enqueued, 0, 'the record that is cut short waits');
  await append('insights-logs-apprequests', blob, `${row('b', now).slice(40)}\n`);
  assert.equal((await app.sweep())?.enqueued, 1);
  assert.deepEqual(await work(app, name), ['done']);
  assert.deepEqual(await idsIn(join(base, name)), ['a', 'b']);
});

test('an archive: by a message, parted by days; by the command line, going on where it was', async () => {
  const name = 'archivelake';
  const env = { ...settings(name), EXPORT_CONTAINER: 'insights-logs-appdependencies, insights-logs-apprequests' };
  const app = wire(parseConfig(env));
  const old = Date.UTC(2024, 1, 28, 23);
  for (let n = 0; n < 3; n++)
    await append(
      'insights-logs-apprequests',
      `${COMPONENT}/${folder(old + n * 24 * hour)}`,
      `${row(`old-${n}`, old)}\n`,
    );
  const request = { start: Date.UTC(2024, 1, 28), end: Date.UTC(2024, 2, 1), prefix: 'resourceId=', app: 'shop' };
  await app.sweep();
  await take(name);
  assert.equal(await app.sweepPart(request), 2);
  assert.deepEqual(await work(app, name), [], 'the days');
  assert.deepEqual(await work(app, name), ['done', 'done'], 'their windows');
  assert.deepEqual(await idsIn(join(base, name)), ['old-0', 'old-1']);

  const all = { start: -Infinity, end: Date.UTC(2025, 0), prefix: '', app: '' };
  const seen: number[] = [];
  const tell = ({ windows }: { windows: number }) => void seen.push(windows);
  const { windows, enqueued } = await operations.enqueue(all, env, new AbortController().signal, tell);
  assert.deepEqual([windows, enqueued, seen], [3, 1, [1, 2, 3]]);
  assert.deepEqual(await work(app, name), ['done']);
  assert.deepEqual(await idsIn(join(base, name)), ['old-0', 'old-1', 'old-2']);

  await append('insights-logs-apprequests', `${COMPONENT}/${folder(old)}`, 'not json\n');
  await operations.enqueue(all, env, new AbortController().signal, tell);
  await work(app, name);
  const again = await operations.requeue({ start: 0, end: Infinity, app: '', signals: [] }, undefined, env);
  assert.deepEqual([again.quarantined, again.failed], [1, 0]);
  assert.deepEqual(await work(app, name), ['done']);
});
