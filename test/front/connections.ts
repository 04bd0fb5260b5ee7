/** Connections of this process that fail before anything is said on them: names, ports, certificates, firewalls. */
import { Agent } from 'node:http';
import { Socket } from 'node:net';

export interface Connections {
  /** With which code a connection to that port fails; `silent`: nobody says anything; undefined: it comes about. */
  fate: ((port: number) => string | undefined) | undefined;
  /** Hears of each connection that is not to come about. */
  met: (() => void) | undefined;
  /** Breaks those that there are. */
  drop(): void;
}

/** Calls to node:http of all libraries go through this from now on. */
export function struckConnections(): Connections {
  const connect = Agent.prototype.createConnection;
  const open = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    return socket;
  };
  const all: Connections = {
    fate: undefined,
    met: undefined,
    drop: () => {
      for (const socket of open) socket.destroy();
    },
  };
  Agent.prototype.createConnection = function create(options, done) {
    const code = all.fate?.(Number(options.port));
    if (code === undefined) return keep(connect.call(this, options, done) as Socket);
    all.met?.();
    // Those on which nobody says anything are there, too.
    const socket = keep(Object.assign(new Socket(), { connecting: true }));
    if (code !== 'silent')
      setImmediate(() => socket.destroy(Object.assign(new Error(`the connection failed: ${code}`), { code })));
    return socket;
  };
  return all;
}
