/** What may be said in place of an answer, by the service, by who stands in its place, or by nobody who can speak. */
import type { IncomingMessage } from 'node:http';
import { answer, type Says, saying, trickling } from './odd-server.ts';

export interface OddAnswer {
  readonly name: string;
  readonly says: Says;
  /** Calls to storage that it is the right answer to; left out: to none. */
  readonly fits?: RegExp;
}

/** By it storage is known. */
const ours = { 'x-ms-request-id': '00000000-0000-0000-0000-000000000000', 'x-ms-version': '2025-01-05' };
const html = { 'content-type': 'text/html' };
const xml = { ...ours, 'content-type': 'application/xml' };
const json = { ...ours, 'content-type': 'application/json;odata=minimalmetadata' };
const page = '<html><head><title>Sign in</title></head><body>Who are you?</body></html>';
const fault = '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>It broke.\nRequestId:1</Message></Error>';
const odata = '{"odata.error":{"code":"InternalError","message":{"lang":"en-US","value":"It broke.\\nRequestId:1"}}}';
const listing = '<?xml version="1.0"?><EnumerationResults ContainerName="lake"><Blobs><Blob><Name>a</Name>';
const rows = '{"value":[{"PartitionKey":"a","RowKey":"b","odata.etag":"c"';

const isHead = ({ method }: IncomingMessage): boolean => method === 'HEAD';
const isTable = ({ url = '' }: IncomingMessage): boolean => /\$batch|\(/.test(url);
const whole = (status: string, headers: Readonly<Record<string, string>>, body = ''): Says =>
  saying((request) => answer(status, headers, isHead(request) ? '' : body));
const faultOf = (request: IncomingMessage): string => (isTable(request) ? odata : fault);
const halfOf = (request: IncomingMessage): string => (isTable(request) ? rows : listing);

/** Each never gives what was asked for. */
export const oddAnswers: readonly OddAnswer[] = [
  { name: 'a page, without a type', says: whole('200 OK', {}, page) },
  { name: 'a page, made anew', says: whole('201 Created', html, page) },
  { name: 'a page, accepted', says: whole('202 Accepted', html, page) },
  { name: 'nothing, without a length', says: saying(() => answer('200 OK', {}, '', false)) },
  { name: 'a redirect to itself', says: whole('307 Temporary Redirect', { location: '/account/lake' }) },
  {
    name: 'a redirect for good',
    says: whole('308 Permanent Redirect', { ...html, location: 'https://127.0.0.1:1/' }, page),
  },
  {
    name: 'a redirect that the service is said to make',
    says: whole('302 Found', { ...ours, location: 'http://127.0.0.1:1/' }),
  },
  { name: 'a choice', says: whole('300 Multiple Choices', html, page) },
  { name: 'not modified', says: whole('304 Not Modified', {}) },
  { name: 'an early hint and no more', says: saying(() => 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n') },
  {
    name: 'another protocol',
    says: saying(() => 'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n'),
  },
  {
    name: '200 with an error of the service',
    says: saying((asked) => answer('200 OK', isTable(asked) ? json : xml, faultOf(asked))),
  },
  { name: '200 with a page, in the name of the service', says: whole('200 OK', { ...ours, ...html }, page) },
  { name: '200 with nothing, in the name of the service', says: whole('200 OK', ours) },
  {
    name: '200 with half a document',
    says: saying((asked) => answer('200 OK', isTable(asked) ? json : xml, halfOf(asked))),
  },
  {
    name: '200 with half a document, as long as the line lasts',
    says: saying((asked) => answer('200 OK', isTable(asked) ? json : xml, halfOf(asked), false)),
  },
  {
    name: '202 with half of what a transaction says',
    fits: /store.remove/,
    says: saying(() =>
      answer(
        '202 Accepted',
        { ...ours, 'content-type': 'multipart/mixed; boundary=b' },
        '--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204',
      ),
    ),
  },
  { name: '206 with nothing', says: whole('206 Partial Content', ours) },
  ...[
    '401 Unauthorized',
    '402 Payment Required',
    '405 Method Not Allowed',
    '411 Length Required',
    '413 Payload Too Large',
    '414 URI Too Long',
    '415 Unsupported Media Type',
    '417 Expectation Failed',
    '421 Misdirected Request',
    '426 Upgrade Required',
    '431 Too Large',
    '451 By Law',
    '499 Client Closed Request',
  ].map((status) => ({ name: `a page, ${status}`, says: whole(status, html, page) })),
  ...[
    '408 Request Timeout',
    '429 Too Many Requests',
    '500 Oops',
    '501 Not Implemented',
    '502 Bad Gateway',
    '503 Away',
    '504 Late',
    '507 Full',
    '509 Bandwidth',
    '520 Unknown',
    '522 Timed Out',
    '525 TLS',
    '529 Overloaded',
    '599 Nothing',
  ].map((status) => ({ name: `a page, ${status}`, says: whole(status, html, page) })),
  ...['408 Request Timeout', '416 Range', '500 Oops', '503 Away'].map((status) => ({
    name: `${status}, in the name of the service, without a code`,
    says: whole(status, ours),
  })),
  ...[
    'soon',
    '-5',
    '1e9',
    'Infinity',
    '5, 5',
    '0x10',
    'Fri, 31 Dec 9999 23:59:59 GMT',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    '20 seconds',
    ' ',
  ].map((after) => ({
    name: `503, Retry-After: ${after}`,
    says: whole('503 Server Busy', { ...xml, 'retry-after': after, 'x-ms-error-code': 'ServerBusy' }),
  })),
  ...['retry-after-ms', 'x-ms-retry-after-ms'].map((name) => ({
    name: `429, ${name}: 1e9`,
    says: whole('429 Too Many Requests', { ...xml, [name]: '1e9' }),
  })),
  { name: 'half a line of the answer', says: saying(() => 'HTTP/1.1 20') },
  { name: 'half of the headers', says: saying(() => 'HTTP/1.1 200 OK\r\nx-ms-request-id: 1\r\ncontent-le') },
  { name: 'headers of 1 MB', says: saying(() => `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(1_000_000)}\r\n\r\n`) },
  { name: 'a header that is none', says: saying(() => 'HTTP/1.1 200 OK\r\nno header\r\n\r\n') },
  { name: 'two lengths', says: saying(() => 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc') },
  {
    name: 'a length that is not kept',
    says: saying(() => `HTTP/1.1 200 OK\r\nx-ms-request-id: 1\r\ncontent-length: 900\r\n\r\n${listing}`),
  },
  {
    name: 'a chunk without an end',
    says: saying(() => `HTTP/1.1 200 OK\r\nx-ms-request-id: 1\r\ntransfer-encoding: chunked\r\n\r\n400\r\n${listing}`),
  },
  {
    name: 'chunks without a last one',
    says: saying(() => `HTTP/1.1 200 OK\r\nx-ms-request-id: 1\r\ntransfer-encoding: chunked\r\n\r\n5\r\n<?xml\r\n`),
  },
  {
    name: 'a chunk that is none',
    says: saying(() => 'HTTP/1.1 200 OK\r\nx-ms-request-id: 1\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n'),
  },
  { name: 'packed, it is said', says: saying(() => answer('200 OK', { ...xml, 'content-encoding': 'gzip' }, listing)) },
  { name: 'HTTP/2', says: saying(() => '\0\0\x12\x04\0\0\0\0\0') },
  { name: 'nothing, and the connection ends', says: (socket) => void socket.end() },
  { name: 'a reset', says: (socket) => void socket.resetAndDestroy() },
  {
    name: 'a reset in the middle',
    says: (socket) =>
      void socket.write(`HTTP/1.1 200 OK\r\nx-ms-request-id: 1\r\ncontent-length: 900\r\n\r\n${listing}`, () =>
        setImmediate(() => socket.resetAndDestroy()),
      ),
  },
  {
    name: 'headers that trickle',
    says: trickling(() => `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(5_000)}\r\n\r\n`, 1, 10_000),
  },
  { name: 'headers without an end', says: trickling(() => 'HTTP/1.1 200 OK\r\n', 99, 5_000, 'x: y\r\n') },
  {
    name: 'hints without an end',
    says: trickling(() => '', 99, 5_000, 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'),
  },
  {
    name: 'spaces without an end',
    says: trickling(
      () => 'HTTP/1.1 200 OK\r\nx-ms-request-id: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      999,
      10_000,
      '1\r\n \r\n',
    ),
  },
  {
    name: 'a refusal without an end',
    says: trickling(
      () => 'HTTP/1.1 503 Away\r\nx-ms-request-id: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      999,
      10_000,
      '1\r\n \r\n',
    ),
  },
];
