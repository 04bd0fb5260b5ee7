/** TLS before a server of this machine, with handshakes that may break off in the middle. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Certificate } from './certificate.ts';

/**
 * What becomes of a connection; undefined: its handshake comes about, and what is said after it passes.
 * - `after`: so many bytes of what the server says in the handshake (0: the client's first words are all there is).
 * - `by`: the connection is reset, ends, or stands still; or `says` comes in the place of the rest.
 */
export type Handshake =
  | { readonly after: number; readonly by: 'reset' | 'end' | 'silence' }
  | { readonly after: number; readonly says: Uint8Array }
  | undefined;

export interface TlsFront {
  readonly port: number;
  fate: ((connection: number) => Handshake) | undefined;
  /** The port of the server behind it. */
  to: number;
  /** Connections so far. */
  met: number;
  /** Breaks those that there are. */
  drop(): void;
  close(): void;
}

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
};

export async function startTlsFront(certificate: Certificate): Promise<TlsFront> {
  const open = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    open.add(socket);
    socket.on('error', () => socket.destroy()).once('close', () => open.delete(socket));
    return socket;
  };
  const drop = () => {
    for (const socket of open) socket.destroy();
  };
  const join = (one: Socket, other: Socket): void => {
    one.pipe(other).pipe(one);
    for (const [from, until] of [[one, other] as const, [other, one] as const])
      from.once('close', () => until.destroy());
  };
  const speaks = createTlsServer({ ...certificate }, (socket) =>
    join(keep(socket), keep(connect(front.to, '127.0.0.1'))),
  );
  speaks.on('tlsClientError', () => {});
  await once(speaks.listen(0, '127.0.0.1'), 'listening');
  const server = createServer((socket) => {
    front.met += 1;
    const fate = front.fate?.(front.met);
    const inner = keep(connect(portOf(speaks), '127.0.0.1'));
    if (fate === undefined) return join(keep(socket), inner);
    keep(socket).pipe(inner);
    socket.once('close', () => inner.destroy());
    let said = 0;
    inner.on('data', (piece) => {
      if (said > fate.after) return;
      socket.write(piece.subarray(0, fate.after - said), () => {});
      said += piece.length;
      if (said > fate.after) breakOff(socket, fate);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const front: TlsFront = {
    port: portOf(server),
    ...{ fate: undefined, to: 0, met: 0 },
    drop,
    close: () => {
      drop();
      for (const each of [server, speaks]) each.close();
    },
  };
  return front;
}

function breakOff(socket: Socket, fate: NonNullable<Handshake>): void {
  if ('says' in fate) socket.end(fate.says);
  else if (fate.by === 'end') socket.end();
  // What was written has left by then.
  else if (fate.by === 'reset') setImmediate(() => socket.resetAndDestroy());
}
