import { type FileHandle, open, rm } from 'node:fs/promises';

/** Rows on local disk, one a line, every line ended. */
export interface RowsFile {
  readonly path: string;
  readonly bytes: number;
  readonly lines: number;
  /** Bytes of the longest line, without its end. */
  readonly longestLine: number;
}

export interface RowsWriter {
  take(from: Uint8Array, start: number, end: number): void;
  endRow(): void;
  /** Writes what is full. To be called between pieces of the answer, so that memory stays bounded. */
  flush(): Promise<void>;
  /** Writes the rest and closes; files in order, none without rows. */
  finish(): Promise<readonly RowsFile[]>;
  /** Closes and removes everything. */
  discard(): Promise<void>;
}

const BUFFER = 256 * 1024;
const NEWLINE = 0x0a;

/**
 * Writes rows into files of at least `fileBytes` each (the last aside), one after the other: a file is closed at the
 * end of the row with which it reached that size. `path` names the n-th file, from 0.
 */
export function createRowsWriter(path: (n: number) => string, fileBytes: number): RowsWriter {
  let files: RowsFile[] = [];
  let written = 0;
  let handle: FileHandle | undefined;
  const waiting: (Buffer<ArrayBuffer> | 'next file')[] = [];
  /** Memory that has been written, for the next rows. */
  const spare: Buffer<ArrayBuffer>[] = [];
  let buffer = Buffer.allocUnsafe(BUFFER);
  let used = 0;
  let line = 0;
  let current = { bytes: 0, lines: 0, longestLine: 0 };

  function take(from: Uint8Array, start: number, end: number): void {
    line += end - start;
    let at = start;
    while (at < end) {
      if (used === BUFFER) release();
      const length = Math.min(end - at, BUFFER - used);
      buffer.set(from.subarray(at, at + length), used);
      used += length;
      at += length;
    }
  }

  function release(): void {
    if (used === 0) return;
    waiting.push(buffer.subarray(0, used));
    buffer = spare.pop() ?? Buffer.allocUnsafe(BUFFER);
    used = 0;
  }

  function endRow(): void {
    if (used === BUFFER) release();
    buffer[used++] = NEWLINE;
    const { bytes, lines, longestLine } = current;
    current = { bytes: bytes + line + 1, lines: lines + 1, longestLine: Math.max(longestLine, line) };
    line = 0;
    if (current.bytes >= fileBytes) nextFile();
  }

  function nextFile(): void {
    release();
    waiting.push('next file');
    files.push({ path: path(files.length), ...current });
    current = { bytes: 0, lines: 0, longestLine: 0 };
  }

  async function flush(): Promise<void> {
    for (const part of waiting.splice(0)) {
      if (part === 'next file') {
        await close();
        written++;
      } else {
        handle ??= await open(path(written), 'w');
        await handle.appendFile(part);
        spare.push(Buffer.from(part.buffer, part.byteOffset, BUFFER));
      }
    }
  }

  async function close(): Promise<void> {
    const closing = handle;
    handle = undefined;
    await closing?.close();
  }

  async function finish(): Promise<readonly RowsFile[]> {
    if (current.lines > 0) nextFile();
    await flush();
    return files;
  }

  async function discard(): Promise<void> {
    waiting.length = 0;
    files = [];
    await close();
    for (let n = 0; n <= written; n++) await rm(path(n), { force: true });
  }

  return { take, endRow, flush, finish, discard };
}
