/**
 * The app put together, each of its calls to storage answered wrongly once: what it does is right all the same, and at
 * once.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { QueueClient } from '@azure/storage-queue';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { parseConfig } from '../../shared/config.ts';
import { parseWindowMessage } from '../../shared/state/window-message.ts';
import { wire } from '../../shared/wire.ts';
import { shopRows } from '../e2e/shopRows.ts';
import { type Fate, type StorageFront, startStorageFront } from './storageFront.ts';

const HOUR = 3_600_000;
const start = Date.UTC(2024, 4, 10, 8);
const hours = 4;
const QUEUE = 'insights-lake-windows';
let azurite: Azurite;
let front: StorageFront;
let simulator: Simulator;
before(async () => {
  azurite = await startAzurite();
  front = await startStorageFront(azurite);
  const rows = shopRows({ seed: '1', app: 'shop', perHour: 8, start, end: start + hours * HOUR });
  simulator = await startSimulator({ data: memoryData(rows) });
});
after(async () => {
  await simulator.close();
  await front.close();
  await azurite.close();
});

const timedOut = { status: 500, code: 'OperationTimedOut' };
const fates: [string, Fate][] = [
  ['refused', { refuse: { status: 503, code: 'ServerBusy' } }],
  ['done, but refused', { done: timedOut }],
  ['refused, and done later', { later: timedOut }],
  ['done, but the answer is cut off', { cut: 0 }],
];

const wired = (name: string) =>
  wire(
    parseConfig(
      {
        AzureWebJobsStorage: front.connectionString,
        APP_NAME: 'shop',
        APP_ID: '11111111-2222-3333-4444-555555555555',
        QUERY_ENDPOINT: simulator.url,
        QUERY_FROM: new Date(start).toISOString(),
        QUERY_UNTIL: new Date(start + hours * HOUR).toISOString(),
        QUERY_WINDOW: '1h',
        SIGNALS: 'requests,dependencies,traces',
        LAKE_CONNECTION_STRING: front.connectionString,
        LAKE_CONTAINER: 'lake',
        LAKE_PREFIX: name,
        LAKE_FORMAT: 'ndjson',
      },
      () => '',
    ),
  );

async function messages(): Promise<string[]> {
  const queue = new QueueClient(azurite.connectionString, QUEUE);
  const found: string[] = [];
  for (;;) {
    const { receivedMessageItems } = await queue.receiveMessages({ numberOfMessages: 32, visibilityTimeout: 600 });
    if (receivedMessageItems.length === 0) return found;
    for (const { messageText, messageId, popReceipt } of receivedMessageItems) {
      const { signal, start: at } = parseWindowMessage(Buffer.from(messageText, 'base64').toString());
      found.push(`${signal} ${(at - start) / HOUR}`);
      await queue.deleteMessage(messageId, popReceipt);
    }
  }
}

for (const [n, [name, fate]] of fates.entries())
  test(`each call of planning and of runs in turn: ${name}`, async () => {
    const app = wired(`lake${n}`);
    const strike = (count: number) => {
      let met = 0;
      front.fate = () => (++met === count ? fate : undefined);
      return () => met >= count;
    };
    // The first tick makes container, table and queue; each later one finds another call answered wrongly.
    const struckPlan = strike(5 + n);
    const planned = await app.plan();
    assert.deepEqual(planned.errors, []);
    assert.ok(struckPlan());
    front.fate = undefined;
    await front.applyLater();
    assert.deepEqual((await app.plan()).errors, []);
    const sent = await messages();
    for (const signal of ['requests', 'dependencies', 'traces'])
      for (let hour = 0; hour < hours; hour++)
        assert.ok(sent.includes(`${signal} ${hour}`), `${signal} ${hour}: no message`);
    let count = 1;
    for (const signal of ['requests', 'dependencies', 'traces'] as const)
      for (let hour = 0; hour < hours; hour++, count++) {
        const window = {
          app: 'shop',
          signal,
          source: 'query',
          start: start + hour * HOUR,
          end: start + (hour + 1) * HOUR,
        };
        strike(1 + (count % 8));
        const outcome = await app.run(window);
        front.fate = undefined;
        await front.applyLater();
        assert.equal(outcome.state, 'done', `${name}, call ${1 + (count % 8)}: ${outcome.error}`);
        const again = await app.run(window);
        assert.equal(again.state, 'unchanged');
        assert.equal(again.revision, 1, 'nothing was claimed twice');
        assert.equal(again.counts.written, again.counts.read);
      }
    const end = await app.plan();
    assert.deepEqual([end.errors, end.feeds.map(({ open }) => open)], [[], [0, 0, 0]]);
    assert.ok(end.feeds.every(({ watermark }) => watermark === start + hours * HOUR));
  });
