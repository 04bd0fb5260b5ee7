import type { BigIntStats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { failureCode } from './failure.ts';
import { PRIVATE_FOLDER } from './folder-names.ts';

/**
 * Files below `root` whose path from there starts with `prefix`, by path, one folder in memory at a time. Links to
 * files count as files, links to folders are not followed (they could lead in circles). What goes while the walk is
 * under way is left out.
 */
export async function* walkFolder(root: string, prefix: string): AsyncGenerator<{ name: string; stats: BigIntStats }> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const found = await readdir(join(root, folder), { withFileTypes: true }).catch(nothingThere);
  // As paths sort: a folder with its slash, so that `a.txt` comes before `a/b`.
  const names = (found ?? [])
    .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .filter((name) => name.startsWith(prefix))
    .sort();
  for (const name of names) {
    if (name === `${PRIVATE_FOLDER}/`) continue;
    if (name.endsWith('/')) yield* walkFolder(root, name);
    else {
      const stats = await stat(join(root, name), { bigint: true }).catch(nothingThere);
      if (stats?.isFile()) yield { name, stats };
    }
  }
}

/** Folders right below `prefix`, by name, with the prefix before and a slash behind. */
export async function subfolders(root: string, prefix: string): Promise<string[]> {
  const found = (await readdir(join(root, prefix), { withFileTypes: true }).catch(nothingThere)) ?? [];
  const names = found.filter((entry) => entry.isDirectory()).map(({ name }) => `${prefix}${name}/`);
  return names.filter((name) => name !== `${PRIVATE_FOLDER}/`).sort();
}

function nothingThere(error: unknown): undefined {
  if (['ENOENT', 'ENOTDIR'].includes(failureCode(error))) return undefined;
  throw error;
}
