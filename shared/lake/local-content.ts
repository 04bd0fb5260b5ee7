/** The bytes of a Content, read piece by piece wherever they stand. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Content } from '../model.ts';

/** What one read asks for; bounds the memory of a stream. */
const PIECE = 1024 * 1024;

/**
 * Throws when a local file is missing, or when they hold more or fewer bytes than announced: a file must never be half
 * there.
 */
export async function checkContent(content: Content): Promise<void> {
  if (content instanceof Uint8Array) return;
  const sizes = await Promise.all(content.files.map(async (file) => (await stat(file)).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes !== content.bytes)
    throw new Error(`read ${content.files.join(', ')}: ${bytes} bytes where ${content.bytes} were announced`);
}

export const contentBytes = (content: Content): number =>
  content instanceof Uint8Array ? content.byteLength : content.bytes;

/**
 * Bytes `[start, end)` of the content, in pieces of at most 1 MiB. Can be called again for the same range (a repeated
 * upload). `memory`: that all pieces of local files are to come in, each good until the next one is asked for.
 */
export async function* contentRange(
  content: Content,
  start = 0,
  end = contentBytes(content),
  memory?: Buffer,
): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    for (let at = start; at < end; at += PIECE) yield content.subarray(at, Math.min(end, at + PIECE));
    return;
  }
  let offset = 0;
  for (const file of content.files) {
    const { size } = await stat(file);
    yield* fileRange(file, Math.max(start - offset, 0), Math.min(end - offset, size), memory);
    offset += size;
  }
}

/** All of the content, in pieces that are good until the next one is asked for. */
export async function* contentPieces(content: Content): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) yield content;
  else {
    const memory = Buffer.allocUnsafe(Math.min(PIECE, content.bytes));
    for (const file of content.files) yield* fileRange(file, 0, (await stat(file)).size, memory);
  }
}

async function* fileRange(file: string, start: number, end: number, memory?: Buffer): AsyncGenerator<Uint8Array> {
  if (start >= end) return;
  const handle = await open(file);
  try {
    yield* handleRange(handle, start, end, memory);
  } finally {
    await handle.close();
  }
}

/** Bytes `[start, end)` of an open file; ends early where the file does. `memory`: that all pieces are to come in. */
export async function* handleRange(
  handle: FileHandle,
  start: number,
  end: number,
  memory?: Buffer,
): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; ) {
    const piece = memory ?? Buffer.allocUnsafe(Math.min(PIECE, end - at));
    const { bytesRead } = await handle.read(piece, 0, Math.min(piece.length, end - at), at);
    if (bytesRead === 0) return;
    yield piece.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** Fills `memory` with the bytes from `start` on. */
export async function contentInto(memory: Uint8Array, content: Content, start: number): Promise<Uint8Array> {
  let at = 0;
  const pieces = contentRange(content, start, start + memory.length, Buffer.allocUnsafe(64 * 1024));
  for await (const piece of pieces) {
    memory.set(piece, at);
    at += piece.length;
  }
  if (at < memory.length) throw new Error(`read ${at} bytes where ${memory.length} were announced`);
  return memory;
}
