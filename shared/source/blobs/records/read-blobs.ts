import { REASONS } from '../../../framing/strict.ts';
import type { Chunk, Layout } from '../../../model.ts';
import { inflated } from '../gzip/inflate.ts';
import { unrolled } from './answers.ts';
import { chunkOf, createChunkMaker, type Part } from './chunk-maker.ts';
import { partsOf } from './parts.ts';

/** A blob or file to read, whole. */
export interface RawBlob {
  readonly name: string;
  /** Fails when what comes is not the blob that was listed. A piece is good until the next one is asked for. */
  read(): AsyncIterable<Uint8Array>;
  /** It is still being appended to: a record that is cut short by its end is left for the next reading. */
  readonly grows: boolean;
  /** Told how long it was, unpacked, when it was read to its end. */
  onEnd?(clear: number): void;
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
 * Reads the blobs one after the other into chunks, small ones together in one; a chunk is good until the next one is
 * asked for. Offsets in a compressed blob are those of its unpacked bytes; what cannot be unpacked says where it lies.
 */
export async function* readBlobs(setup: BlobsToRead): AsyncIterable<Chunk> {
  const maker = createChunkMaker(setup.layout);
  for await (const { blob, parts } of allParts(setup)) {
    for (const part of parts) {
      const alone = chunkOf(blob, part, setup.layout);
      if (maker.isFull(part) || (alone && !maker.isEmpty())) yield maker.take();
      if (alone) yield alone;
      else maker.add(blob, part);
    }
  }
  if (!maker.isEmpty()) yield maker.take();
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
  let clear = 0;
  async function* counted(pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      abort.throwIfAborted();
      clear += piece.length;
      yield piece;
    }
  }
  const { pieces, gaps } = inflated(blob.read());
  let isCut = false;
  for await (const parts of partsOf(unrolled(counted(pieces)))) {
    // What follows a record that the end of the blob cut short was only found inside of it.
    if (isCut) continue;
    const tail = blob.grows ? parts.findIndex(({ reason }) => reason === REASONS.end) : -1;
    isCut = tail >= 0;
    if (isCut) onTail();
    yield { blob: blob.name, parts: isCut ? parts.slice(0, tail) : parts };
  }
  blob.onEnd?.(clear);
  for (const gap of gaps()) yield { blob: blob.name, parts: [{ kind: 'fault', ...gap }] };
}
