/** Which process a lock or a temporary file belongs to, and whether that process still lives. */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';

/** `elsewhere`: of another machine, container or boot; whether it lives cannot be seen from here. */
export type Fate = 'alive' | 'dead' | 'elsewhere';

/**
 * This process as a word for file names, `<pid>.<start>.<host>`: the start (Linux: clock ticks since boot; elsewhere
 * `0`) tells it from a later process with the same number, the host is a hash of the boot and the process namespace
 * (elsewhere of the host's name).
 */
export function ownerWord(): string {
  return `${process.pid}.${startOf(process.pid) ?? 0}.${host()}`;
}

let temporaries = 0;

/** A name that no other file of this or any other process has: `<owner>.<n>`. */
export function temporaryName(): string {
  temporaries += 1;
  return `${ownerWord()}.${temporaries}`;
}

/** What became of an owner. A word that nobody can read counts as `elsewhere`. */
export function ownerFate(word: string): Fate {
  const [, pid, start, where] = /^(\d+)\.(\d+)\.([0-9a-f]+)$/.exec(word) ?? [];
  if (where !== host()) return 'elsewhere';
  if (!exists(Number(pid))) return 'dead';
  const now = startOf(Number(pid));
  return start === '0' || now === undefined || now === start ? 'alive' : 'dead';
}

/**
 * How long ago a file was written, in ms by the clock of its file system, which is one for all machines that share it.
 */
export async function fileAge(path: string): Promise<number> {
  const clock = join(dirname(path), `clock.${temporaryName()}`);
  try {
    await writeFile(clock, '');
    const [now, then] = await Promise.all([stat(clock), stat(path)]);
    return now.mtimeMs - then.mtimeMs;
  } finally {
    await rm(clock, { force: true });
  }
}

function host(): string {
  const place =
    `${attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))} ` +
    `${attempt(() => readlinkSync('/proc/self/ns/pid'))}`;
  return createHash('sha256')
    .update(place.includes('undefined') ? hostname() : place)
    .digest('hex')
    .slice(0, 8);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process: it may not be signalled, but it is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * proc(5): after the name in parentheses come the state (Z: dead, not yet waited for) and, 19 fields on, the start
 * time.
 */
function startOf(pid: number): string | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' ? '-1' : fields?.[19];
}

function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
