import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runs } from '../../infra/runs.ts';
import { tarOf } from './tar.ts';

/**
 * A registry of npm on this machine, with the packages that node_modules has and that run (no development
 * dependencies), so that npm installs a tarball of ours without the network.
 */
export interface Registry {
  readonly url: string;
  close(): void;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly version?: string }>>;
}

export async function startRegistry(root: string): Promise<Registry> {
  const lock: Lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const folders = Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && !dev && existsSync(join(root, path)))
    .map(([path]) => path);
  const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const tarballs = new Map<string, Buffer>();
  const tarball = (folder: string): Buffer => {
    const found = tarballs.get(folder) ?? tarOf(filesOf(join(root, folder)));
    tarballs.set(folder, found);
    return found;
  };
  let url = '';
  const versionOf = (folder: string) => {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const { scripts: _, ...rest } = manifest;
    const integrity = `sha512-${createHash('sha512').update(tarball(folder)).digest('base64')}`;
    return [manifest.version, { ...rest, dist: { tarball: `${url}/-/${encodeURIComponent(folder)}`, integrity } }];
  };
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').slice(1));
    if (path.startsWith('-/')) return response.end(tarball(path.slice(2)));
    const here = folders.filter((folder) => nameOf(folder) === path);
    if (here.length === 0) return response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
    const versions = Object.fromEntries(here.map(versionOf));
    const latest = Object.keys(versions).at(-1);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ name: path, 'dist-tags': { latest }, versions }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url, close };
}

const filesOf = (folder: string) =>
  globSync('**/*', { cwd: folder, exclude: (name) => name === 'node_modules' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => statSync(join(folder, path)).isFile() && (path === 'package.json' || runs(`x/${path}`)))
    .map((path) => ({ path, content: readFileSync(join(folder, path)) }));
