import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { QueueClient, StorageSharedKeyCredential } from '@azure/storage-queue';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import type { Window } from '../../shared/model.ts';
import { createMemoryHints } from '../../shared/state/hints-memory.ts';
import { createQueueHints } from '../../shared/state/hints-queue.ts';
import { parseWindowMessage } from '../../shared/state/window-message.ts';
import { hintsContract } from '../contracts/hints.ts';

let azurite: Azurite;
let queues = 0;
before(async () => {
  azurite = await startAzurite();
});
after(() => azurite.close());

const newQueue = () => new QueueClient(azurite.connectionString, `test-${++queues}`);

hintsContract('memory', {
  make: async () => {
    const hints = createMemoryHints();
    return {
      hints,
      visible: async () => hints.sent.filter(({ delay }) => delay <= 0).map(({ window }) => window),
      waiting: async () => hints.sent.filter(({ delay }) => delay > 0).length,
    };
  },
});

hintsContract('queue of Azurite', {
  make: async () => {
    const client = newQueue();
    const visible = async () => {
      const { receivedMessageItems } = await client.receiveMessages({ numberOfMessages: 32, visibilityTimeout: 600 });
      return receivedMessageItems.map(({ messageText }) =>
        parseWindowMessage(Buffer.from(messageText, 'base64').toString()),
      );
    };
    let seen = 0;
    return {
      hints: createQueueHints(client),
      visible: async () => {
        const windows = await visible();
        seen += windows.length;
        return windows;
      },
      waiting: async () => ((await client.getProperties()).approximateMessagesCount ?? 0) - seen,
    };
  },
});

const window: Window = { app: 'a', signal: 'traces', source: 'query', start: 0, end: 1 };

test('queue: messages are hidden for whole seconds, at most seven days, and never expire', async () => {
  const client = newQueue();
  const hints = createQueueHints(client);
  await hints.prepare();
  const sent: [delay: number, seconds: number][] = [
    [1, 1],
    [60_001, 61],
    [8 * 86_400_000, 604_800],
  ];
  for (const [delay, seconds] of sent) {
    const options: unknown[] = [];
    const spied = new Proxy(client, {
      get: (target, name) => {
        if (name !== 'sendMessage') return Reflect.get(target, name, target);
        return (text: string, given: object) => {
          options.push(given);
          return target.sendMessage(text, given);
        };
      },
    });
    await createQueueHints(spied).send(window, delay);
    assert.deepEqual(options, [{ visibilityTimeout: seconds, messageTimeToLive: -1 }]);
  }
});

test('queue: who may send need not be allowed to create; who may neither is told the role', async (t) => {
  for (const mayLook of [true, false]) {
    const server = createServer(({ method }, response) => {
      const code = method === 'GET' && mayLook ? 200 : 403;
      response.setHeader('x-ms-error-code', 'AuthorizationPermissionMismatch').writeHead(code).end();
    });
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    assert.ok(typeof address === 'object' && address);
    const prepared = createQueueHints(new QueueClient(`http://127.0.0.1:${address.port}/account/queue`)).prepare();
    if (mayLook) await prepared;
    else
      await assert.rejects(
        prepared,
        /^Error: prepare queue http.*\/queue: not allowed; give .* the role Storage Queue Data Contributor/,
      );
  }
});

test('queue: failures say what to do and keep secrets', async () => {
  const secret = Buffer.from('SECRET').toString('base64');
  const once = { retryOptions: { maxTries: 1 } };
  const cases: [QueueClient, (hints: ReturnType<typeof createQueueHints>) => Promise<void>, RegExp][] = [
    [
      new QueueClient(azurite.connectionString, 'A_b'),
      (hints) => hints.prepare(),
      /^prepare queue .*name is not allowed/,
    ],
    [
      new QueueClient(`${azurite.queueUrl}/queue`, new StorageSharedKeyCredential(azurite.account, secret), once),
      (hints) => hints.prepare(),
      /^prepare queue http.*\/queue: the key, SAS or token was refused/,
    ],
    [
      new QueueClient('http://127.0.0.1:1/a/q?sig=SECRET', undefined, once),
      (hints) => hints.send(window, 0),
      /^send to queue .*nothing listens there/,
    ],
  ];
  for (const [client, act, message] of cases) {
    const error: unknown = await act(createQueueHints(client)).catch((caught) => caught);
    assert.ok(error instanceof Error);
    assert.match(error.message, message);
    assert.doesNotMatch(`${error.message} ${error.stack} ${JSON.stringify(error)}`, /SECRET|sig=/);
  }
});
