/**
 * Whatever is said in place of an answer, by whomever: each call to storage ends as an error in one line with a code,
 * soon and after few tries, and none takes it for a file, for none, or for an empty ledger. ODD=all: each call with
 * each of them, a minute on an idle machine; the default takes every third.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { TableClient } from '@azure/data-tables';
import { AnonymousCredential, ContainerClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { createContainerStore } from '../../shared/lake/store-container.ts';
import { createLimitedHttp } from '../../shared/net/limited-http.ts';
import { createStorageHttp } from '../../shared/net/storage-http.ts';
import { refuseStrangers } from '../../shared/net/stranger.ts';
import { plannedEntry } from '../../shared/pipeline/entry.ts';
import { createQueueHints } from '../../shared/state/hints-queue.ts';
import { createTableLedger } from '../../shared/state/ledger-table.ts';
import { letTimePass } from '../front/clients.ts';
import { oddAnswers } from '../front/odd-answers.ts';
import { answer, saying, startOddServer, trickling } from '../front/odd-server.ts';

const odd = await startOddServer();
const stopTime = letTimePass(odd);
after(async () => {
  await stopTime();
  odd.close();
});

const http = refuseStrangers(createLimitedHttp());
const options = { httpClient: createStorageHttp(http) };
const url = `http://127.0.0.1:${odd.port}/account`;
const none = new AnonymousCredential();
const client = new ContainerClient(`${url}/lake`, none, options);
const store = createContainerStore({ client, prefix: '', newId: () => 'id' });
const table = new TableClient(url, 'table', { allowInsecureConnection: true, httpClient: http });
const ledger = createTableLedger({ client: table, lakeId: 'lake', newId: () => 'id', now: Date.now });
const hints = createQueueHints(new QueueClient(`${url}/queue`, none, options));
const feed = { app: 'shop', signal: 'requests', source: 'query' } as const;
const window = { ...feed, start: 0, end: 3_600_000 };
const calls: readonly (() => Promise<unknown>)[] = [
  () => store.head('a'),
  () => store.put('a', Buffer.from('x'), undefined),
  () => Array.fromAsync(store.list('')),
  () => Array.fromAsync(store.folders('')),
  () => Array.fromAsync(store.read('a')),
  () => Array.fromAsync(store.read('a', { start: 0, end: 10 })),
  () => store.remove('a', 'tag'),
  () => ledger.read(window),
  () => ledger.claimed(window),
  () => Array.fromAsync(ledger.list(feed)),
  () => Array.fromAsync(ledger.open(feed)),
  () => ledger.write(plannedEntry(window), undefined),
  () => ledger.progress(feed),
  () => hints.send(window, 0),
  () => hints.prepare(),
];
const share = process.env.ODD === 'all' ? 1 : 3;

for (const [n, { name, says, fits }] of oddAnswers.entries())
  test(name, async () => {
    odd.says = says;
    for (const call of calls.filter((_, k) => k % share === n % share)) {
      odd.asked = 0;
      const began = Date.now();
      const told = await call().catch((error: Error) => error);
      if (fits?.test(String(call))) continue;
      assert.ok(told instanceof Error && 'code' in told, `${call} has got ${JSON.stringify(told)}`);
      assert.notEqual(told.code, '', told.message);
      assert.doesNotMatch(told.message, /[<\n{]|undefined|no reason given|\[object/, String(call));
      const took = (Date.now() - began) / 1000;
      assert.ok(odd.asked <= 4 && took <= 130, `${call}: ${odd.asked} calls, ${took} s`);
    }
  });

const line = `400\r\n${' '.repeat(1024)}\r\n`;
/** What comes of the words, how often in milliseconds, and for ever. */
const words: Readonly<Record<string, readonly [more: string, pause: number]>> = {
  'of which nothing comes': ['', 0],
  'that trickle': ['1\r\n \r\n', 3_000],
  'that never end': [line, 100],
  'that are too long': [line.repeat(100), 1],
};
for (const status of [404, 429, 500, 503])
  for (const [name, [more, pause]] of Object.entries(words))
    test(`${status} with words ${name}: the status is told within a minute and a half`, async () => {
      const head = `HTTP/1.1 ${status} Away\r\nx-ms-request-id: 1\r\ntransfer-encoding: chunked\r\n\r\n`;
      odd.says =
        more === ''
          ? (socket, _request, hold) => {
              hold();
              socket.write(head);
            }
          : trickling(() => head, 999, pause, more);
      for (const call of calls) {
        // A HEAD is answered without words.
        if (/store\.head/.test(String(call))) continue;
        const began = Date.now();
        const told = await call().catch((error: Error) => error);
        assert.ok(told instanceof Error && 'code' in told, `${call} has got ${JSON.stringify(told)}`);
        assert.match(`${told.message} ${told.code}`, new RegExp(`${status}`), `${call}`);
        const took = (Date.now() - began) / 1000;
        assert.ok(took <= 90, `${call}: ${took} s`);
      }
    });

test('a refusal whose words stand still once costs a try: it is asked for once more', async () => {
  const head =
    'HTTP/1.1 404 Not Found\r\nx-ms-request-id: 1\r\ncontent-type: application/json\r\ncontent-length: 58\r\n\r\n';
  const body = '{"odata.error":{"code":"ResourceNotFound","message":null}}';
  odd.asked = 0;
  odd.says = (socket, _request, hold) => {
    if (odd.asked > 1) return void socket.end(head + body);
    hold();
    socket.write(head + body.slice(0, 20));
    return undefined;
  };
  assert.equal(await ledger.read(window), undefined);
  assert.equal(odd.asked, 2);
});

test('a listing that leads back to where it began ends, after few calls', async () => {
  const named = { 'x-ms-request-id': '1' };
  const next = { 'x-ms-continuation-nextpartitionkey': 'a', 'x-ms-continuation-nextrowkey': 'b' };
  const blobs =
    '<?xml version="1.0"?><EnumerationResults ServiceEndpoint="x"><Blobs/><NextMarker>a</NextMarker></EnumerationResults>';
  odd.says = saying(({ url }) =>
    url?.includes('comp=list')
      ? answer('200 OK', { ...named, 'content-type': 'application/xml' }, blobs)
      : answer('200 OK', { ...named, ...next, 'content-type': 'application/json' }, '{"value":[]}'),
  );
  for (const call of [() => store.list(''), () => store.folders(''), () => ledger.list(feed), () => ledger.feeds()]) {
    odd.asked = 0;
    await assert.rejects(Array.fromAsync<unknown>(call()), { code: 'NotTheService' });
    assert.ok(odd.asked <= 4, `${odd.asked} calls`);
  }
});
