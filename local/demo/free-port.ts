import { createServer } from 'node:net';

/** The port, or another where somebody has it: known beforehand, so that an app that starts again keeps its address. */
export async function freePort(port: number): Promise<number> {
  for (const wanted of [port, 0]) {
    const found = await listensOn(wanted);
    if (found !== undefined) return found;
  }
  throw new Error('no port of this machine is free');
}

function listensOn(port: number): Promise<number | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const found = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(found));
    });
  });
}
