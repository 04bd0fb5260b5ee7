import { createReadStream } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Records by group, whatever their number: they wait on the local disk. */
export interface Groups<T> {
  put(group: string, record: T): Promise<void>;
  /** Group by group; the records of one are in memory at once, in the order in which they were put. */
  each(): AsyncGenerator<readonly [group: string, records: readonly T[]]>;
}

/** Groups share this many files: those of one file are in memory together. */
const files = 64;
/** Characters that wait for a file before they are written to it. */
const held = 128 * 1024;

/** Records, which JSON can spell, in files of the folder. */
export function createGroups<T>(folder: string): Groups<T> {
  const waiting = Array.from({ length: files }, () => ({ texts: [] as string[], length: 0, written: false }));
  const pathOf = (n: number): string => join(folder, `group-${n}`);
  const flush = async (n: number): Promise<void> => {
    const file = waiting[n];
    if (file === undefined || file.length === 0) return;
    const text = file.texts.join('');
    Object.assign(file, { texts: [], length: 0, written: true });
    await appendFile(pathOf(n), text);
  };
  return {
    put: async (group, record) => {
      const n = fileOf(group);
      const file = waiting[n];
      if (file === undefined) return;
      const line = `${JSON.stringify([group, record])}\n`;
      file.texts.push(line);
      file.length += line.length;
      if (file.length >= held) await flush(n);
    },
    async *each() {
      for (const [n, file] of waiting.entries()) {
        await flush(n);
        if (!file.written) continue;
        const groups = new Map<string, T[]>();
        for await (const line of createInterface({ input: createReadStream(pathOf(n)), crlfDelay: Infinity })) {
          const [group, record]: [string, T] = JSON.parse(line);
          const known = groups.get(group);
          if (known === undefined) groups.set(group, [record]);
          else known.push(record);
        }
        yield* groups;
      }
    },
  };
}

function fileOf(group: string): number {
  let hash = 7;
  for (let at = 0; at < group.length; at++) hash = (hash * 31 + group.charCodeAt(at)) % 1_000_003;
  return hash % files;
}
