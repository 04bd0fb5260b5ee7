import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { Azurite } from '../../local/azurite.ts';
import { type Answer, type Refusal, refusalOf, type Service } from './answers.ts';
import type { Says } from './odd-server.ts';

/** A call to storage on its way through the front. */
export interface StorageCall {
  readonly service: Service;
  readonly method: string;
  /** Path and query, without the account. */
  readonly path: string;
  /** How many calls came before it. */
  readonly number: number;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: number;
}

/**
 * What becomes of a call. Undefined: it passes.
 * - `refuse`: storage does not know of it. `done`: storage has done it, and it is refused all the same. `later`: it is
 *   refused, and done when the test lets it be (`applyLater`).
 * - `cut`, `stall`: the answer breaks off, or stands still for ever, after so many bytes of its body. `trickle`: so
 *   many bytes at a time, with a pause of so many milliseconds.
 * - `swap`: storage has done it, and somebody changes the answer on its way.
 * - `odd`: bytes in place of an answer (odd-answers.ts); storage does not know of the call.
 * - `never`: no answer comes; storage has done it (`done`) or not. `broken`: the connection ends in its place.
 */
export type Fate =
  | { readonly refuse: Refusal }
  | { readonly done: Refusal }
  | { readonly later: Refusal }
  | { readonly cut: number }
  | { readonly stall: number }
  | { readonly trickle: number; readonly pause: number }
  | { readonly swap: (answer: Answer) => Answer }
  | { readonly odd: Says }
  | { readonly never: 'done' | 'undone' }
  | { readonly broken: 'done' | 'undone' }
  | undefined;

/** Awaited while a call waits. */
export interface Gate {
  /** The call has come, whole, but storage does not know of it. */
  before?(call: StorageCall): Promise<void> | void;
  /** Storage has done it, but the answer is not given yet. */
  after?(call: StorageCall): Promise<void> | void;
}

/**
 * Stands between the app and Azurite and answers as the service does. Its addresses stay the same for all processes, as
 * they name the lake in the ledger.
 */
export interface StorageFront {
  readonly connectionString: string;
  readonly urls: Readonly<Record<Service, string>>;
  readonly ports: Readonly<Record<Service, number>>;
  /** What happens to the calls from now on; undefined: nothing. */
  gate: Gate | undefined;
  fate: ((call: StorageCall) => Fate) | undefined;
  /** Answers in place of storage, where it does; undefined: it does not. */
  serve: ((call: StorageCall, body: Uint8Array) => Answer | undefined) | undefined;
  /** Hears of each call when it comes. */
  met: ((call: StorageCall) => void) | undefined;
  /** Every call since the start. */
  readonly calls: StorageCall[];
  /** Ports on the client's side of calls that get no answer, or the rest of it not before time passes. */
  readonly held: Set<number>;
  /** Has storage do what was kept for later, in the order in which it came; how many that were. */
  applyLater(): Promise<number>;
  close(): Promise<void>;
}

interface Post {
  readonly call: StorageCall;
  readonly url: string;
  readonly message: IncomingMessage;
  readonly body: Uint8Array;
}

