import { open } from 'node:fs/promises';
import type { Chunk, Fault } from '../model.ts';

const MOST_BYTES = 1024 * 1024;

/** A stretch of a chunk as a fault: which blob it came from, where it stands there, and its bytes. */
export async function faultAt(
  chunk: Chunk,
  at: { readonly position: number; readonly length: number },
  reason: string,
): Promise<Fault> {
  const segment = chunk.segments.findLast(({ position }) => position <= at.position);
  const bytes = new Uint8Array(Math.min(at.length, MOST_BYTES));
  const file = await open(chunk.path, 'r');
  try {
    await file.read(bytes, 0, bytes.length, at.position);
  } finally {
    await file.close();
  }
  const offset = segment === undefined ? at.position : segment.offset + at.position - segment.position;
  return { blob: segment?.blob ?? '', offset, length: at.length, reason, bytes };
}
