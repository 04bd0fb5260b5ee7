import { readFile, writeFile } from 'node:fs/promises';
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

/**
 * Ports that were free when a folder was made, and are the same ever after: a lake knows its ledger by its address, and
 * what was made by one run goes on in the next.
 */
export async function keptPorts(file: string, count: number): Promise<readonly number[]> {
  const kept: readonly number[] | undefined = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text),
    () => undefined,
  );
  if (kept === undefined) {
    const found = new Set<number>();
    while (found.size < count) found.add(await freePort(0));
    await writeFile(file, JSON.stringify([...found]));
    return [...found];
  }
  for (const port of kept)
    if ((await listensOn(port)) === undefined)
      throw new Error(
        `port ${port} of this machine, on which its storage was, is taken; end what listens there, or begin anew: ` +
          'npm run reset',
      );
  return kept;
}
