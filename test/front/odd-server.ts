/** A server whose answers are bytes: what no service, and no library of one, would send. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Has the whole request, and says on its connection what it likes. */
export type Says = (socket: Socket, request: IncomingMessage, hold: () => void) => void;

export interface OddServer {
  readonly port: number;
  says: Says;
  /** How often it was asked. */
  asked: number;
  /** Ports on the client's side of calls whose answer waits for time to pass. */
  readonly held: Set<number>;
  close(): void;
}

export async function startOddServer(): Promise<OddServer> {
  const server = createServer((request) => {
    odd.asked += 1;
    const { socket } = request;
    const port = socket.remotePort ?? 0;
    const hold = () => {
      odd.held.add(port);
      socket.once('close', () => odd.held.delete(port));
    };
    socket.on('error', () => {});
    request.resume().once('end', () => odd.says(socket, request, hold));
  });
  server.requestTimeout = 0;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const odd: OddServer = {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    says: (socket) => void socket.destroy(),
    asked: 0,
    held: new Set(),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return odd;
}

/** Says it all, and ends the connection. */
export const saying =
  (text: (request: IncomingMessage) => string): Says =>
  (socket, request) =>
    void socket.end(text(request));

/** So many bytes of it at a time, each so many milliseconds after the last; then `more`, for ever. */
export const trickling =
  (text: (request: IncomingMessage) => string, size: number, pause: number, more = ''): Says =>
  (socket, request, hold) => {
    hold();
    let rest = text(request);
    const next = () => {
      if (socket.destroyed) return;
      if (rest === '' && more === '') return void socket.end();
      socket.write(rest === '' ? more : rest.slice(0, size));
      rest = rest.slice(size);
      setTimeout(next, pause);
    };
    next();
  };

/** An answer as text. Without a length its end is the end of the connection. */
export function answer(status: string, headers: Readonly<Record<string, string>>, body: string, length = true): string {
  const all = {
    ...headers,
    connection: 'close',
    ...(length && { 'content-length': String(Buffer.byteLength(body)) }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`;
}
