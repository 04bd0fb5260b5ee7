import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import type { DraftFile, Fault, Millis, Window } from '../model.ts';
import { windowName } from '../signals/window-name.ts';

export interface Quarantine {
  add(faults: readonly Fault[]): Promise<void>;
  readonly count: number;
  /** The file of all faults, if there were any. */
  finish(partition: Millis): Promise<readonly DraftFile[]>;
  close(): Promise<void>;
}

/** Collects unreadable bytes in one NDJSON file. `keepBytes` false: where they stand and why, without what they are. */
export function createQuarantine(path: string, window: Window, keepBytes: boolean): Quarantine {
  let file: FileHandle | undefined;
  let count = 0;
  let bytes = 0;
  const close = async () => {
    await file?.close();
    file = undefined;
  };
  return {
    async add(faults) {
      for (const fault of faults) {
        const line = `${JSON.stringify(entryOf(fault, windowName(window), keepBytes))}\n`;
        file ??= await open(path, 'w');
        await file.appendFile(line);
        bytes += Buffer.byteLength(line);
        count++;
      }
    },
    get count() {
      return count;
    },
    async finish(partition) {
      await close();
      return count === 0
        ? []
        : [{ signal: 'quarantine', partition, part: 1, content: { files: [path], bytes }, rows: count }];
    },
    close,
  };
}

/** `bytes` as text where they are text, else as base64, which `encoding` then says. */
function entryOf(
  { blob, offset, length, reason, bytes }: Fault,
  window: string,
  keepBytes: boolean,
): Record<string, unknown> {
  const entry = { window, blob, offset, length, reason };
  if (!keepBytes) return entry;
  if (isUtf8(bytes)) return { ...entry, bytes: Buffer.from(bytes).toString('utf8') };
  return { ...entry, bytes: Buffer.from(bytes).toString('base64'), encoding: 'base64' };
}
