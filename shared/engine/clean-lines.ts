import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import type { Chunk } from '../model.ts';
import { LONG_LINE, NUMBER_END } from './lines.ts';
import { type Cut, shortenLine } from './shorten.ts';

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

const READ = 4 * 1024 * 1024;
/** Bytes that may wait in memory outside of their lines before a file is decoded. */
const CUT_BYTES = 16 * 1024 * 1024;
/** Of a flat record or a row every value may be cut out; of a classic one nothing that the rows are made of. */
const CUT_DEPTH = { continuous: 3, diagnostics: 1, dataExport: 1, query: 1 };

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
      const { line, cuts } =
        bytes.length > LONG_LINE ? shortenLine(oneLine(bytes), CUT_DEPTH[chunk.layout]) : { line: oneLine(bytes), cuts: [] };
      const reason = refusal(bytes, line);
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

function refusal(bytes: Buffer, line: Buffer): string | undefined {
  if (!isUtf8(bytes)) return 'invalid UTF-8';
  if (bytes.includes(1)) return 'control character';
  return line.length > LONG_LINE ? `a record of ${bytes.length} bytes is too long` : undefined;
}

/** Lines that are not blank, without their ends. The bytes are valid until the next one. */
async function* linesOfFile(path: string): AsyncGenerator<{ readonly bytes: Buffer; readonly position: number }> {
  const file = await open(path, 'r');
  try {
    let rest: Buffer[] = [];
    let start = 0;
    for (let at = 0; ; ) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ), 0, READ, at);
      const block = buffer.subarray(0, bytesRead);
      let from = 0;
      for (let end = endOfLine(block, 0); end >= 0; end = endOfLine(block, from)) {
        const line = rest.length === 0 ? block.subarray(from, end) : Buffer.concat([...rest, block.subarray(from, end)]);
        if (!isBlank(line)) yield { bytes: line, position: start };
        rest = [];
        from = end + 1;
        start = at + from;
      }
      if (from < block.length) rest.push(block.subarray(from));
      at += bytesRead;
      if (bytesRead > 0) continue;
      const last = Buffer.concat(rest);
      if (!isBlank(last)) yield { bytes: last, position: start };
      return;
    }
  } finally {
    await file.close();
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
