/** What passes by itself costs a try, and not the call: each passing status, once and for ever, of each service. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { TableClient } from '@azure/data-tables';
import { AnonymousCredential, ContainerClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { createLimitedHttp } from '../../shared/net/limited-http.ts';
import { createStorageHttp } from '../../shared/net/storage-http.ts';
import { refuseStrangers } from '../../shared/net/stranger.ts';

/** Short pauses; `retry-after` is heeded as it is. */
const http = refuseStrangers(createLimitedHttp());
const storage = {
  httpClient: createStorageHttp(http),
  retryOptions: { maxTries: 3, retryDelayInMs: 1, maxRetryDelayInMs: 2 },
};
const tables = {
  httpClient: http,
  allowInsecureConnection: true,
  retryOptions: { maxRetries: 2, retryDelayInMs: 1, maxRetryDelayInMs: 2 },
};
const ask: Readonly<Record<string, (url: string) => Promise<unknown>>> = {
  blob: (url) => new ContainerClient(`${url}/lake`, new AnonymousCredential(), storage).getBlobClient('a').getTags(),
  'blob, put': (url) =>
    new ContainerClient(`${url}/lake`, new AnonymousCredential(), storage).getBlockBlobClient('a').upload('x', 1),
  queue: (url) => new QueueClient(`${url}/hints`, new AnonymousCredential(), storage).sendMessage('x'),
  table: (url) => new TableClient(url, 'ledger', tables).getEntity('a', 'b'),
};

/** Calls that came, and how it ended, where the first `times` are answered so and then with 409. */
async function asked(service: string, status: number, headers: Record<string, string>, times: number) {
  let calls = 0;
  const server = createServer((request, response) => {
    request.resume();
    const now = ++calls <= times ? status : 409;
    response.writeHead(now, { ...headers, 'x-ms-request-id': 'id' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/account`;
    const ended = await ask[service]?.(url).catch(({ statusCode }: { statusCode?: number }) => statusCode);
    return { calls, ended };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

for (const service of Object.keys(ask)) {
  for (const status of [408, 429, 500, 502, 503, 504, 507, 520, 529])
    test(`${service}: ${status} once is tried again, and for ever ends with it`, async () => {
      const soon = { 'retry-after': '0' };
      assert.deepEqual(await asked(service, status, soon, 1), { calls: 2, ended: 409 });
      assert.deepEqual(await asked(service, status, soon, 9), { calls: 3, ended: status });
    });
  for (const status of [400, 403, 404, 501, 505])
    test(`${service}: ${status} is not`, async () =>
      assert.deepEqual(await asked(service, status, {}, 9), { calls: 1, ended: status }));
}

test('table: 429 that does not say for how long is tried again in four seconds', async () => {
  const began = performance.now();
  assert.deepEqual(await asked('table', 429, {}, 1), { calls: 2, ended: 409 });
  assert.ok(performance.now() - began > 3_500);
});
