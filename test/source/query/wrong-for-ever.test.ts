import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Clock, QuerySettings, Window } from '../../../shared/model.ts';
import { createAsk } from '../../../shared/source/query/client.ts';
import { createQuerySource } from '../../../shared/source/query/source.ts';

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const changed = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[copy.length + at] = (copy[copy.length + at] ?? 0) ^ 0xff;
  return copy;
};

type Sent = readonly [encoding: string, bytes: Buffer, status?: number];
/** What is wrong with every answer, for ever, and how often a window is asked for at most: where rows lie all over, and
 * where all of them lie in one second and the rest of the hour is answered rightly. */
const rows: readonly (readonly [what: string, spoil: (body: Buffer) => Sent, all: number, one: number])[] = [
  ['no gzip, though it says so', (body) => ['gzip', body], 6, 12],
  ['gzip, though it does not say so', (body) => ['identity', gzipSync(body)], 6, 12],
  ['a page', () => ['identity', Buffer.from('<html>sign in</html>')], 6, 12],
  ['a NUL behind it', (body) => ['identity', Buffer.concat([body, Buffer.alloc(1)])], 6, 12],
  ['another answer behind it', (body) => ['identity', Buffer.concat([body, body])], 6, 12],
  ['a page behind it', (body) => ['gzip', gzipSync(`${body}<html>sign in</html>`)], 6, 12],
  ['br', (body) => ['br', brotliCompressSync(body)], 6, 12],
  ['nothing', () => ['identity', Buffer.alloc(0)], 6, 12],
  // These may be too long for somebody on the way.
  ['a checksum', (body) => ['gzip', changed(gzipSync(body), -8)], 14, 40],
  ['a length behind the checksum', (body) => ['gzip', changed(gzipSync(body), -1)], 14, 40],
  ['no JSON', (body) => ['identity', Buffer.concat([body.subarray(0, -3), Buffer.from('}}}')])], 14, 40],
  ['a cell too many', (body) => ['identity', Buffer.from(String(body).replace('"rows":[[', '"rows":[["x",'))], 14, 40],
  ['gzip without an end', (body) => ['gzip', gzipSync(body).subarray(0, -8)], 14, 40],
  ['half of gzip', (body) => ['gzip', gzipSync(body).subarray(0, 60)], 14, 40],
  ['half of it', (body) => ['identity', body.subarray(0, body.length >> 1)], 14, 40],
];

const window = { app: 'a', signal: 'requests', source: 'query', start: START, end: START + HOUR } as Window;
const columns = [
  { name: 'itemId', type: 'string' },
  { name: 'timestamp', type: 'datetime' },
];

/** What a server sends instead of an answer, which would hold so many rows, of so long a range; undefined: the answer. */
type Spoil = (body: Buffer, rows: number, range: number) => Sent | undefined;

/** Asked how often, and what came of it, before a server where rows have these times. */
async function askedBefore(spoil: Spoil, times: readonly number[]): Promise<readonly [number, string]> {
  let asked = 0;
  const server = createServer(async (request, response) => {
    asked += 1;
    const query = String(JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString()).query);
    const [low = '', high = ''] = [...query.matchAll(/datetime\(([^)]+)\)/g)].map(([, time]) => time);
    const found = times.filter((time) => time >= Date.parse(low) && time < Date.parse(high));
    const list = found.map((time) => [`id${time}`, new Date(time).toISOString()]);
    const body = Buffer.from(JSON.stringify({ tables: [{ name: 'PrimaryResult', columns, rows: list }] }));
    const instead = spoil(body, found.length, Date.parse(high) - Date.parse(low));
    const [encoding, bytes, status = 200] = instead ?? ['identity', body];
    response
      .writeHead(status, { 'content-encoding': encoding, date: new Date(START + 99 * HOUR).toUTCString() })
      .end(bytes);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/v1/apps/a/query`;
  let now = START + 99 * HOUR;
  const sleep = async (millis: number) => {
    now += millis;
  };
  const clock: Clock = { now: () => now, random: () => 0.5, sleep };
  const settings = {
    url,
    scope: '',
    auth: { kind: 'none' },
    schema: { kind: 'app' },
    lag: 0,
  } as unknown as QuerySettings;
  const source = createQuerySource({ settings, ask: createAsk(settings, undefined, clock), clock });
  let came = '';
  try {
    const reading = await source.open(window, new AbortController().signal);
    for await (const chunk of reading.chunks()) assert.notEqual(chunk.answer, 'whole');
    came = reading.fingerprint;
  } catch (caught) {
    came = caught instanceof Error ? caught.message : String(caught);
  } finally {
    server.closeAllConnections();
    server.close();
  }
  return [asked, came];
}

for (const [what, spoil, all, one] of rows)
  test(`${what}, for ever: the window is asked for ${all} times at most, ${one} where few parts have rows`, async () => {
    for (const [from, step, most] of [
      [0, 18_000, all],
      [HOUR - 1_000, 5, one],
      [HOUR / 3, 5, one],
    ] as const) {
      const times = Array.from({ length: 200 }, (_, n) => START + from + n * step);
      const [asked, error] = await askedBefore((body, found) => (found === 0 ? undefined : spoil(body)), times);
      assert.match(error, /tried again later/);
      assert.ok(asked <= most && asked >= 4, `asked ${asked} times: ${error}`);
    }
  });

const refusal = (status: number, code: string): Sent => [
  'identity',
  Buffer.from(JSON.stringify({ error: { code, message: 'no' } })),
  status,
];
/** What comes whenever a range is too long, and nowhere else; it may not be called so. */
const tooLong: readonly (readonly [what: string, spoil: (body: Buffer) => Sent])[] = [
  ['504', () => refusal(504, 'GatewayTimeout')],
  ['500', () => refusal(500, 'InternalServerError')],
  ['400', () => refusal(400, 'BadArgumentError')],
  ['half of it', (body) => ['identity', body.subarray(0, body.length >> 1)]],
  ['half of it and a page', (body) => ['identity', Buffer.concat([body.subarray(0, -3), Buffer.from('<html>')])]],
  [
    'gzip without an end and a page',
    (body) => ['gzip', Buffer.concat([gzipSync(body).subarray(0, -8), Buffer.from('<html>502 closed</html>')])],
  ],
];

for (const [what, spoil] of tooLong)
  test(`${what} wherever a range is too long: the window comes, though it has no row or one`, async () => {
    for (const parts of [16, 32])
      for (const times of [[], [START + HOUR - 5]]) {
        const [asked, came] = await askedBefore(
          (body, _rows, range) => (range > HOUR / parts ? spoil(body) : undefined),
          times,
        );
        assert.equal(came, `rows:${times.length}`);
        // Each of the longer ones twice, or three times.
        assert.ok(asked <= 3 * parts, `asked ${asked} times`);
      }
  });
