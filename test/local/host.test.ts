import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { injectCore } from '../../local/host/core.ts';
import { type Host, type HostEvent, type HostOptions, startHost } from '../../local/host/host.ts';
import { parseHostSettings } from '../../local/host/settings.ts';

/** The local function host against Azurite: an app of four functions, called as the real host would call them. */

const core = injectCore();
const { app } = await import('@azure/functions');

interface Call {
  readonly name: string;
  readonly input: unknown;
  readonly metadata: Readonly<Record<string, unknown>>;
}
const calls: Call[] = [];
const events: HostEvent[] = [];
/** What a queue function does with a message, by its `do`. */
const deeds: Record<string, (call: Call) => Promise<void>> = {
  fail: async () => Promise.reject(new Error('on purpose')),
  failOnce: async ({ metadata }) => (metadata.dequeueCount === 1 ? Promise.reject(new Error('once')) : undefined),
  linger: () => sleep(6_000),
};

const { ResourceFactoryResolver }: typeof import('@azure/functions-extensions-base') = createRequire(import.meta.url)(
  '@azure/functions-extensions-base',
);
ResourceFactoryResolver.getInstance().registerResourceFactory('AzureStorageBlobs', (data) =>
  JSON.parse(String(Array.isArray(data) ? '' : data.content)),
);

app.timer('tick', {
  schedule: '%TICK%',
  handler: async (timer, context) => keep({ name: 'tick', input: timer, metadata: context.triggerMetadata ?? {} }),
});
app.storageQueue('work', {
  queueName: 'work',
  connection: 'AzureWebJobsStorage',
  handler: async (input, context) => {
    const call = { name: 'work', input, metadata: context.triggerMetadata ?? {} };
    keep(call);
    context.log('seen', input);
    const wanted = typeof input === 'object' && input !== null && 'do' in input ? String(input.do) : '';
    await deeds[wanted]?.(call);
  },
});
app.storageBlob('arrived', {
  path: 'drop/in/{name}',
  connection: 'Drop',
  sdkBinding: true,
  handler: async (input, context) => {
    keep({ name: 'arrived', input, metadata: context.triggerMetadata ?? {} });
    if (context.triggerMetadata?.name === 'bad.txt') throw new Error('bad blob');
  },
});
app.http('hello', {
  route: 'hello/{who}',
  methods: ['POST'],
  handler: async (request) => ({ status: 201, body: `${request.params.who} ${await request.text()}` }),
});

const keep = (call: Call): void => void calls.push(call);

let azurite: Azurite;
let host: Host;
let queues: QueueServiceClient;
let blobs: BlobServiceClient;
let options: HostOptions;

before(async () => {
  azurite = await startAzurite();
  queues = QueueServiceClient.fromConnectionString(azurite.connectionString);
  blobs = BlobServiceClient.fromConnectionString(azurite.connectionString);
  options = {
    core,
    entries: [],
    settings: parseHostSettings(
      '{"extensions":{"queues":{"batchSize":2,"newBatchThreshold":1,"maxDequeueCount":2,' +
        '"maxPollingInterval":"00:00:00.200"},"blobs":{"poisonBlobThreshold":2}}}',
    ),
    env: { TICK: '* * * * * *', AzureWebJobsStorage: azurite.connectionString, Drop: azurite.connectionString },
    port: 0,
    lock: 4_000,
    blobEvery: 100,
    report: (event) => void events.push(event),
  };
  host = await startHost(options);
});

after(async () => {
  await host.stop();
  await azurite.close();
});

async function until<T>(find: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 4_800; tries++) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    await sleep(25);
  }
  return assert.fail('waited in vain');
}

const send = (text: string) => queues.getQueueClient('work').sendMessage(Buffer.from(text).toString('base64'));
const worked = (wanted: string) =>
  calls.filter(({ name, input }) => name === 'work' && JSON.stringify(input).includes(wanted));
const poison = async (queue: string): Promise<string[]> => {
  const client = queues.getQueueClient(queue);
  if (!(await client.exists())) return [];
  return (await client.peekMessages({ numberOfMessages: 32 })).peekedMessageItems.map((found) =>
    Buffer.from(found.messageText, 'base64').toString(),
  );
};

test('a message arrives parsed, with its metadata in small first letters, and is gone afterwards', async () => {
  await until(() => queues.getQueueClient('work').exists());
  await send('{"do":"nothing","n":1}');
  const call = await until(() => worked('nothing')[0]);
  assert.deepEqual(call.input, { do: 'nothing', n: 1 });
  assert.equal(call.metadata.dequeueCount, 1);
  assert.deepEqual(Object.keys(call.metadata).sort(), [
    'dequeueCount',
    'expirationTime',
    'id',
    'insertionTime',
    'nextVisibleTime',
    'popReceipt',
    'queueTrigger',
    'sys',
  ]);
  await until(async () => (await queues.getQueueClient('work').getProperties()).approximateMessagesCount === 0);
  assert.ok(events.some((event) => event.kind === 'log' && event.message.includes('seen')));
});

test('text that is not JSON arrives as text', async () => {
  await send('hello');
  assert.equal((await until(() => worked('hello')[0])).input, 'hello');
});

test('a message that failed comes back at once with a higher count', async () => {
  await send('{"do":"failOnce"}');
  await until(() => worked('failOnce')[1]);
  assert.deepEqual(
    worked('failOnce').map(({ metadata }) => metadata.dequeueCount),
    [1, 2],
  );
});

