import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Peaks {
  /** Resident memory at its highest, as the kernel counted it (VmHWM), in bytes. */
  readonly memory: number;
  /** Blocks of the folder's files at their most, in bytes. */
  readonly disk: number;
}

/** Watches a process and its temporary folder until `stop`. Linux only. */
export function watchPeaks(pid: number, folder: string): { stop(): Promise<Peaks> } {
  let [memory, disk] = [0, 0];
  const done = new AbortController();
  const watching = (async () => {
    while (!done.signal.aborted) {
      memory = Math.max(memory, await residentPeak(pid));
      disk = Math.max(disk, await blocksIn(folder));
      await sleep(20);
    }
  })();
  return {
    stop: async () => {
      memory = Math.max(memory, await residentPeak(pid));
      done.abort();
      await watching;
      return { memory, disk };
    },
  };
}

export async function residentPeak(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

async function blocksIn(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])) {
    // what has vanished since it was listed counts nothing
    if (entry.isFile())
      sum += ((await lstat(join(entry.parentPath, entry.name)).catch(() => undefined))?.blocks ?? 0) * 512;
  }
  return sum;
}
