import { isUtf8 } from 'node:buffer';
import { type FileHandle, open, truncate } from 'node:fs/promises';
import type { DraftFile, Fault, Millis, Window } from '../model.ts';
import { windowName } from '../signals/window-name.ts';
import type { Faults } from './decode/faults.ts';

export interface QuarantineFile {
  add(faults: readonly Fault[]): Promise<void>;
  /** The file of all faults, if there were any. `counts`: what became of those that are in no entry. */
  finish(partition: Millis, counts: Faults['counts']): Promise<readonly DraftFile[]>;
  close(): Promise<void>;
  /** Returns what takes entries back that are added after this. */
  mark(): () => Promise<void>;
}

/** Collects unreadable bytes in one NDJSON file. `keepBytes` false: where they stand and why, without what they are. */
export function createQuarantineFile(path: string, window: Window, keepBytes: boolean): QuarantineFile {
  const name = windowName(window);
  let file: FileHandle | undefined;
  let [entries, bytes] = [0, 0];

  async function write(entry: Record<string, unknown>): Promise<void> {
    const line = `${JSON.stringify({ window: name, ...entry })}\n`;
    file ??= await open(path, 'a');
    await file.appendFile(line);
    bytes += Buffer.byteLength(line);
    entries++;
  }

  async function close(): Promise<void> {
    await file?.close();
    file = undefined;
  }

  return {
    async add(faults) {
      for (const fault of faults) await write(entryOf(fault, keepBytes));
    },
    async finish(partition, { leftOut, leftOutBytes }) {
      if (leftOut > 0) {
        const reason = `${leftOut} more lines that cannot be read are left out; the first ones are above`;
        await write({ blob: '', offset: 0, length: leftOutBytes, reason });
      }
      await close();
      const content = { files: [path], bytes };
      return entries === 0 ? [] : [{ signal: 'quarantine', partition, part: 1, content, rows: entries }];
    },
    close,
    mark() {
      const before = { entries, bytes };
      return async () => {
        if (bytes > before.bytes) await truncate(path, before.bytes);
        [entries, bytes] = [before.entries, before.bytes];
      };
    },
  };
}

/** `bytes` as text where they are text, else as base64, as `encoding` says; `leftOut`: how many are not kept. */
function entryOf({ blob, offset, length, reason, bytes, records }: Fault, keepBytes: boolean): Record<string, unknown> {
  const entry = { blob, offset, length, reason, ...(records !== undefined && { records }) };
  if (!keepBytes) return entry;
  const left = length - bytes.length;
  return { ...entry, ...textOf(bytes), ...(left > 0 && { leftOut: left }) };
}

function textOf(bytes: Uint8Array): Record<string, unknown> {
  // What JSON would have to escape byte for byte (NUL is six characters) is shorter as base64.
  const text = isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : undefined;
  if (text !== undefined && JSON.stringify(text).length <= 2 * bytes.length + 4096) return { bytes: text };
  return { bytes: Buffer.from(bytes).toString('base64'), encoding: 'base64' };
}
