/** Who answers in place of the service is named, and nothing that he says is taken for a file, or for none. */
import assert from 'node:assert/strict';
import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createTcp } from 'node:net';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import { createPipelineRequest } from '@azure/core-rest-pipeline';
import { AnonymousCredential, ContainerClient } from '@azure/storage-blob';
import { createContainerStore } from '../../shared/lake/store-container.ts';
import { createLimitedHttp } from '../../shared/net/limited-http.ts';
import { createStorageHttp } from '../../shared/net/storage-http.ts';
import { refuseStrangers } from '../../shared/net/stranger.ts';

const answers =
  (status: number, body = '', headers = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, headers).end(body);
  };
const html = { 'content-type': 'text/html' };
const gateway = /the service failed; it is tried again later \(HTTP 502\)$/;

const rows: [string, RequestListener | string, RegExp][] = [
  ['a proxy that wants a sign-in', answers(407, '<html>no</html>'), /\(status 407(: no)?\) \(NotTheService\)$/],
  ['a redirect', answers(302, '', { location: 'http://127.0.0.1:1/login' }), /\(status 302\) \(NotTheService\)$/],
  ['a page', answers(200, '<title>Sign in</title>', html), /\(status 200(: Sign in)?\) \(NotTheService\)$/],
  ['nothing, gladly', answers(204), /\(status 204\) \(NotTheService\)$/],
  ['a filter', answers(403, '<h1>Blocked</h1>', html), /\(status 403(: Blocked)?\) \(NotTheService\)$/],
  ['a filter without a type', answers(451, 'by law'), /\(status 451(: by law)?\) \(NotTheService\)$/],
  ['a gateway', answers(502, '<html><h1>Bad Gateway</h1></html>', html), gateway],
  ['no HTTP at all', 'SSH-2.0-OpenSSH_9\r\n', /\(NotTheService\)$/],
];

for (const [name, listener, expected] of rows)
  test(name, async () => {
    const server: Server | ReturnType<typeof createTcp> =
      typeof listener === 'string'
        ? createTcp((socket) => socket.once('data', () => socket.end(listener)))
        : createHttp(listener);
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' ? (address?.port ?? 0) : 0);
      });
    });
    const httpClient = createStorageHttp(refuseStrangers(createLimitedHttp()));
    const retryOptions = { maxTries: 2, retryDelayInMs: 1, maxRetryDelayInMs: 2 };
    const url = `http://127.0.0.1:${port}/account/lake`;
    const client = new ContainerClient(url, new AnonymousCredential(), { httpClient, retryOptions });
    const store = createContainerStore({ client, prefix: '', newId: () => 'id' });
    for (const call of [
      () => store.head('a'),
      () => store.put('a', Buffer.from('x'), undefined),
      () => Array.fromAsync(store.list('')),
      () => Array.fromAsync(store.read('a')),
    ])
      await assert.rejects(call, ({ message }: Error) => {
        assert.match(message, expected);
        assert.doesNotMatch(message, /no reason given|[<\n]|undefined/);
        return true;
      });
    server.close();
  });

test('a body that nobody reads keeps no process alive', async () => {
  const server = createHttp(answers(200, 'some words'));
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' ? (address?.port ?? 0) : 0);
    });
  });
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const request = createPipelineRequest({
    url: `http://127.0.0.1:${port}/`,
    allowInsecureConnection: true,
    streamResponseStatusCodes: new Set([200]),
    disableKeepAlive: true,
  });
  const { readableStreamBody } = await createLimitedHttp().sendRequest(request);
  (readableStreamBody as Readable).destroy();
  assert.equal(timers(), before);
  server.close();
});
