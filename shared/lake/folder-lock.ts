/**
 * A lock in a folder that survives the death of whoever holds it, for processes of one machine (and, by age, of
 * several).
 */
import { link, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileAge, ownerFate, ownerWord, temporaryName } from './folder-owner.ts';
import { makeFolder } from './make-folder.ts';

/** A lock is held for some milliseconds. One of an owner that cannot be asked is taken to be dead after this time. */
const STALE_MS = 60_000;
/** After that long behind a living owner something is wrong with it. */
const PATIENCE_MS = 120_000;
/** Superseded lock files that stay, so that a folder listed while it changes still shows the last ones. */
const KEPT = 16;
/** First byte of a lock file that its owner has let go. */
const FREE = 'F';
const HELD = 'H';
/** File systems without hard links say so. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/**
 * Runs `use` while no other process does, with a number that rises from one holder to the next, and a look whether the
 * lock is still ours: somebody who stalls for long enough is taken for dead where he cannot be asked, and must not go
 * on as if nothing had happened.
 * `scratch` is a folder of the same file
 * system for temporary files (named by `temporaryName`).
 *
 * Locks are files named 1, 2, 3, …; the highest one counts. It is held (`H<owner>`) or let go (`F<owner>`). To take the
 * lock is to create the next number, which the file system lets exactly one process do, and only after the last one was
 * let go or its owner has died. Lock files are never taken away from anybody and the last one never goes, so there is
 * no moment in which a dead owner's lock is removed by one process while another has just made it its own. Whoever
 * created a number on the ground of an old listing finds higher ones afterwards and draws back.
 */
export async function withFolderLock<T>(
  folder: string,
  scratch: string,
  use: (turn: number, isOurs: () => Promise<boolean>) => Promise<T>,
): Promise<T> {
  await makeFolder(folder);
  await makeFolder(scratch);
  const turn = await take(folder, scratch);
  try {
    return await use(turn, async () => Math.max(...(await numbers(folder))) === turn);
  } finally {
    await letGo(join(folder, String(turn))).catch(ignoreGone);
  }
}

async function take(folder: string, scratch: string): Promise<number> {
  for (let waited = 0, pause = 1; ; waited += pause, pause = Math.min(pause * 2, 50)) {
    const last = Math.max(0, ...(await numbers(folder)));
    const holder = last === 0 ? undefined : await holderOf(folder, last).catch(gone);
    if (holder === undefined && (await create(join(folder, String(last + 1)), scratch))) {
      const turns = await numbers(folder);
      if (Math.max(...turns) === last + 1) {
        for (const old of turns) if (old <= last + 1 - KEPT) await rm(join(folder, String(old)), { force: true });
        return last + 1;
      }
      await rm(join(folder, String(last + 1)), { force: true });
    }
    if (waited > PATIENCE_MS)
      throw new Error(`lock ${folder}: held by process ${holder ?? 'unknown'} for ${PATIENCE_MS / 1000} s; end it`);
    await sleep(pause);
  }
}

async function numbers(folder: string): Promise<number[]> {
  return (await readdir(folder)).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Who holds that lock file, undefined when nobody does. */
async function holderOf(folder: string, turn: number): Promise<string | undefined> {
  const path = join(folder, String(turn));
  const text = await readFile(path, 'utf8');
  if (text.startsWith(FREE)) return undefined;
  const owner = text.slice(HELD.length);
  const fate = ownerFate(owner);
  if (fate === 'elsewhere') return (await fileAge(path)) > STALE_MS ? undefined : owner || 'unknown';
  return fate === 'dead' ? undefined : owner;
}

/**
 * A link to a file that is already written: so there is no moment in which a lock has no owner. False when there is one
 * of that number.
 */
async function create(path: string, scratch: string): Promise<boolean> {
  const claim = join(scratch, temporaryName());
  const owner = `${HELD}${ownerWord()}`;
  try {
    await writeFile(claim, owner);
    await link(claim, path).catch((error) =>
      NO_LINKS.includes(error.code) ? writeFile(path, owner, { flag: 'wx' }) : Promise.reject(error),
    );
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(claim, { force: true });
  }
}

/** Tidied away by those who took it over. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}

/** One byte, written at once: nobody reads half of it. */
async function letGo(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.write(FREE, 0).finally(() => handle.close());
}

/** Whoever drew back removed its file, or so many have come since that it was tidied away: look again. */
function gone(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'unknown';
  throw error;
}
