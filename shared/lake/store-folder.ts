/** A local folder as a store: temporary file, fsync, rename, under a lock that survives a dead owner. */
import { open, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ObjectStore } from '../model.ts';
import { storeFailure } from './failure.ts';
import { subfolders, walkFolder } from './folder-list.ts';
import { withFolderLock } from './folder-lock.ts';
import { nameFault, newNameFault, PRIVATE_FOLDER } from './folder-names.ts';
import { fileAge, ownerFate, temporaryName } from './folder-owner.ts';
import { handleRange } from './local-content.ts';
import { makeFolder } from './make-folder.ts';
import { probe } from './probe.ts';
import { fileTag, type Locked, putFile, removeFile, tagOf } from './put-file.ts';

const DAY_MS = 86_400_000;
const WINDOWS = process.platform === 'win32';

/**
 * Objects are files, names their paths. Only put, remove and prepare write; a folder that is only read stays as it is.
 * Tags are inode, modification time and size: a file that something else changed has another tag. Every failure is a
 * StoreFailure with Node's code.
 */
export function createFolderStore(folder: string): ObjectStore {
  const root = resolve(folder);
  const scratch = join(root, PRIVATE_FOLDER, 'tmp');
  const locked = lockedIn(join(root, PRIVATE_FOLDER, 'lock'), scratch);

  const store: ObjectStore = {
    place: root,
    prepare: () =>
      attempt('prepare', root, async () => {
        await sweepScratch(scratch);
        await probe(store);
      }),
    head: (name) => attempt('look up', join(root, name), () => fileTag(pathIn(root, name, nameFault(name, WINDOWS)))),
    put: async (name, content, etag) => {
      const temporary = join(scratch, temporaryName());
      const act = () => putFile(pathIn(root, name, newNameFault(name)), temporary, content, etag, locked);
      return attempt('put', join(root, name), () => act().finally(() => rm(temporary, { force: true })));
    },
    remove: (name, etag) =>
      attempt('remove', join(root, name), async () => {
        const path = pathIn(root, name, nameFault(name, WINDOWS));
        return (await fileTag(path)) === undefined || locked(() => removeFile(root, path, etag));
      }),
    async *list(prefix) {
      try {
        for await (const { name, stats } of walkFolder(root, checkedPrefix(prefix))) {
          yield { name, bytes: Number(stats.size), etag: tagOf(stats), archived: false };
        }
      } catch (error) {
        throw storeFailure(`list ${join(root, prefix)}`, error);
      }
    },
    async *folders(prefix) {
      yield* await attempt('list', join(root, prefix), () => subfolders(root, checkedPrefix(prefix)));
    },
    async *read(name, range) {
      try {
        yield* readRange(pathIn(root, name, nameFault(name, WINDOWS)), range);
      } catch (error) {
        throw storeFailure(`read ${join(root, name)}`, error);
      }
    },
  };
  return store;
}

async function attempt<T>(verb: string, path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw storeFailure(`${verb} ${path}`, error);
  }
}

/** Calls of one store queue up here; the lock file is for other processes. */
function lockedIn(folder: string, scratch: string): Locked {
  let last: Promise<unknown> = Promise.resolve();
  return (use) => {
    const turn = last.then(() => withFolderLock(folder, scratch, use));
    last = turn.catch(() => {});
    return turn;
  };
}

function pathIn(root: string, name: string, fault: string | undefined): string {
  if (fault !== undefined) throw Object.assign(new Error(fault), { code: 'InvalidName' });
  return join(root, name);
}

/** A prefix as it is, its folders checked as those of a name. */
function checkedPrefix(prefix: string): string {
  const folders = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  if (folders !== '') pathIn('', folders, nameFault(`${folders}x`, WINDOWS));
  return prefix;
}

async function* readRange(path: string, range: Parameters<ObjectStore['read']>[1]): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const stats = await handle.stat({ bigint: true });
    if (range?.etag !== undefined && range.etag !== tagOf(stats))
      throw Object.assign(new Error('changed'), { code: 'ConditionNotMet' });
    yield* handleRange(handle, range?.start ?? 0, Math.min(range?.end ?? Infinity, Number(stats.size)));
  } finally {
    await handle.close();
  }
}

/** Temporary files of processes that have died; those of other machines after a day. */
async function sweepScratch(scratch: string): Promise<void> {
  await makeFolder(scratch);
  for (const name of await readdir(scratch)) {
    const fate = ownerFate(name.replace(/\.\d+$/, ''));
    // Another store may remove it at the same moment.
    const isOld = async () => (await fileAge(join(scratch, name)).catch(() => 0)) > DAY_MS;
    if (fate === 'dead' || (fate === 'elsewhere' && (await isOld()))) await rm(join(scratch, name), { force: true });
  }
}
