import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { failureCode } from './failure.ts';

/** Others may remove an empty folder while one is made in it: then it is begun anew. */
const tries = 10;

/**
 * A folder with all above it; resolves with the topmost one that it made, undefined when all were there. Node's own
 * recursive mkdir never ends where a folder lets none be made in it and says that it is not there, as /proc does.
 * Throws code NO_FOLDER then.
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  for (let left = tries; ; left -= 1) {
    try {
      return await makeUpTo(path);
    } catch (error) {
      if (failureCode(error) !== 'ENOENT') throw error;
      if (left === 0) throw Object.assign(new Error('no folder can be made there'), { code: 'NO_FOLDER' });
    }
  }
}

async function makeUpTo(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return path;
  } catch (error) {
    if (failureCode(error) === 'EEXIST' && (await isFolder(path))) return undefined;
    const above = dirname(path);
    if (failureCode(error) !== 'ENOENT' || above === path || (await isFolder(above))) throw error;
    const first = await makeUpTo(above);
    return (await makeUpTo(path)) === undefined ? first : (first ?? path);
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
