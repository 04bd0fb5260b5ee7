/**
 * `node infra/startup.ts <folder>`: loads the built functions of that folder as the Functions worker does at a start,
 * then what they load at their first call, and prints one line of JSON: Startup.
 */
import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { injectCore } from '../local/host/core.ts';

export interface Startup {
  /** Names of the functions that registered themselves. */
  readonly functions: readonly string[];
  /** Milliseconds until they had. */
  readonly load: number;
  /** Milliseconds more that clients and engine take, at the first call. */
  readonly first: number;
}

const folder = resolve(process.argv[2] ?? '.');
const load = (path: string): Promise<unknown> => import(pathToFileURL(join(folder, path)).href);

const core = injectCore();
// Functions that read blobs register only where there is a container.
process.env.EXPORT_CONTAINER = 'exports';
const entries = globSync('dist/functions/*.js', { cwd: folder });
const began = performance.now();
for (const entry of entries) await load(entry);
const loaded = performance.now();
const functions = [...core.functions.keys()].sort();
// Elsewhere than on Linux a package has no native part that would load.
const runs = process.platform === 'linux' && process.arch === 'x64';
if (runs) await load('dist/shared/wire.js');
const startup: Startup = { functions, load: Math.round(loaded - began), first: Math.round(performance.now() - loaded) };
console.log(JSON.stringify(startup));
