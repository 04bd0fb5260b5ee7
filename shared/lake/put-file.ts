/** Files written so that they are there whole or not at all, and only over the file that was expected. */
import type { BigIntStats } from 'node:fs';
import { constants, copyFile, link, open, rename, rmdir, stat, unlink, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Content } from '../model.ts';
import { failureCode } from './failure.ts';
import { checkContent, contentPieces } from './local-content.ts';
import { makeFolder } from './make-folder.ts';

const ABSENT = ['ENOENT', 'ENOTDIR'];

/** Runs a step while no other process or call writes to the folder; the turn's number only ever rises. */
export type Locked = <T>(use: (turn: number, isOurs: () => Promise<boolean>) => Promise<T>) => Promise<T>;

/** The code of a put that may have replaced what somebody else has put since it looked. */
export const LOCK_LOST = 'LockLost';

/** Inode, modification time and size. */
export function tagOf({ ino, mtimeNs, size }: BigIntStats): string {
  return [ino, mtimeNs, size].map((part) => part.toString(36)).join('-');
}

/** The file's tag; undefined when there is none. A folder of that name is a failure: nothing could be put there. */
export async function fileTag(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch((error) =>
    ABSENT.includes(failureCode(error)) ? undefined : Promise.reject(error),
  );
  if (stats?.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
  return stats && tagOf(stats);
}

export async function putFile(
  path: string,
  temporary: string,
  content: Content,
  etag: string | undefined,
  locked: Locked,
): Promise<string | undefined> {
  // Whoever has lost already need not copy anything; the answer that counts is the one under the lock.
  if ((await fileTag(path)) !== etag) return undefined;
  await writeDurably(temporary, content);
  return locked(async (turn, isOurs) => {
    if ((await fileTag(path)) !== etag) return undefined;
    await stampTurn(temporary, turn);
    const made = await makeFolder(dirname(path));
    // Whoever took the lock over while we stalled may have put another file since: then ours has lost.
    if (!(await isOurs())) return undefined;
    await rename(temporary, path);
    if (!(await isOurs())) {
      const what =
        'the lock of the folder was taken over in the moment of the put, which may have replaced a newer file';
      throw Object.assign(new Error(what), { code: LOCK_LOST });
    }
    await syncFolders(dirname(path), made === undefined ? dirname(path) : dirname(made));
    return fileTag(path);
  });
}

async function writeDurably(path: string, content: Content): Promise<void> {
  await checkContent(content);
  await makeFolder(dirname(path));
  const [file, ...more] = content instanceof Uint8Array ? [] : content.files;
  const isOne = file !== undefined && more.length === 0;
  if (isOne) await giveName(file, path);
  const handle = await open(path, isOne ? 'r+' : 'wx');
  try {
    if (!isOne) for await (const piece of contentPieces(content)) await handle.writeFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Nobody writes a file that is handed over: on one file system it gets a second name, elsewhere it is copied. */
const giveName = (file: string, path: string): Promise<void> =>
  link(file, path).catch(() => copyFile(file, path, constants.COPYFILE_EXCL));

/**
 * The lock's number goes into the microseconds of the modification time: inodes are used again and the clocks of file
 * systems tick every few milliseconds, so that two files put one after the other could have the same tag.
 */
async function stampTurn(path: string, turn: number): Promise<void> {
  const { mtimeMs } = await stat(path);
  const seconds = Math.floor(mtimeMs) / 1000 + (turn % 1000) / 1e6;
  await utimes(path, seconds, seconds);
}

/** Makes a rename durable: the folder that the file is in and, where folders were made for it, those up to `top`. */
async function syncFolders(folder: string, top: string): Promise<void> {
  // Windows cannot open folders; NTFS journals renames by itself.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
  if (folder.length > top.length) await syncFolders(dirname(folder), top);
}

/** Folders that it leaves empty go too, as they would in a container; puts make theirs under the same lock. */
export async function removeFile(root: string, path: string, etag: string): Promise<boolean> {
  const found = await fileTag(path);
  if (found !== etag) return found === undefined;
  await unlink(path);
  const folder = await removeEmpty(dirname(path), root);
  await syncFolders(folder, folder);
  return true;
}

/** Removes the folder and those above it as far as they are empty; the first one that stays. */
async function removeEmpty(folder: string, root: string): Promise<string> {
  if (folder.length <= root.length) return folder;
  const stays = await rmdir(folder).catch(() => folder);
  return stays ?? removeEmpty(dirname(folder), root);
}
