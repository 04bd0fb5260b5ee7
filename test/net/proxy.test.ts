/** HTTPS_PROXY holds for every client, and what opens the proxy is in no error. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { TableClient } from '@azure/data-tables';
import { AnonymousCredential, ContainerClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { proxyFault } from '../../shared/net/direct.ts';
import { createLimitedHttp } from '../../shared/net/limited-http.ts';
import { createStorageHttp } from '../../shared/net/storage-http.ts';
import { refuseStrangers } from '../../shared/net/stranger.ts';
import { createAsk } from '../../shared/source/query/client.ts';
import { createHeldRows } from '../../shared/source/query/survey/held-rows.ts';

const met: { readonly to: string; readonly by: string }[] = [];
const proxy = createServer();
proxy.on('connect', (request, socket) => {
  met.push({ to: request.url ?? '', by: String(request.headers['proxy-authorization']) });
  socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
});
const port = await new Promise<number>((resolve) => {
  proxy.listen(0, '127.0.0.1', () => {
    const address = proxy.address();
    resolve(typeof address === 'object' ? (address?.port ?? 0) : 0);
  });
});
process.env.HTTPS_PROXY = `http://somebody:hush-hush@127.0.0.1:${port}`;
process.env.NO_PROXY = 'direct.invalid,.beside.invalid';
after(() => {
  proxy.closeAllConnections();
  proxy.close();
});

const http = refuseStrangers(createLimitedHttp());
const httpClient = createStorageHttp(http);
const retryOptions = { maxTries: 1, maxRetries: 0, retryDelayInMs: 1 };
const none = new AnonymousCredential();
const settings = { url: 'https://api.invalid/v1/apps/x/query', scope: '', auth: { kind: 'none' } } as const;
const clock = { now: () => 0, random: () => 0, sleep: async () => {} };
const question = { query: '', table: 'requests', rows: createHeldRows(), abort: new AbortController().signal };
const container = (host: string) =>
  new ContainerClient(`https://${host}/lake`, none, { httpClient, retryOptions }).getProperties();

const clients: Readonly<Record<string, () => Promise<unknown>>> = {
  'blobs.invalid:443': () => container('blobs.invalid'),
  'queues.invalid:443': () =>
    new QueueClient('https://queues.invalid/q', none, { httpClient, retryOptions }).getProperties(),
  'tables.invalid:443': () =>
    new TableClient('https://tables.invalid', 'table', { httpClient: http, retryOptions }).getEntity('a', 'b'),
  'api.invalid:443': () => createAsk(settings, undefined, clock)(question),
};

for (const [to, call] of Object.entries(clients))
  test(`${to} is asked through it`, async () => {
    met.length = 0;
    const outcome = await call().catch((error: unknown) => error);
    assert.deepEqual([...new Set(met.map((each) => each.to))], [to], String(outcome));
    assert.equal(met[0]?.by, `Basic ${Buffer.from('somebody:hush-hush').toString('base64')}`);
    const said = outcome instanceof Error ? outcome.message : JSON.stringify(outcome);
    assert.doesNotMatch(said, /hush|somebody/);
  });

for (const host of ['direct.invalid', 'a.beside.invalid', 'beside.invalid'])
  test(`NO_PROXY: ${host} is not`, async () => {
    met.length = 0;
    await assert.rejects(container(host), /ENOTFOUND|EAI_AGAIN|getaddrinfo/);
    assert.deepEqual(met, []);
  });

test('an address that is none is told by the name of its variable, without itself', () => {
  for (const [name, value] of [
    ['HTTPS_PROXY', 'http://user:hu#sh@proxy:8080'],
    ['https_proxy', 'user:hush@proxy:8080'],
    ['HTTP_PROXY', 'proxy hush'],
    ['ALL_PROXY', 'socks5://user:hush@proxy'],
  ] as const) {
    const fault = proxyFault({ [name]: value });
    assert.match(String(fault), new RegExp(`^${name} must be the address of a proxy`));
    assert.doesNotMatch(String(fault), /hush|hu#sh/);
  }
  assert.equal(proxyFault({ HTTPS_PROXY: 'http://user:p%23@proxy:8080', HTTP_PROXY: '' }), undefined);
  const unused = { https_proxy: 'http://proxy:8080', ALL_PROXY: 'socks5://proxy' };
  assert.equal(proxyFault(unused), undefined, 'one that nobody goes by harms nobody');
});
