import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { inspect } from 'node:util';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Clock, QuerySettings, Window } from '../../../shared/model.ts';
import { CLIENT_LIMITS, clientLimits, createAsk } from '../../../shared/source/query/client.ts';
import type { Reply } from '../../../shared/source/query/reply.ts';
import { createQuerySource } from '../../../shared/source/query/source.ts';
import { createHeldRows } from '../../../shared/source/query/survey/held-rows.ts';
import { createWatch } from '../../../shared/source/query/watch.ts';

const SECRET = 'very"secret';
const COLUMNS = '[{"name":"timestamp","type":"datetime"},{"name":"id","type":"string"}]';
const tableOf = (rows: string): string => `{"tables":[{"name":"PrimaryResult","columns":${COLUMNS},"rows":${rows}}]`;
const ANSWER = `${tableOf('[["2026-11-21T03:00:00Z","a"],["2026-11-21T03:00:01Z","b"]]')}}`;
/** Short only where a test waits for it: elsewhere a busy machine would be taken for a stalled server. */
const NO_FIRST = { ...CLIENT_LIMITS, first: 150 };
const NO_MORE = { ...CLIENT_LIMITS, stall: 150 };
const clock: Clock = { now: () => 1_000_000, random: () => 0, sleep: async () => {} };

interface Seen {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let url = '';
let handlers: Handler[] = [];
let seen: Seen[] = [];
before(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    seen.push({ headers: request.headers, body });
    (handlers.shift() ?? send(200, ANSWER))(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/apps/1/query`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});
afterEach(() => {
  handlers = [];
  seen = [];
});

const send =
  (status: number, body: string | Uint8Array, headers: Record<string, string> = {}): Handler =>
  (_request, response) => {
    response.writeHead(status, headers).end(body);
  };
/** Sends the beginning of an answer and then breaks off. */
const dropAfter =
  (body: string | Uint8Array, headers: Record<string, string> = {}): Handler =>
  (_request, response) => {
    response.writeHead(200, headers);
    response.write(body, () => setTimeout(() => response.destroy(), 20));
  };

type Auth = QuerySettings['auth'];
const key: Auth = { kind: 'key', key: { reveal: () => SECRET } };
const identity: Auth = { kind: 'identity', clientId: '', setting: 'AZURE_CLIENT_ID' };

async function askOnce(
  handler: Handler,
  auth: Auth = { kind: 'none' },
  abort = new AbortController().signal,
  limits = CLIENT_LIMITS,
): Promise<Reply> {
  handlers = [handler];
  const ask = createAsk({ url, scope: 's', auth }, undefined, clock, limits);
  return ask({ query: 'requests\n| take 1', table: 'requests', rows: createHeldRows(), abort });
}

test('posts the query with the headers that keep the answer fresh, and writes the rows', async () => {
  const reply = await askOnce(send(200, ANSWER, { age: '12' }), key);
  assert.deepEqual([reply.status, reply.lost, reply.age, reply.answer?.rows], [200, '', 12, 2]);
  assert.equal(
    Buffer.from(reply.answer?.rest ?? []).toString(),
    '["2026-11-21T03:00:00Z","a"]\n["2026-11-21T03:00:01Z","b"]\n',
  );
  assert.deepEqual(JSON.parse(seen[0]?.body ?? ''), { query: 'requests\n| take 1' });
  const headers = seen[0]?.headers ?? {};
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['cache-control'], 'no-cache');
  assert.equal(headers.prefer, 'wait=180');
  assert.equal(headers['accept-encoding'], 'gzip');
  assert.equal(headers['x-api-key'], SECRET);
  assert.equal(headers.authorization, undefined);
});

test('what comes back, as facts', async () => {
  const table: readonly (readonly [
    what: string,
    handler: Handler,
    expected: Partial<Reply>,
    limits?: typeof CLIENT_LIMITS,
  ])[] = [
    ['gzip', send(200, gzipSync(ANSWER), { 'content-encoding': 'gzip' }), { status: 200, lost: '' }],
    ['x-gzip', send(200, gzipSync(ANSWER), { 'content-encoding': 'X-GZip' }), { status: 200, lost: '' }],
    [
      '429',
      send(429, '{"error":{"code":"ThrottledError"}}', { 'retry-after': '3' }),
      { status: 429, retryAfter: '3', body: { error: { code: 'ThrottledError' } } },
    ],
    ['204', send(204, ''), { status: 204, lost: '', body: '' }],
    ['503 as text', send(503, 'Service Unavailable'), { status: 503, body: 'Service Unavailable' }],
    ['502 as HTML', send(502, '<html>…'), { status: 502, body: 'a page of HTML instead of an error' }],
    ['a BOM', send(404, '\uFEFF{"error":"x"}'), { status: 404, body: { error: 'x' } }],
    ['a redirect is not followed', send(302, '', { location: '/elsewhere' }), { status: 302 }],
    [
      'dropped before the answer',
      (request) => request.socket.destroy(),
      { status: 0, lost: 'the connection failed (ECONNRESET)', timedOut: false },
    ],
    [
      'dropped in the answer',
      dropAfter(ANSWER.slice(0, 150)),
      { status: 200, lost: 'the connection failed (ECONNRESET)', timedOut: false },
    ],
    [
      'dropped in a packed answer',
      dropAfter(gzipSync(ANSWER).subarray(0, 60), { 'content-encoding': 'gzip' }),
      { status: 200, lost: 'the connection failed (ECONNRESET)', timedOut: false },
    ],
    [
      'packed badly',
      send(200, 'nonsense', { 'content-encoding': 'gzip' }),
      { status: 200, lost: 'the connection failed (Z_DATA_ERROR: incorrect header check)' },
    ],
    [
      'no first byte',
      () => {},
      { status: 0, lost: 'the first byte of an answer did not come within 0 s', timedOut: true },
      NO_FIRST,
    ],
    [
      'a stall',
      (_request, response) => response.writeHead(200).write(ANSWER.slice(0, 150)),
      { status: 200, lost: 'more of the answer did not come within 0 s', timedOut: true },
      NO_MORE,
    ],
  ];
  for (const [what, handler, expected, limits] of table) {
    const reply = await askOnce(handler, undefined, undefined, limits);
    assert.deepEqual({ ...reply, ...expected }, reply, `${what}: ${inspect(reply)}`);
    assert.equal(
      reply.answer === undefined || reply.answer.rest.length > 0,
      what.endsWith('gzip') || reply.status !== 200,
      what,
    );
  }
});

test('an answer that nobody asked to be packed like that says how it is packed', async () => {
  const asked = 'and only gzip was asked for';
  const unsaid = 'and its header does not say so';
  const table: readonly (readonly [encoding: string, body: Uint8Array, reason: string])[] = [
    ['br', brotliCompressSync(ANSWER), `packed as br, ${asked}`],
    ['Deflate', deflateSync(ANSWER), `packed as deflate, ${asked}`],
    ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]), `packed as zstd, ${asked}`],
    ['gzip, gzip', gzipSync(gzipSync(ANSWER)), `packed as gzip, gzip, ${asked}`],
    ['gzip', gzipSync(gzipSync(ANSWER)), 'packed twice: gzip within gzip'],
    ['', gzipSync(ANSWER), `packed as gzip, ${unsaid}`],
    ['identity', deflateSync(ANSWER), `packed as deflate, ${unsaid}`],
    ['', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]), `packed as zstd, ${unsaid}`],
    ['', Buffer.from('text'), 'not what the query API returns: no JSON object, near byte 0'],
  ];
  for (const [encoding, body, reason] of table) {
    const { answer } = await askOnce(send(200, body, encoding === '' ? {} : { 'content-encoding': encoding }));
    assert.equal(answer?.fault?.reason, reason);
  }
  const refused = await askOnce(send(403, brotliCompressSync('{"error":"x"}'), { 'content-encoding': 'br' }));
  assert.equal(refused.body, `words that are packed as br, ${asked}`);
  const plain = await askOnce(send(403, '{"error":"x"}', { 'content-encoding': 'utf-8' }));
  assert.deepEqual(plain.body, { error: 'x' });
});

/** Sends a space 20 times a second, and in place of the `ends`th the answer. */
const spaces =
  (ends: number): Handler =>
  (_request, response) => {
    let sent = 0;
    response.writeHead(200).flushHeaders();
    const timer = setInterval(() => {
      sent += 1;
      if (sent < ends) return response.write(' ');
      clearInterval(timer);
      return response.end(ANSWER);
    }, 50);
    response.on('close', () => clearInterval(timer));
  };

test('while only white space comes, an answer may take what the first byte may, and not begin anew', async () => {
  const came = await askOnce(spaces(14), undefined, undefined, NO_MORE);
  assert.deepEqual([came.lost, came.answer?.rows], ['', 2]);
  const never = await askOnce(spaces(2000), undefined, undefined, { ...NO_MORE, first: 1000 });
  assert.deepEqual([never.lost, never.timedOut], ['more of the answer did not come within 1 s', true]);
  const refused = await askOnce(
    (_request, response) => response.writeHead(500).write(' '),
    undefined,
    undefined,
    NO_MORE,
  );
  assert.deepEqual([refused.status, refused.lost], [500, '']);
});

test('faults of a 200 stand in the answer', async () => {
  const table: readonly (readonly [string, string])[] = [
    ['', 'empty'],
    [ANSWER.slice(0, 150), 'cut'],
    ['<html>', 'malformed'],
    ['{}', 'noTable'],
  ];
  for (const [body, kind] of table) assert.equal((await askOnce(send(200, body))).answer?.fault?.kind, kind);
  const partial = await askOnce(send(200, `${tableOf('[["x","y"]]')},"error":{"code":"PartialError"}}`));
  assert.deepEqual(
    [partial.answer?.rows, partial.answer?.rest.length, partial.answer?.error],
    [1, 0, { code: 'PartialError' }],
  );
});

test('nobody listens: lost, by code', async () => {
  const ask = createAsk({ url: 'http://127.0.0.1:1/query', scope: 's', auth: key }, undefined, clock);
  const reply = await ask({ query: 'q', table: 't', rows: createHeldRows(), abort: new AbortController().signal });
  assert.deepEqual([reply.status, reply.lost], [0, 'the connection failed (ECONNREFUSED)']);
});

test('abort throws, before the first byte and within the answer', async () => {
  for (const handler of [() => {}, dropAfter(ANSWER.slice(0, 150))]) {
    const abort = new AbortController();
    const hang: Handler = (request, response) => {
      handler(request, response);
      setTimeout(() => abort.abort(new Error('lease lost')), 10);
    };
    await assert.rejects(askOnce(hang, { kind: 'none' }, abort.signal), /lease lost/);
  }
});

test('a token is asked for once while it lasts, and anew after a refusal', async () => {
  let given = 0;
  let now = 0;
  const credential = {
    async getToken(scope: string | string[]) {
      assert.equal(scope, 'https://api.example.test/.default');
      given++;
      return { token: `t${given}`, expiresOnTimestamp: now + 3_600_000 };
    },
  };
  const settings = { url, scope: 'https://api.example.test/.default', auth: identity };
  const ask = createAsk(settings, credential, { ...clock, now: () => now });
  const once = (): Promise<Reply> =>
    ask({ query: 'q', table: 't', rows: createHeldRows(), abort: new AbortController().signal });
  await once();
  await once();
  now = 3_400_000;
  await once();
  handlers = [send(401, '')];
  assert.equal((await once()).status, 200, 'one more try with a new token');
  await once();
  assert.deepEqual(
    seen.map(({ headers }) => headers.authorization),
    ['t1', 't1', 't2', 't2', 't3', 't3'].map((token) => `Bearer ${token}`),
  );
});

test('a token that is refused although it is all that there is: one refusal, and no more questions', async () => {
  const asked: (string | undefined)[] = [];
  const credential = {
    async getToken(_scope: string | string[], options?: { readonly claims?: string }) {
      asked.push(options?.claims);
      return { token: 'same', expiresOnTimestamp: 9e15 };
    },
  };
  const ask = createAsk({ url, scope: 's', auth: identity }, credential, clock);
  handlers = [send(401, '')];
  const abort = new AbortController().signal;
  const reply = await ask({ query: 'q', table: 't', rows: createHeldRows(), abort });
  assert.equal(reply.status, 401);
  assert.equal(seen.length, 1);
  assert.deepEqual(
    asked.map((claims) => claims?.includes('nbf') ?? false),
    [false, false, true],
  );
});

test('a certificate that is not trusted is not asked for six times', async () => {
  const lost = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  const watch = createWatch(new AbortController().signal);
  watch.lose(lost);
  watch.stop();
  assert.match(
    watch.hopeless(),
    /^the connection failed: the server’s certificate is not trusted; .*NODE_EXTRA_CA_CERTS/,
  );
});

test('no token: says so', async () => {
  const failing = {
    getToken: () => Promise.reject(new Error('ManagedIdentityCredential: unavailable\nstack and more')),
  };
  for (const credential of [failing, { getToken: async () => null }, undefined]) {
    const ask = createAsk({ url, scope: 's', auth: identity }, credential, clock);
    await assert.rejects(
      ask({ query: 'q', table: 't', rows: createHeldRows(), abort: new AbortController().signal }),
      /^Error: no token for s: [^\n]*; give the app/,
    );
  }
});

test('secrets never travel in the clear, and do not come back in replies or errors', async () => {
  const settings = { url: 'http://api.example.test/query?sig=1', scope: 's' };
  assert.throws(
    () => createAsk({ ...settings, auth: key }, undefined, clock),
    /^Error: query API at api.example.test: http: would send the key in the clear; use https$/,
  );
  assert.throws(() => createAsk({ ...settings, auth: identity }, undefined, clock), /the token in the clear/);
  assert.doesNotThrow(() => createAsk({ ...settings, auth: { kind: 'none' } }, undefined, clock));
  const echo = JSON.stringify({ error: { code: 'PartialError', message: `you sent ${SECRET}` } });
  const replies = [
    await askOnce(send(403, echo), key),
    await askOnce(send(500, `x ${SECRET} y`), key),
    await askOnce(send(200, `${tableOf('[]')},${echo.slice(1)}`), key),
    await askOnce((request) => request.socket.destroy(), key),
  ];
  for (const reply of replies)
    assert.ok(!inspect(reply, { depth: 9 }).includes('secret"') && !inspect(reply, { depth: 9 }).includes(SECRET));
  assert.match(inspect(replies[0]?.body), /you sent \[secret\]/);
  assert.match(inspect(replies[2]?.answer?.error), /you sent \[secret\]/);
});

test('end to end: faults on the way, the rows once', async () => {
  const window: Window = { app: 'shop', signal: 'requests', source: 'query', start: 0, end: 3_600_000 };
  const settings = {
    url,
    scope: 's',
    auth: key,
    schema: { kind: 'app' },
    signals: [],
    window: 1,
    lag: 1,
    retention: 1,
    from: undefined,
    until: undefined,
  } as const;
  const source = createQuerySource({ settings, ask: createAsk(settings, undefined, clock), clock });
  handlers = [
    send(429, '', { 'retry-after': '1' }),
    send(200, ''),
    dropAfter(ANSWER.slice(0, -9)),
    send(200, ANSWER.slice(0, -3)),
    send(200, `${tableOf('[["2026","x"]]')},"error":{"code":"PartialError","message":"network"}}`),
    // Too large, then its halves: one with rows, one without.
    send(
      200,
      '{"error":{"code":"PartialError","message":"E_QUERY_RESULT_SET_TOO_LARGE"},' +
        `${tableOf('[["2026","x"]]').slice(1)}}`,
    ),
    send(504, ''),
    send(200, ANSWER),
    send(200, `${tableOf('[]')}}`),
  ];
  const reading = await source.open(window, new AbortController().signal);
  let text = '';
  for await (const chunk of reading.chunks()) text += Buffer.from(chunk.bytes).toString();
  assert.equal(text, '["2026-11-21T03:00:00Z","a"]\n["2026-11-21T03:00:01Z","b"]\n');
  assert.deepEqual([reading.fingerprint, reading.asked, seen.length], ['rows:2', 9, 9]);
});

test('an address of IPv6 on this machine is taken, and found', async (t) => {
  const six = createServer((_request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(ANSWER);
  });
  const listens = await new Promise<boolean>((resolve) => {
    six.once('error', () => resolve(false)).listen(0, '::1', () => resolve(true));
  });
  if (!listens) return t.skip('this machine has no IPv6');
  try {
    const address = `http://[::1]:${(six.address() as AddressInfo).port}/v1/apps/1/query`;
    const ask6 = createAsk({ url: address, scope: '', auth: { kind: 'none' } }, undefined, clock);
    const reply = await ask6({
      query: 'x',
      table: 'requests',
      rows: createHeldRows(),
      abort: new AbortController().signal,
    });
    assert.deepEqual([reply.status, reply.lost, reply.answer?.rows], [200, '', 2]);
  } finally {
    six.closeAllConnections();
    six.close();
  }
});

test('a question that hangs takes a third of the time that a run reads, and the server ends it before', () => {
  const table = [
    [undefined, 400_000, 180],
    [1_200_000, 400_000, 180],
    [400_000, 133_333, 113],
    [200_000, 66_666, 46],
  ] as const;
  for (const [reading, first, wait] of table)
    assert.deepEqual(clientLimits(reading), { ...CLIENT_LIMITS, first, wait }, String(reading));
});
