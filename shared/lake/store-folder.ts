/** A local folder as a store: temporary file, fsync, rename, under a lock that survives a dead owner. */
import type { BigIntStats } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, stat, unlink, utimes } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Content, ObjectStore } from '../model.ts';
import { failureCode, storeFailure } from './failure.ts';
import { walkFolder } from './folder-list.ts';
import { withFolderLock } from './folder-lock.ts';
import { nameFault, newNameFault, PRIVATE_FOLDER } from './folder-names.ts';
import { ownerFate, ownerWord } from './folder-owner.ts';
import { contentRange, handleRange } from './local-content.ts';
import { probe } from './probe.ts';

const WINDOWS = process.platform === 'win32';

/**
 * Objects are files, names their paths. Only put, remove and prepare write; a folder that is only read stays as it is. Tags are inode,
 * modification time and size: a file that something else changed has another tag. Every failure is a StoreFailure with Node's code.
 */
export function createFolderStore(folder: string): ObjectStore {
  const root = resolve(folder);
  const scratch = join(root, PRIVATE_FOLDER, 'tmp');
  let temporaries = 0;
  let last: Promise<unknown> = Promise.resolve();

  /** Calls of this store queue up here; the lock file is for other processes. */
  const locked = <T>(use: (turn: number) => Promise<T>): Promise<T> => {
    const turn = last.then(() => withFolderLock(join(root, PRIVATE_FOLDER, 'lock'), use));
    last = turn.catch(() => {});
    return turn;
  };
  const pathOf = (verb: string, name: string, fault = nameFault(name, WINDOWS)): string => {
    if (fault !== undefined)
      throw Object.assign(new Error(`${verb} ${JSON.stringify(name)} in ${root}: ${fault}`), { code: 'InvalidName' });
    return join(root, name);
  };
  const failed = (verb: string, path: string) => (error: unknown) => Promise.reject(storeFailure(`${verb} ${path}`, error));

  const store: ObjectStore = {
    place: root,
    prepare: async () => {
      await sweepScratch(scratch).catch(failed('prepare', root));
      await probe(store);
    },
    head: async (name) => {
      const path = pathOf('look up', name);
      return fileTag(path).catch(failed('look up', path));
    },
    put: async (name, content, etag) => {
      const path = pathOf('put', name, newNameFault(name));
      temporaries += 1;
      const temporary = join(scratch, `${ownerWord()}.${temporaries}`);
      return putFile(path, temporary, content, etag, locked)
        .finally(() => rm(temporary, { force: true }))
        .catch(failed('put', path));
    },
    remove: async (name, etag) => {
      const path = pathOf('remove', name);
      if ((await fileTag(path).catch(failed('remove', path))) === undefined) return true;
      return locked(() => removeFile(root, path, etag)).catch(failed('remove', path));
    },
    async *list(prefix) {
      try {
        for await (const { name, stats } of walkFolder(root, prefix)) {
          yield { name, bytes: Number(stats.size), etag: tagOf(stats), archived: false };
        }
      } catch (error) {
        throw storeFailure(`list ${join(root, prefix)}`, error);
      }
    },
    async *folders(prefix) {
      const path = join(root, prefix);
      const found = await readdir(path, { withFileTypes: true }).catch((error) => (isAbsent(error) ? [] : failed('list', path)(error)));
      const names = found.filter((entry) => entry.isDirectory()).map(({ name }) => `${prefix}${name}/`);
      yield* names.filter((name) => name !== `${PRIVATE_FOLDER}/`).sort();
    },
    async *read(name, range) {
      const path = pathOf('read', name);
      try {
        yield* readFileRange(path, range);
      } catch (error) {
        throw storeFailure(`read ${path}`, error);
      }
    },
  };
  return store;
}

function tagOf({ ino, mtimeNs, size }: BigIntStats): string {
  return [ino, mtimeNs, size].map((part) => part.toString(36)).join('-');
}

const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(failureCode(error));

/** The file's tag; undefined when there is none. A folder of that name is a failure: nothing could be put there. */
async function fileTag(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch((error) => (isAbsent(error) ? undefined : Promise.reject(error)));
  if (stats?.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
  return stats && tagOf(stats);
}

async function putFile(
  path: string,
  temporary: string,
  content: Content,
  etag: string | undefined,
  locked: (use: (turn: number) => Promise<string | undefined>) => Promise<string | undefined>,
): Promise<string | undefined> {
  // Whoever has lost already need not copy anything; the answer that counts is the one under the lock.
  if ((await fileTag(path)) !== etag) return undefined;
  await writeDurably(temporary, content);
  return locked(async (turn) => {
    if ((await fileTag(path)) !== etag) return undefined;
    await stampTurn(temporary, turn);
    const made = await mkdir(dirname(path), { recursive: true });
    await rename(temporary, path);
    await syncFolders(dirname(path), made === undefined ? dirname(path) : dirname(made));
    return fileTag(path);
  });
}

async function writeDurably(path: string, content: Content): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(path, 'wx');
  try {
    for await (const piece of contentRange(content)) await handle.writeFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * The lock's number goes into the microseconds of the modification time: inodes are used again and the clocks of file systems tick every
 * few milliseconds, so that two files put one after the other could have the same tag.
 */
async function stampTurn(path: string, turn: number): Promise<void> {
  const { mtimeMs } = await stat(path);
  const seconds = Math.floor(mtimeMs) / 1000 + (turn % 1000) / 1e6;
  await utimes(path, seconds, seconds);
}

/** Makes a rename durable: the folder that the file is in and, where folders were made for it, those up to `top`. */
async function syncFolders(folder: string, top: string): Promise<void> {
  // Windows cannot open folders; NTFS journals renames by itself.
  if (WINDOWS) return;
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
  if (folder.length > top.length) await syncFolders(dirname(folder), top);
}

/** Folders that it leaves empty go too, as they would in a container; puts make theirs under the same lock. */
async function removeFile(root: string, path: string, etag: string): Promise<boolean> {
  const found = await fileTag(path);
  if (found !== etag) return found === undefined;
  await unlink(path);
  let folder = dirname(path);
  while (
    folder.length > root.length &&
    (await rmdir(folder).then(
      () => true,
      () => false,
    ))
  )
    folder = dirname(folder);
  await syncFolders(folder, folder);
  return true;
}

async function* readFileRange(path: string, range: Parameters<ObjectStore['read']>[1]): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const stats = await handle.stat({ bigint: true });
    if (range?.etag !== undefined && range.etag !== tagOf(stats)) throw Object.assign(new Error('changed'), { code: 'ConditionNotMet' });
    yield* handleRange(handle, range?.start ?? 0, Math.min(range?.end ?? Infinity, Number(stats.size)));
  } finally {
    await handle.close();
  }
}

/** Temporary files of processes that have died; those of other machines after a day. */
async function sweepScratch(scratch: string): Promise<void> {
  await mkdir(scratch, { recursive: true });
  for (const name of await readdir(scratch)) {
    const fate = ownerFate(name.replace(/\.\d+$/, ''));
    if (fate === 'dead') await rm(join(scratch, name), { force: true });
  }
}
