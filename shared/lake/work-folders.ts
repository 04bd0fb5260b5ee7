/**
 * Folders on the local disk for what runs have in hand: private, of one process, and removed by proof of ownership
 * alone.
 */
import { constants, rmSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failureCode } from './failure.ts';
import { ownerFate, ownerWord } from './folder-owner.ts';

const NAME = 'insights-lake-work-';
/** mkdtemp adds six letters or digits. */
const OURS = /^insights-lake-work-[A-Za-z0-9]{6}$/;
/** Inside: the word of the process that made the folder. */
const OWNER = 'owner';
/** Windows does not know it. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
/**
 * Of a process that cannot be asked (another container or machine, or this one before it was started anew): every run
 * makes and removes a folder inside, and none lasts a week.
 */
const FORGOTTEN_MS = 7 * 86_400_000;

/**
 * Gives each run a folder of its own and removes it afterwards. All lie in one folder of this process, which `mkdtemp`
 * makes below
 * `base`: nobody else can have its name or look into it, so that raw telemetry stays private and two containers with
 * one temporary folder never meet. It goes when the process ends; those of processes that were killed go when the next
 * one begins.
 */
export function workFolders(base = tmpdir()): <T>(use: (folder: string) => Promise<T>) => Promise<T> {
  let own: Promise<string> | undefined;
  const runFolder = async (): Promise<string> => {
    own ??= ownFolder(base);
    const run = await own.then((folder) => mkdtemp(join(folder, 'run-'))).catch((error: unknown) => ({ error }));
    if (typeof run === 'string') return run;
    own = undefined; // not made, or cleared away by whoever tidies the temporary folder: the next run makes it anew
    throw workFailure(base, run.error);
  };
  return async (use) => {
    const folder = await runFolder().catch(runFolder);
    try {
      return await use(folder);
    } catch (error) {
      throw isFull(error) ? fullFailure(base, error) : error;
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  };
}

/** As Node says it, of a file that a run had in hand: the lake's own disk has words of its own by now. */
const isFull = (error: unknown): boolean => error instanceof Error && /^(ENOSPC|EDQUOT)\b/.test(error.message);

const made = new Set<string>();

/** Synchronous, for there is no other way when a process ends. One that is killed leaves it to the next one. */
function removeMade(): void {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
}

async function ownFolder(base: string): Promise<string> {
  await mkdir(base, { recursive: true });
  const folder = await mkdtemp(join(base, NAME));
  if (made.size === 0) process.once('exit', removeMade);
  made.add(folder);
  await writeFile(join(folder, OWNER), ownerWord(), { flag: 'wx', mode: 0o600 });
  await removeDead(base, (await lstat(folder)).mtimeMs);
  return folder;
}

const workFailure = (base: string, cause: unknown): Error =>
  new Error(
    `make a work folder in ${base}: it cannot be written (${failureCode(cause) || 'unknown'}); let this user ` +
      'write there, or have TMPDIR name another folder',
    { cause },
  );

const fullFailure = (base: string, cause: unknown): Error =>
  new Error(
    `write to a work folder in ${base}: the disk for temporary files is full; make room, or have TMPDIR name ` +
      `another folder (${failureCode(cause)})`,
    { cause },
  );

/**
 * What cannot be looked at or removed stays: it is another user's, or another process was first. `now`: by the clock of
 * the disk.
 */
async function removeDead(base: string, now: number): Promise<void> {
  for (const name of (await readdir(base).catch(() => [])).filter((each) => OURS.test(each))) {
    const folder = join(base, name);
    if (await isDead(folder, now).catch(() => false))
      await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** A folder of this user, no link to one, that says itself whose it was; and that one has ended. */
async function isDead(folder: string, now: number): Promise<boolean> {
  const stats = await lstat(folder);
  if (!stats.isDirectory() || (process.getuid !== undefined && stats.uid !== process.getuid())) return false;
  const word = await ownerIn(folder);
  if (word === '') return false;
  const fate = ownerFate(word);
  return fate === 'dead' || (fate === 'elsewhere' && now - stats.mtimeMs > FORGOTTEN_MS);
}

/** '' when the file says nothing that a process of ours would have written. */
async function ownerIn(folder: string): Promise<string> {
  const handle = await open(join(folder, OWNER), constants.O_RDONLY | NO_FOLLOW);
  try {
    const stats = await handle.stat();
    const text = stats.isFile() && stats.size < 200 ? await handle.readFile('utf8') : '';
    return /^\d+\.\d+\.[0-9a-f]{8}$/.test(text) ? text : '';
  } finally {
    await handle.close();
  }
}
