import { createReadStream } from 'node:fs';
import { inflated } from '../gzip/inflate.ts';

const [CR, LF] = [0x0d, 0x0a];
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The bytes of a file, unpacked. */
export const clearBytes = (path: string): AsyncIterable<Uint8Array> =>
  inflated(createReadStream(path, { highWaterMark: 1024 * 1024 })).pieces;

/**
 * The bytes of a file as they are compared with another's: unpacked, without the mark of UTF-8 before them, and with
 * line ends of one byte. Tools and transfers change all of that, and no record: none holds a bare line end. Nor is a CR
 * at the end of the file part of it, which may be half a line end of a file that grows.
 */
export async function* plainText(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let [isFirst, held] = [true, false];
  for await (const piece of pieces) {
    if (piece.length === 0) continue;
    const bytes = isFirst && MARK.equals(piece.subarray(0, MARK.length)) ? piece.subarray(MARK.length) : piece;
    isFirst = false;
    // A CR at the end of a piece waits for what follows it.
    if (held && bytes[0] !== LF) yield Uint8Array.of(CR);
    held = bytes.at(-1) === CR;
    yield withoutReturns(held ? bytes.subarray(0, -1) : bytes);
  }
}

/** Without each CR that stands before a LF. */
function withoutReturns(bytes: Uint8Array): Uint8Array {
  let at = bytes.indexOf(CR);
  if (at < 0) return bytes;
  const out = Buffer.allocUnsafe(bytes.length);
  let [length, start] = [0, 0];
  for (; at >= 0; at = bytes.indexOf(CR, at + 1)) {
    if (bytes[at + 1] !== LF) continue;
    out.set(bytes.subarray(start, at), length);
    length += at - start;
    start = at + 1;
  }
  out.set(bytes.subarray(start), length);
  return out.subarray(0, length + bytes.length - start);
}
