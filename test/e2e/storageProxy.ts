import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Azurite } from '../../local/azurite.ts';

/** A call to storage on its way through the proxy. */
export interface StorageCall {
  readonly service: 'blob' | 'queue' | 'table';
  readonly method: string;
  /** Path and query, without the account. */
  readonly path: string;
}

/** Awaited while a call waits. */
export interface Gate {
  /** The call has come, whole, but storage does not know of it. */
  before?(call: StorageCall): Promise<void> | void;
  /** Storage has done it, but the answer is not given yet. */
  after?(call: StorageCall): Promise<void> | void;
}

/** Stands between the app and Azurite; its addresses stay the same for all processes, as they name the lake in the ledger. */
export interface StorageProxy {
  readonly connectionString: string;
  /** What happens to the calls from now on; undefined: nothing. */
  gate: Gate | undefined;
  close(): Promise<void>;
}

export async function startStorageProxy(azurite: Azurite): Promise<StorageProxy> {
  const proxy: { gate: Gate | undefined } = { gate: undefined };
  const { account, key } = azurite;
  const services = { blob: azurite.blobUrl, queue: azurite.queueUrl, table: azurite.tableUrl } as const;
  const servers: Server[] = [];
  const endpoints: string[] = [];
  for (const service of ['blob', 'queue', 'table'] as const) {
    const target = new URL(services[service]).origin;
    const server = createServer((message, response) => {
      // a client that was killed does not wait for its answer
      pass(service, target, message, response, () => proxy.gate).catch(() => response.destroy());
    });
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    endpoints.push(
      `${service.charAt(0).toUpperCase()}${service.slice(1)}Endpoint=http://127.0.0.1:${port}/${account};`,
    );
  }
  const close = async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  };
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};${endpoints.join('')}`;
  return Object.assign(proxy, { connectionString, close });
}

async function pass(
  service: StorageCall['service'],
  target: string,
  message: IncomingMessage,
  response: ServerResponse,
  gate: () => Gate | undefined,
): Promise<void> {
  const body: Uint8Array[] = [];
  for await (const piece of message) body.push(piece);
  const path = (message.url ?? '').replace(/^\/[^/]+/, '');
  const call = { service, method: message.method ?? '', path };
  const rule = gate();
  await rule?.before?.(call);
  const answer = await forward(`${target}${message.url}`, message, Buffer.concat(body));
  await rule?.after?.(call);
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
}

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
}

async function forward(url: string, message: IncomingMessage, body: Uint8Array): Promise<Answer> {
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
  return { status: answer.statusCode ?? 502, headers: rest, body: Buffer.concat(pieces) };
}
