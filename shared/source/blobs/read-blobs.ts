import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { REASONS } from '../../framing/scan.ts';
import type { Chunk, Layout } from '../../model.ts';
import { type ChunkWriter, createChunkWriter, type Part } from '../framing/chunk-writer.ts';
import { inflated } from './inflate.ts';
import { partsOf } from './parts.ts';

/** A blob or file to read, whole. */
export interface RawBlob {
  readonly name: string;
  /** Fails when what comes is not the blob that was listed. */
  read(): AsyncIterable<Uint8Array>;
  /** It is still being appended to: a record that is cut short by its end is left for the next reading. */
  readonly grows: boolean;
}

export interface BlobsToRead {
  readonly blobs: readonly RawBlob[];
  readonly layout: Layout;
  readonly abort: AbortSignal;
  /** Called for each blob that is opened. */
  readonly onRead: () => void;
  /** Called for each blob whose last record was left for the next reading. */
  readonly onTail?: () => void;
}

/**
 * Reads the blobs one after the other into chunks in `work`, small ones together in one, and removes each chunk when the next one is
 * asked for. Offsets in a compressed blob are those of its unpacked bytes.
 */
export async function* readBlobs(setup: BlobsToRead, work: string): AsyncIterable<Chunk> {
  let count = 0;
  const start = () => createChunkWriter(join(work, `chunk-${++count}.ndjson`), setup.layout);
  let writer: ChunkWriter | undefined;
  try {
    for await (const { blob, parts } of allParts(setup)) {
      for (const part of parts) {
        if (writer?.isFull(part)) {
          yield* handOver(writer);
          writer = undefined;
        }
        writer ??= await start();
        writer.add(blob, part);
      }
      await writer?.flush();
    }
    if (writer) yield* handOver(writer);
  } finally {
    await writer?.close();
    if (writer) await rm(join(work, `chunk-${count}.ndjson`), { force: true });
  }
}

async function* handOver(writer: ChunkWriter): AsyncIterable<Chunk> {
  const chunk = await writer.finish();
  try {
    yield chunk;
  } finally {
    await rm(chunk.path, { force: true });
  }
}

interface BlobParts {
  readonly blob: string;
  readonly parts: readonly Part[];
}

async function* allParts({ blobs, abort, onRead, onTail = () => {} }: BlobsToRead): AsyncIterable<BlobParts> {
  for (const blob of blobs) {
    abort.throwIfAborted();
    onRead();
    yield* partsOfBlob(blob, abort, onTail);
  }
}

async function* partsOfBlob(blob: RawBlob, abort: AbortSignal, onTail: () => void): AsyncIterable<BlobParts> {
  let end = 0;
  async function* counted(pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      abort.throwIfAborted();
      end += piece.length;
      yield piece;
    }
  }
  const { pieces, broken } = inflated(blob.read());
  for await (const parts of partsOf(counted(pieces))) {
    const tail = blob.grows ? parts.findIndex(({ reason }) => reason === REASONS.end) : -1;
    if (tail >= 0) onTail();
    // What follows a record that the end of the blob cut short was only found inside of it.
    yield { blob: blob.name, parts: tail < 0 ? parts : parts.slice(0, tail) };
  }
  if (broken() !== '')
    yield { blob: blob.name, parts: [{ kind: 'fault', offset: end, bytes: new Uint8Array(0), reason: broken() }] };
}
