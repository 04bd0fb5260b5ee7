import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Everything that the demonstration writes lies in this one folder of the checkout. */
export const demoFolder = resolve(import.meta.dirname, '../../.insights-lake');

/** Below `demoFolder`. */
export const places = {
  azurite: join(demoFolder, 'azurite'),
  lake: join(demoFolder, 'lake'),
  work: join(demoFolder, 'work'),
  log: join(demoFolder, 'functions.log'),
  ports: join(demoFolder, 'ports.json'),
} as const;

const owner = join(demoFolder, 'running.pid');

/** Makes the folder this process's own. Throws when another demonstration runs in it. */
export async function enterFolder(): Promise<void> {
  const pid = Number(await readFile(owner, 'utf8').catch(() => ''));
  if (pid > 0 && pid !== process.pid && isAlive(pid)) {
    throw new Error(
      `another demonstration is running here (process ${pid}); stop it with Ctrl-C in its window, then try again`,
    );
  }
  try {
    await mkdir(places.work, { recursive: true });
    await writeFile(owner, String(process.pid));
  } catch (cause) {
    throw new Error(
      `cannot write to ${demoFolder} (${messageOf(cause)}); make the checkout writable and the disk less full`,
      { cause },
    );
  }
}

export const leaveFolder = (): Promise<void> => rm(owner, { force: true });

/** Removes everything. Throws when a demonstration is running there. */
export async function clearFolder(): Promise<void> {
  await enterFolder();
  await rm(demoFolder, { recursive: true, force: true, maxRetries: 3 });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
