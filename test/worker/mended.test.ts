/**
 * Settings that are wrong for a while: every call says so, by the name that was meant, and all messages end in the
 * poison queue; once they are mended, the first tick of the planner sends for all that waits.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { QueueClient } from '@azure/storage-queue';
import { exportBlob, HOUR, START } from './inputs.ts';
import { type Scene, startScene } from './scene.ts';
import { startWorker, type Worker } from './worker.ts';

const HOURS = 4;
let scene: Scene;
const others: Worker[] = [];
async function start(changes: Readonly<Record<string, string>> = {}): Promise<Worker> {
  const worker = await startWorker({ ...scene.env, ...changes });
  others.push(worker);
  return worker;
}
before(async () => {
  scene = await startScene({ hours: HOURS, from: 9, signals: 'requests,traces', settings: { EXPORT_REFRESH: '5m' } });
});
after(async () => {
  for (const each of others) await each.kill();
  await scene?.close();
});

const queue = (name = 'windows') => new QueueClient(scene.azurite.connectionString, name);

/** What waits in the queue, now or later; it is gone then, as after five tries. */
async function takeAll(name?: string): Promise<string[]> {
  const { approximateMessagesCount = 0 } = await queue(name).getProperties();
  const { receivedMessageItems } = await queue(name).receiveMessages({ numberOfMessages: 32 });
  const texts = receivedMessageItems.map(({ messageText }) => Buffer.from(messageText, 'base64').toString());
  await queue(name).clearMessages();
  assert.ok(texts.length <= approximateMessagesCount);
  return texts;
}

const wrong: Readonly<Record<string, readonly [changes: Readonly<Record<string, string>>, told: RegExp]>> = {
  'a misspelt setting': [{ SIGNAL: 'requests' }, /SIGNAL.*SIGNALS/],
  'two letters turned': [{ PLAN_LIMTI: '9' }, /PLAN_LIMTI.*PLAN_LIMIT/],
  'one letter more': [{ SWEEP_SCHEDDULE: '0 */5 * * * *' }, /SWEEP_SCHEDDULE.*SWEEP_SCHEDULE/],
  'a quarantine where rows lie': [{ QUARANTINE_PREFIX: 'requests' }, /QUARANTINE_PREFIX/],
  'a key over plain http': [
    { LAKE_CONNECTION_STRING: 'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;EndpointSuffix=x.test' },
    /LAKE_CONNECTION_STRING.*https/,
  ],
  'an app that is read by two ways': [
    { EXPORT_APPS: `${exportBlob(9, 0).name.split('/')[0]}=shop` },
    /EXPORT_APPS|EXPORT_UNTIL|QUERY_UNTIL/,
  ],
  'a value that is none': [{ QUERY_WINDOW: 'often' }, /QUERY_WINDOW/],
};

let texts: string[] = [];
test('windows are planned, and messages sent', async () => {
  // The second tick notes that they were sent.
  for (let tick = 0; tick < 2; tick++) assert.equal((await scene.call('planWindows')).error, '');
  texts = await takeAll();
  assert.ok((await scene.entries()).every(({ hintedAt }) => hintedAt > 0));
  assert.equal(texts.length, 2 * HOURS);
});

let turns: string[] = [];
test('a backfill sends its messages', async () => {
  const [from, to] = [START + 5 * HOUR, START + 8 * HOUR].map((at) => new Date(at).toISOString());
  const wish = { do: 'start', app: 'shop', from, to, signals: ['requests'], concurrency: 2 };
  assert.equal((await scene.call('runWindow', JSON.stringify({ backfill: wish }))).error, '');
  turns = await takeAll('windows-backfill');
  assert.equal(turns.length, 2);
});

for (const [what, [changes, told]] of Object.entries(wrong))
  test(`${what}: every call names it`, async () => {
    const bad = await start(changes);
    const calls = [
      ...texts.slice(0, 2).map((text) => ['runWindow', text]),
      ...turns.map((text) => ['runBackfill', text]),
      ...['planWindows', 'sweepBlobs', 'auditWindows', 'tendLake'].map((name) => [name, '']),
      ['transformBlob', exportBlob(9, 0).name],
    ];
    for (const [name = '', text] of calls) assert.match((await scene.call(name, text, bad)).error, told, name);
  });

test('mended, the first tick sends for all that waits, and not once more with the next', async (t) => {
  const good = await start();
  assert.equal((await scene.call('planWindows', '', good)).error, '');
  const again = await takeAll();
  assert.deepEqual(again.toSorted(), texts.toSorted());
  const others = await takeAll('windows-backfill');
  assert.equal(others.length, turns.length, 'those of the backfill as well');
  assert.equal((await scene.call('planWindows', '', good)).error, '');
  assert.deepEqual([await takeAll(), await takeAll('windows-backfill')], [[], []]);
  for (const text of again) assert.equal((await scene.call('runWindow', text, good)).error, '');
  await scene.assertWhole();
  t.diagnostic(`${again.length} messages, in the ${good.kind}`);
});
