import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import type { Chunk, Layout } from '../model.ts';
import { LONG_LINE, NUMBER_END } from './lines.ts';
import { type Cut, type CutRule, shortenLine } from './shorten.ts';
import { isJson } from './valid-json.ts';

/** A line of a chunk: where it stands there, and what was taken out of it. */
export interface ChunkLine {
  readonly position: number;
  readonly length: number;
  readonly cuts: readonly Cut[];
}

export interface CleanLines {
  /** Of the lines in the file, in order. */
  readonly lines: readonly ChunkLine[];
  /** Lines that no reader takes. */
  readonly refused: readonly (ChunkLine & { readonly reason: string })[];
}

const READ = 1024 * 1024;
/** A longer line is set aside: with a value of that length in it some statement or other runs out of memory, and its window would for ever. */
const LONGEST_LINE = 21 * 1024 * 1024;
const isLong = ({ length }: Buffer): boolean => length > LONG_LINE && length <= LONGEST_LINE;
/** Bytes that may wait in memory outside of their lines before a file is decoded. */
const CUT_BYTES = 16 * 1024 * 1024;
const ANY: CutRule = { depth: 1, stay: undefined };
/** Of a flat record or a row every value may be cut out; of a classic one nothing that the rows, or columns of objects, are made of. */
const CUT_RULES: Readonly<Record<Layout, CutRule>> = {
  continuous: { depth: 3, stay: ['dimensions', 'metrics'] },
  diagnostics: ANY,
  dataExport: ANY,
  query: ANY,
};

/**
 * Writes the lines of a chunk that DuckDB can read into the file `path`: numbered from 1, without blank lines, long ones shortened. Yields when the file is
 * complete, or enough has been cut out; then the file starts anew.
 */
export async function* cleanLines(chunk: Chunk, path: string): AsyncGenerator<CleanLines> {
  let lines: ChunkLine[] = [];
  let refused: (ChunkLine & { reason: string })[] = [];
  let cutBytes = 0;
  let file = await open(path, 'w');
  try {
    let waiting: Buffer[] = [];
    let waitingBytes = 0;
    for await (const { bytes, position } of linesOfFile(chunk.path)) {
      const place = { position, length: bytes.length, cuts: [] };
      const { line, cuts } = isLong(bytes)
        ? shortenLine(oneLine(bytes), CUT_RULES[chunk.layout], LONG_LINE)
        : { line: oneLine(bytes), cuts: [] };
      const reason = refusal(bytes, line, cuts);
      if (reason !== undefined) refused.push({ ...place, reason });
      else {
        lines.push({ ...place, cuts });
        waiting.push(Buffer.from(`${lines.length}${NUMBER_END}`), line, Buffer.from('\n'));
        waitingBytes += line.length;
        cutBytes += cuts.reduce((sum, { json }) => sum + json.length, 0);
      }
      if (waitingBytes > READ) {
        await file.appendFile(Buffer.concat(waiting));
        [waiting, waitingBytes] = [[], 0];
      }
      if (cutBytes < CUT_BYTES) continue;
      await file.appendFile(Buffer.concat(waiting));
      await file.close();
      yield { lines, refused };
      [lines, refused, waiting, waitingBytes, cutBytes] = [[], [], [], 0, 0];
      file = await open(path, 'w');
    }
    await file.appendFile(Buffer.concat(waiting));
  } finally {
    await file.close();
  }
  if (lines.length + refused.length > 0) yield { lines, refused };
}

/** What DuckDB does not see of a line is looked at here. */
function refusal(bytes: Buffer, line: Buffer, cuts: readonly Cut[]): string | undefined {
  if (!isUtf8(bytes)) return 'invalid UTF-8';
  if (bytes.includes(1)) return 'control character';
  if (!cuts.every(({ json }) => isJson(json))) return 'not JSON';
  return line.length > LONG_LINE ? `a record of ${bytes.length} bytes is too long` : undefined;
}

/** Lines that are not blank, without their ends. */
async function* linesOfFile(path: string): AsyncGenerator<{ readonly bytes: Buffer; readonly position: number }> {
  const file = await open(path, 'r');
  try {
    for (let at = 0; ; ) {
      const block = await readAt(file, at, READ);
      let from = 0;
      for (let end = endOfLine(block, 0); end >= 0; end = endOfLine(block, from)) {
        const line = block.subarray(from, end);
        if (!isBlank(line)) yield { bytes: line, position: at + from };
        from = end + 1;
      }
      const isLast = block.length < READ;
      // A line that goes on beyond the block is read again from its start; one longer than a block on its own, into no more than it needs.
      const line = isLast
        ? block.subarray(from)
        : from === 0
          ? await readAt(file, at, (await lineEnd(file, at, block)) - at)
          : undefined;
      if (line !== undefined && !isBlank(line)) yield { bytes: line, position: at + from };
      if (isLast) return;
      at += line === undefined ? from : line.length + 1;
    }
  } finally {
    await file.close();
  }
}

/** So many bytes of the file, fewer at its end. */
async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const block = Buffer.allocUnsafe(length);
  return block.subarray(0, await readInto(file, at, block));
}

async function readInto(file: FileHandle, at: number, block: Buffer): Promise<number> {
  for (let filled = 0; ; ) {
    const { bytesRead } = await file.read(block, filled, block.length - filled, at + filled);
    filled += bytesRead;
    if (bytesRead === 0 || filled === block.length) return filled;
  }
}

/** Where the line ends that starts at `at`. `block` is read over. */
async function lineEnd(file: FileHandle, at: number, block: Buffer): Promise<number> {
  for (let next = at; ; next += block.length) {
    const filled = await readInto(file, next, block);
    const end = endOfLine(block.subarray(0, filled), 0);
    if (end >= 0 || filled < block.length) return next + (end >= 0 ? end : filled);
  }
}

/** A carriage return is white space to JSON, and the end of a line to others. */
function oneLine(bytes: Buffer): Buffer {
  return bytes.includes(0x0d) ? Buffer.from(bytes.map((byte) => (byte === 0x0d ? 0x20 : byte))) : bytes;
}

const endOfLine = (block: Buffer, from: number): number => block.indexOf(0x0a, from);

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