test('a message that always fails goes to the poison queue', async () => {
  await send('{"do":"fail"}');
  assert.deepEqual(await until(async () => (await poison('work-poison')).length > 0 && poison('work-poison')), [
    '{"do":"fail"}',
  ]);
  assert.equal(worked('"fail"').length, 2);
});

test('a message that is not base64 never reaches the function', async () => {
  await queues.getQueueClient('work').sendMessage('{"do":"raw"}');
  const said = () => events.filter((event) => event.kind === 'host' && event.message.includes('not base64'));
  await until(() => said()[0]);
  await until(async () => {
    const found = await queues.getQueueClient('work-poison').peekMessages({ numberOfMessages: 32 });
    return found.peekedMessageItems.some(({ messageText }) => messageText === '{"do":"raw"}');
  });
  assert.deepEqual([worked('raw').length, said().length], [0, 1], 'at its first dequeue');
});

test('a message stays hidden while its function runs, longer than the lock', async () => {
  await send('{"do":"linger"}');
  const started = await until(() => events.find((event) => event.kind === 'started' && event.input.includes('linger')));
  await until(() =>
    events.find((event) => event.kind === 'ended' && started.kind === 'started' && event.id === started.id),
  );
  assert.equal(worked('linger').length, 1);
});

test('a blob is handed over once for each version, by reference', async () => {
  const container = blobs.getContainerClient('drop');
  await container.createIfNotExists();
  await container.getBlockBlobClient('elsewhere.txt').upload('x', 1);
  await container.getBlockBlobClient('in/a/b.txt').upload('x', 1);
  const call = await until(() => calls.find(({ name }) => name === 'arrived'));
  assert.deepEqual(call.input, { Connection: 'Drop', ContainerName: 'drop', BlobName: 'in/a/b.txt' });
  assert.equal(call.metadata.blobTrigger, 'drop/in/a/b.txt');
  assert.equal(call.metadata.name, 'a/b.txt');
  assert.equal(call.metadata.uri, `${azurite.blobUrl}/drop/in/a/b.txt`);
  await container.getBlockBlobClient('in/a/b.txt').upload('xy', 2);
  await until(() => calls.filter(({ name }) => name === 'arrived').length === 2);
});

test('a blob that always fails goes to the poison queue of blobs', async () => {
  await blobs.getContainerClient('drop').getBlockBlobClient('in/bad.txt').upload('x', 1);
  const [text] = await until(
    async () => (await poison('webjobs-blobtrigger-poison')).length > 0 && poison('webjobs-blobtrigger-poison'),
  );
  assert.equal(JSON.parse(text ?? '').BlobName, 'in/bad.txt');
  assert.equal(calls.filter(({ name, metadata }) => name === 'arrived' && metadata.name === 'bad.txt').length, 2);
});

test('a timer fires by its schedule, one call after the other', async () => {
  const call = await until(() => calls.find(({ name }) => name === 'tick'));
  assert.deepEqual(Object.keys(Object(call.input)).sort(), ['isPastDue', 'schedule', 'scheduleStatus']);
});

test('an HTTP function answers below /api', async () => {
  const answer = await fetch(`${host.url}/api/hello/lake`, { method: 'POST', body: 'says hello' });
  assert.deepEqual([answer.status, await answer.text()], [201, 'lake says hello']);
  assert.equal((await fetch(`${host.url}/api/hello/lake`)).status, 404);
  assert.equal((await fetch(`${host.url}/api/none`)).status, 404);
});

test('any function can be run by hand', async () => {
  const run = (name: string, input: string) =>
    fetch(`${host.url}/admin/functions/${name}`, { method: 'POST', body: JSON.stringify({ input }) }).then(
      (answer) => answer.status,
    );
  assert.equal(await run('work', '{"do":"by hand"}'), 202);
  assert.deepEqual(worked('by hand')[0]?.input, { do: 'by hand' });
  assert.equal(await run('arrived', 'drop/in/by/hand.txt'), 202);
  assert.ok(calls.some(({ input }) => Object(input).BlobName === 'in/by/hand.txt'));
  assert.equal(await run('tick', ''), 202);
  assert.equal(await run('none', ''), 404);
});

test('a host that starts again hands over nothing twice', async () => {
  await host.stop();
  const seen = calls.filter(({ name }) => name === 'arrived').length;
  host = await startHost(options);
  await blobs.getContainerClient('drop').getBlockBlobClient('in/later.txt').upload('x', 1);
  await until(() => calls.find(({ metadata }) => metadata.name === 'later.txt'));
  assert.equal(calls.filter(({ name }) => name === 'arrived').length, seen + 1);
});

test('a trigger that cannot start is told and tried again, others run; a wrong schedule is in error', async (t) => {
  const env: Record<string, string | undefined> = { ...options.env, Drop: undefined, TICK: '0 0 0 * * 7' };
  const second = await startHost({ ...options, env });
  t.after(() => second.stop());
  const complaint = (event: HostEvent) =>
    event.kind === 'host' && event.message.startsWith('arrived is not listening: setting Drop is missing');
  await until(() => events.find(complaint));
  const said = events.filter(
    (event) => event.kind === 'host' && event.message.startsWith('tick is in error: schedule'),
  );
  assert.equal(said.length, 1);
  env.Drop = azurite.connectionString;
  await host.stop();
  await blobs.getContainerClient('drop').getBlockBlobClient('in/last.txt').upload('x', 1);
  await until(() => calls.find(({ metadata }) => metadata.name === 'last.txt'));
});
