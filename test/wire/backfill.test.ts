import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { QueueClient } from '@azure/storage-queue';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { backfillQueueOf } from '../../shared/config/bindings.ts';
import { parseConfig } from '../../shared/config.ts';
import { parseMessage } from '../../shared/state/window-message.ts';
import { type Answer, answerOrder } from '../../shared/status/answer.ts';
import { wire } from '../../shared/wire.ts';
import { shopRows } from '../e2e/shopRows.ts';

const HOUR = 3_600_000;
const start = Date.UTC(2024, 4, 10, 8);
let azurite: Azurite;
let simulator: Simulator;
let folder: string;
before(async () => {
  azurite = await startAzurite({ inMemory: true });
  const rows = shopRows({ seed: '1', app: 'shop', perHour: 20, start, end: start + 6 * HOUR });
  simulator = await startSimulator({ data: memoryData(rows) });
  folder = await mkdtemp(join(tmpdir(), 'backfill-'));
});
after(async () => {
  await simulator.close();
  await azurite.close();
  await rm(folder, { recursive: true, force: true });
});

test('a backfill of a deployed app: planned, begun, run from its own queue beside live windows', async () => {
  const config = parseConfig(
    {
      AzureWebJobsStorage: azurite.connectionString,
      APP_NAME: 'shop',
      APP_ID: '11111111-2222-3333-4444-555555555555',
      QUERY_ENDPOINT: simulator.url,
      QUERY_FROM: new Date(start + 4 * HOUR).toISOString(),
      QUERY_UNTIL: new Date(start + 6 * HOUR).toISOString(),
      QUERY_WINDOW: '1h',
      SIGNALS: 'requests,traces',
      LAKE_FOLDER: join(folder, 'lake'),
    },
    () => '',
  );
  const [app, other] = [wire(config), wire(config)];
  await app.plan();
  const wish = {
    ...{ app: '', signals: [], start, end: start + 24 * HOUR },
    ...{ choice: 'missing' as const, concurrency: undefined },
  };
  const plan = await other.backfills.plan({ ...wish, end: start + 4 * HOUR });
  assert.deepEqual([plan.app, plan.windows, plan.skipped, plan.concurrency], ['shop', 8, 0, 2]);
  assert.ok(plan.rows > 0 && plan.sampled === 8, JSON.stringify(plan));

  const begun = await other.backfills.start({ ...wish, end: start + 4 * HOUR });
  assert.deepEqual([begun.state, begun.signals], ['running', ['requests', 'traces']]);
  const [live, past] = [config.state.queue, backfillQueueOf(config.state.queue)].map(
    (name) => new QueueClient(azurite.connectionString, name),
  );
  assert.ok(live && past);
  assert.equal((await live.getProperties()).approximateMessagesCount, 4, 'live windows alone');
  const states: (string | undefined)[] = [];
  for (let round = 0; round < 20; round++) {
    const { receivedMessageItems } = await past.receiveMessages({ numberOfMessages: 2 });
    if (receivedMessageItems.length === 0) break;
    for (const { messageId, popReceipt, messageText } of receivedMessageItems) {
      const message = parseMessage(Buffer.from(messageText, 'base64').toString());
      assert.ok(message.kind === 'turn');
      states.push((await (round % 2 === 0 ? app : other).backfillTurn(message.turn))?.state);
      await past.deleteMessage(messageId, popReceipt);
    }
  }
  assert.deepEqual(
    states.filter((state) => state !== undefined),
    Array(8).fill('done'),
  );
  const [report] = await app.backfills.status();
  assert.deepEqual([report?.state, report?.share, report?.taken, report?.failed], ['done', 1, 8, 0]);
  const again = await app.backfills.plan({ ...wish, end: start + 4 * HOUR });
  assert.deepEqual([again.windows, again.skipped], [0, 8]);
  await assert.rejects(app.backfills.start({ ...wish, app: 'pay' }), /name one of the apps of the query API: shop/);
  await assert.rejects(app.backfills.start({ ...wish, signals: ['exceptions'] }), /do not export exceptions/);

  const order = (more: object): Promise<Answer> => {
    const range = { from: new Date(start).toISOString(), to: new Date(start + 4 * HOUR).toISOString() };
    return answerOrder('backfill', JSON.stringify({ ...range, ...more }), app.statusPorts);
  };
  for (const [more, field, message] of [
    [{ app: 'pay', dryRun: true }, 'app', /name one of the apps of the query API: shop/],
    [{ signals: ['exceptions'], dryRun: true }, 'signals', /do not export exceptions/],
    [{}, 'from', /nothing of the range is left to bring in/],
    [{ from: new Date(start + 7 * HOUR).toISOString(), to: '2024-06-01' }, 'from', /nothing of the range can be/],
  ] as const) {
    const { status, body } = await order(more);
    const { error } = body as { error: { field: string; message: string } };
    assert.deepEqual([status, error.field], [400, field], error.message);
    assert.match(error.message, message);
  }
});