export async function startStorageFront(azurite: Azurite): Promise<StorageFront> {
  const { account, key } = azurite;
  const targets = { blob: azurite.blobUrl, queue: azurite.queueUrl, table: azurite.tableUrl } as const;
  const servers: Server[] = [];
  const ports = { blob: 0, queue: 0, table: 0 };
  const kept: Post[] = [];
  const urls = { blob: '', queue: '', table: '' };
  const front: Pick<StorageFront, 'gate' | 'fate' | 'met' | 'serve' | 'calls' | 'held'> = {
    ...{ gate: undefined, fate: undefined, met: undefined, serve: undefined, calls: [], held: new Set() },
  };
  for (const service of ['blob', 'queue', 'table'] as const) {
    const server = createServer(async (message, response) => {
      try {
        const post = await received(service, new URL(targets[service]).origin, message, front);
        await pass(post, response, front, kept);
      } catch {
        response.destroy(); // a client that was killed, or has given up, does not wait for its answer
      }
    });
    server.requestTimeout = 0;
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    ports[service] = typeof address === 'object' ? (address?.port ?? 0) : 0;
    urls[service] = `http://127.0.0.1:${ports[service]}/${account}`;
  }
  const endpoints = `BlobEndpoint=${urls.blob};QueueEndpoint=${urls.queue};TableEndpoint=${urls.table};`;
  return Object.assign(front, {
    urls,
    ports,
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};${endpoints}`,
    applyLater: async () => {
      const posts = kept.splice(0);
      for (const post of posts) front.serve?.(post.call, post.body) ?? (await passedOn(post));
      return posts.length;
    },
    close: async () => {
      for (const server of servers) shut(server);
    },
  });
}

function shut(server: Server): void {
  server.closeAllConnections();
  server.close();
}

async function received(
  service: Service,
  target: string,
  message: IncomingMessage,
  { calls, met }: Pick<StorageFront, 'calls' | 'met'>,
): Promise<Post> {
  const { method = '', url = '', headers } = message;
  const number = calls.length;
  const path = url.replace(/^\/[^/]+/, '');
  // Counted when it comes: one that is given up in the middle was a call, too.
  const call = { service, method, path, number, headers, bytes: 0 };
  calls.push(call);
  met?.(call);
  const pieces: Uint8Array[] = [];
  for await (const piece of message) pieces.push(piece);
  const body = Buffer.concat(pieces);
  return {
    call: { ...call, bytes: body.length },
    url: `${target}${url}`,
    message,
    body,
  };
}

async function pass(
  post: Post,
  response: ServerResponse,
  { gate, fate, serve, held }: Pick<StorageFront, 'gate' | 'fate' | 'serve' | 'held'>,
  kept: Post[],
): Promise<void> {
  const forward = async (one: Post) => serve?.(one.call, one.body) ?? passedOn(one);
  const { call } = post;
  const hold = () => {
    const { socket } = post.message;
    const port = socket.remotePort ?? 0;
    if (held.has(port)) return;
    held.add(port);
    socket.once('close', () => held.delete(port));
  };
  const { service, method } = call;
  await gate?.before?.(call);
  const what = fate?.(call);
  if (what === undefined || 'cut' in what || 'stall' in what || 'trickle' in what) {
    const answer = await forward(post);
    await gate?.after?.(call);
    if (what !== undefined && !('cut' in what)) hold();
    return send(answer, response, what);
  }
  if ('swap' in what) return send(what.swap(await forward(post)), response, undefined);
  if ('odd' in what)
    return what.odd(
      post.message.socket.on('error', () => {}),
      post.message,
      hold,
    );
  if ('never' in what) {
    if (what.never === 'done') await forward(post);
    return hold();
  }
  if ('broken' in what) {
    if (what.broken === 'done') await forward(post);
    response.destroy();
    return;
  }
  if ('later' in what) kept.push(post);
  if ('done' in what) await forward(post);
  await gate?.after?.(call);
  const refusal = 'refuse' in what ? what.refuse : 'done' in what ? what.done : what.later;
  await send(refusalOf(refusal, service, method), response, undefined);
}

type Slow = Extract<Fate, { cut: number } | { stall: number } | { trickle: number }>;

async function send({ status, headers, body }: Answer, response: ServerResponse, slow: Slow | undefined) {
  response.writeHead(status, headers);
  if (slow === undefined) return void response.end(body);
  if ('trickle' in slow) return trickle(body, slow.trickle, slow.pause, response);
  response.flushHeaders();
  response.write(body.subarray(0, 'cut' in slow ? slow.cut : slow.stall));
  // By no timer: a test's time may stand still while a call is under way. What was written has left by then.
  if ('cut' in slow) setImmediate(() => setImmediate(() => response.destroy()));
}

async function trickle(body: Uint8Array, size: number, pause: number, response: ServerResponse): Promise<void> {
  for (let at = 0; at < body.length; at += size) {
    if (response.destroyed) return;
    response.write(body.subarray(at, at + size));
    // No process lives for it: a command that shares this one has ended by then.
    await new Promise((resolve) => setTimeout(resolve, pause).unref());
  }
  response.end();
}

async function passedOn({ url, message, body }: Post): Promise<Answer> {
  const { connection: _connection, host: _host, 'transfer-encoding': _encoding, ...headers } = message.headers;
  const sent = request(url, {
    method: message.method ?? 'GET',
    headers: { ...headers, 'content-length': body.length },
  });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const pieces: Uint8Array[] = [];
  for await (const piece of answer) pieces.push(piece);
  const { connection: _hop, 'transfer-encoding': _chunked, ...rest } = answer.headers;
  // The service's clock is this process's: Azurite may live in another time (test/worker).
  const told = { ...rest, date: new Date().toUTCString() };
  return { status: answer.statusCode ?? 502, headers: told, body: Buffer.concat(pieces) };
}
