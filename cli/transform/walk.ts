import { readdirSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { exitCodes, Failure } from '../failure.ts';

/** What was found on the way and not read. Paths, each once. */
export interface Passed {
  readonly hidden: Set<string>;
  readonly links: Set<string>;
  /** Pipes, sockets and devices, which have no end or only one reader. */
  readonly special: Set<string>;
  /** Folders with a lake in them, whatever else lies there. */
  readonly lakes: Set<string>;
  /** Downloads that did not end: what they would have been is missing. */
  readonly unfinished: Set<string>;
  /** Folders that could not be read, with the reason. */
  readonly closed: Map<string, string>;
}

export const newPassed = (): Passed => ({
  hidden: new Set(),
  links: new Set(),
  special: new Set(),
  lakes: new Set(),
  unfinished: new Set(),
  closed: new Map(),
});

/** What a lake keeps of itself lies here. */
const OF_LAKE = '_insights-lake';

/** No folder with files of an export that nobody would read. */
export function isLakeOrEmpty(folder: string): boolean {
  const names = readdirSync(folder);
  return names.includes(OF_LAKE) || names.every((name) => name.startsWith('.'));
}

/** azcopy and Storage Explorer, browsers, curl-like tools. */
const UNFINISHED = /^\.azdownload-|\.(crdownload|part|partial|download|filepart|aria2|opdownload)$/i;

/**
 * What `read` makes of a file. One that cannot be read, or has vanished meanwhile, costs itself alone: undefined then,
 * with the reason in `closed`.
 */
export async function unlessClosed<T>(
  path: string,
  closed: Passed['closed'],
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error) || error.code === 'ABORT_ERR') throw error;
    closed.set(path, whyClosed(path, error));
    return undefined;
  }
}

/** Names that are no UTF-8 come with U+FFFD in place of what they have, and by that name nothing is found. */
export function whyClosed(path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return code === 'ENOENT' && path.includes('\uFFFD') ? 'its name is not UTF-8; give it another' : code;
}

const SPECIAL = 'a pipe, socket or device, which cannot be read twice; save what it brings to a file, and give that';

/**
 * Files that were named and those in and below folders that were, by name, each once. `skip`: the lake itself, without
 * links in its path. Throws Failure when what was named is not there; a folder below that cannot be read costs itself
 * alone.
 */
export async function walk(
  command: string,
  inputs: readonly string[],
  skip: string | undefined,
  passed: Passed,
): Promise<readonly string[]> {
  const files = new Set<string>();
  for (const input of inputs) {
    const path = resolve(input);
    const seen = await stat(path).catch((cause: unknown) => {
      const what = 'there is no such file or folder, or it cannot be read; check the path';
      throw new Failure(exitCodes.source, `${command} ${input}: ${what}`, { cause });
    });
    if (seen.isDirectory()) for await (const file of filesBelow(path, skip, passed)) files.add(file);
    else if (!seen.isFile()) throw new Failure(exitCodes.source, `${command} ${input}: ${SPECIAL}`);
    else if (UNFINISHED.test(basename(path))) passed.unfinished.add(path);
    else files.add(path);
  }
  return [...files];
}

/**
 * Files in and below a folder, by name. Links to files are followed, links to folders are not: they could lead in
 * circles.
 */
export async function* filesBelow(folder: string, skip: string | undefined, passed: Passed): AsyncIterable<string> {
  if (skip !== undefined && (await realpath(folder).catch(() => folder)) === skip) return;
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    passed.closed.set(folder, whyClosed(folder, error));
    return [];
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (UNFINISHED.test(entry.name)) passed.unfinished.add(path);
    else if (entry.name.startsWith('.')) passed.hidden.add(path);
    else if (entry.isDirectory() && entry.name === OF_LAKE) passed.lakes.add(folder);
    else if (entry.isDirectory()) yield* filesBelow(path, skip, passed);
    else if (entry.isFile()) yield path;
    else if (entry.isSymbolicLink()) {
      if ((await stat(path).catch(() => undefined))?.isFile()) yield path;
      else passed.links.add(path);
    } else passed.special.add(path);
  }
}
