import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { HttpData, RegisteredFunction, TypedData } from './core.ts';

/** Keys of the app. Left out: nobody is asked for one, as where the real host runs on a developer's machine. */
export interface HttpKeys {
  readonly function: string;
  readonly admin: string;
}

export interface HttpHost {
  readonly keys?: HttpKeys | undefined;
  readonly functions: ReadonlyMap<string, RegisteredFunction>;
  /** Calls an HTTP function; resolves with what the library made of its answer. */
  request(name: string, data: HttpData): Promise<unknown>;
  /** Calls any other function as its trigger would, with the text given for it. */
  trigger(name: string, input: string): Promise<void>;
}

/**
 * Serves `/api/<route>` for HTTP functions and `POST /admin/functions/<name>` with `{"input": "…"}` for all others, on
 * the loopback interface. Port 0 takes a free one.
 */
export async function serveHttp(
  host: HttpHost,
  port: number,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    answer(host, request, response).catch((error: unknown) => {
      response
        .writeHead(500, { 'content-type': 'text/plain' })
        .end(error instanceof Error ? error.message : String(error));
    });
  });
  await listen(server, port);
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`;
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

async function answer(host: HttpHost, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? '127.0.0.1'}`);
  const method = request.method ?? 'GET';
  const body = await read(request);
  const admin = /^\/admin\/functions\/([^/]+)$/.exec(url.pathname)?.[1];
  if (admin !== undefined) return runManually(host, admin, method, body, response);
  for (const { name, trigger } of host.functions.values()) {
    const params = trigger.type === 'httpTrigger' ? match(String(trigger.route ?? name), url.pathname) : undefined;
    if (params === undefined || !allows(trigger.methods, method)) continue;
    const key = request.headers['x-functions-key'] ?? url.searchParams.get('code');
    if (!opens(host.keys, trigger.authLevel, String(key ?? ''))) return void response.writeHead(401).end();
    const headers = Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)]));
    const query = Object.fromEntries(url.searchParams);
    const data: HttpData = {
      method,
      url: url.href,
      headers,
      params,
      query,
      ...(body.length > 0 ? { body: { bytes: body } } : {}),
    };
    return send(await host.request(name, data), response);
  }
  response.writeHead(404).end();
}

async function runManually(
  host: HttpHost,
  name: string,
  method: string,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  if (method !== 'POST' || !host.functions.has(name)) return void response.writeHead(404).end();
  const sent: unknown = body.length > 0 ? JSON.parse(body.toString('utf8')) : {};
  const input = typeof sent === 'object' && sent !== null && 'input' in sent ? sent.input : '';
  await host.trigger(name, typeof input === 'string' ? input : JSON.stringify(input));
  response.writeHead(202).end();
}

/** `route/{param}` against `/api/…`: the parameters, or undefined where it is another route. */
function match(route: string, path: string): Record<string, string> | undefined {
  const source = route
    .split(/\{(\w+)\??\}/)
    .map((piece, index) => (index % 2 === 1 ? `(?<${piece}>[^/]+)` : piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  const found = new RegExp(`^/api/${source.join('')}/?$`, 'i').exec(path);
  return found === null
    ? undefined
    : Object.fromEntries(Object.entries(found.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)]));
}

/** The master key opens everything, a function key what asks for no more. */
function opens(keys: HttpKeys | undefined, level: unknown, key: string): boolean {
  if (keys === undefined || level === 'anonymous') return true;
  return key === keys.admin || (level !== 'admin' && key === keys.function);
}

const allows = (methods: unknown, method: string): boolean =>
  !Array.isArray(methods) || methods.some((allowed) => String(allowed).toUpperCase() === method);

async function read(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

interface HttpAnswer {
  readonly http?: {
    readonly statusCode?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: TypedData;
  };
}

function send(answered: unknown, response: ServerResponse): void {
  const { http = {} } = typeof answered === 'object' && answered !== null ? (answered as HttpAnswer) : {};
  const body = http.body?.bytes ?? http.body?.string ?? http.body?.json ?? '';
  response.writeHead(Number(http.statusCode ?? 204), http.headers).end(body);
}
