import { createServer, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, slimTable } from './slim-table.ts';

/**
 * Storage that keeps what a planner needs in the memory of whoever starts it, and answers each call after a while: so
 * that the planner's process holds the planner and nothing else, and what is counted is what storage would be asked.
 */
export async function startSlimStorage(answersAfter: number, now: () => number) {
  const table = slimTable();
  const blobs = new Map<string, Buffer>();
  const messages: string[] = [];
  const calls = new Map<string, number>();
  let [under, most] = [0, 0];

  const blob = (method: string, path: string, body: Buffer): Answer => {
    const [name = '', query = ''] = path.split('?');
    if (/restype=container/.test(query) && method === 'PUT') return { status: 201 };
    if (/comp=list/.test(query))
      return {
        status: 200,
        body: '<?xml version="1.0"?><EnumerationResults><Blobs/><NextMarker/></EnumerationResults>',
      };
    const found = blobs.get(name);
    const facts = { etag: `"${found?.length ?? body.length}"`, 'last-modified': new Date(now()).toUTCString() };
    if (method === 'PUT') {
      blobs.set(name, body);
      return { status: 201, headers: { ...facts, etag: `"${body.length}"` } };
    }
    if (found === undefined) return { status: 404, headers: { 'x-ms-error-code': 'BlobNotFound' } };
    const about = { ...facts, 'content-type': 'application/octet-stream', 'x-ms-blob-type': 'BlockBlob' };
    return { status: 200, headers: about, body: method === 'HEAD' ? '' : found.toString() };
  };
  const queue = (method: string, path: string): Answer => {
    if (!/\/messages/.test(path)) return { status: 201 };
    if (method !== 'POST') return { status: 204 };
    return { status: 201, body: MADE };
  };
  const answer = (message: IncomingMessage, body: Buffer): Answer => {
    const { method = '', url = '', headers } = message;
    if (url.startsWith('/table/'))
      return table.answer(method, url.slice('/table'.length), headers['if-match'], body.toString());
    if (!url.startsWith('/queue/')) return blob(method, url, body);
    if (method === 'POST') messages.push(/<MessageText>(.*)<\/MessageText>/.exec(body.toString())?.[1] ?? '');
    return queue(method, url);
  };
  const server = createServer({ keepAliveTimeout: 60_000 }, async (message, response) => {
    const [, service = ''] = (message.url ?? '').split('/');
    const kind = `${service} ${message.method}${/\$batch/.test(message.url ?? '') ? ' transaction' : ''}`;
    calls.set(kind, (calls.get(kind) ?? 0) + 1);
    most = Math.max(most, ++under);
    const body = Buffer.concat(await message.toArray());
    await delay(answersAfter);
    const { status, headers = {}, body: text = '' } = answer(message, body);
    under -= 1;
    const length = status === 204 ? {} : { 'content-length': headers['content-length'] ?? Buffer.byteLength(text) };
    const type = /^\/table/.test(message.url ?? '') ? 'application/json' : 'application/xml';
    const served = { 'x-ms-request-id': 'r', 'x-ms-version': '2024-01-01' };
    response.writeHead(status, {
      ...served,
      'content-type': type,
      date: new Date(now()).toUTCString(),
      ...length,
      ...headers,
    });
    response.end(text);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const places = ['Blob', 'Queue', 'Table'].map((kind) => `${kind}Endpoint=${origin}/${kind.toLowerCase()}/account;`);
  return {
    table,
    blobs,
    messages,
    connectionString: `DefaultEndpointsProtocol=http;AccountName=account;AccountKey=${KEY};${places.join('')}`,
    /** Calls since the last time, in all and by kind. */
    counted: () => {
      const all = [...calls].toSorted();
      calls.clear();
      return { calls: all.reduce((sum, [, each]) => sum + each, 0), kinds: Object.fromEntries(all), most };
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const KEY = Buffer.alloc(64).toString('base64');
const MADE =
  '<?xml version="1.0"?><QueueMessagesList><QueueMessage><MessageId>1</MessageId><InsertionTime>Fri, 27 Nov 2026 00:00:00 GMT' +
  '</InsertionTime><ExpirationTime>Fri, 27 Nov 2026 00:00:00 GMT</ExpirationTime><PopReceipt>1</PopReceipt>' +
  '<TimeNextVisible>Fri, 27 Nov 2026 00:00:00 GMT</TimeNextVisible></QueueMessage></QueueMessagesList>';
