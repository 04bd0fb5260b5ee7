import type { Chunk, Fault, Layout, Segment } from '../../../model.ts';

/**
 * A stretch of a blob on its way into a chunk: whole lines as they stand, one document, or bytes that are no record.
 */
export interface Part {
  readonly kind: 'lines' | 'document' | 'fault';
  /** Where the bytes stand in the blob. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Of a fault whose bytes are cut: the true length. Left out: that of the bytes. */
  readonly length?: number;
  /** Of faults that are told together: how many there are. Left out: one. */
  readonly records?: number;
  readonly reason: string;
}

export interface ChunkMaker {
  /** Whether the part does not fit beside what is there. */
  isFull(part: Part): boolean;
  /** Takes the part in; its bytes are copied. */
  add(blob: string, part: Part): void;
  isEmpty(): boolean;
  /** The chunk, whose memory is used again for the next one. */
  take(): Chunk;
}

/**
 * What a chunk holds at most (a single longer document aside), so that memory is bounded whatever the blobs hold. Few
 * faults: each is some objects, which live as long as the chunk, and what lives has V8 double its young generation.
 */
const MOST = { bytes: 8 * 1024 * 1024, segments: 50_000, faults: 250, faultBytes: 4 * 1024 * 1024 };
const NEWLINE = 0x0a;

/** So many lines make a chunk where they are: copying them would cost more than a chunk of their own. */
const ALONE = 2 * 1024 * 1024;

/** The part as a chunk, in the memory in which it stands; undefined: it goes together with others. */
export function chunkOf(blob: string, { kind, offset, bytes }: Part, layout: Layout): Chunk | undefined {
  const { length } = bytes;
  if (kind !== 'lines' || length < ALONE || length > MOST.bytes || bytes[length - 1] !== NEWLINE) return undefined;
  return { bytes, layout, columns: [], segments: [{ blob, offset, position: 0, length }], faults: [] };
}

/** Puts chunks together in memory. */
export function createChunkMaker(layout: Layout): ChunkMaker {
  let memory = new Uint8Array(64 * 1024);
  let [length, faultBytes] = [0, 0];
  let segments: Segment[] = [];
  let faults: Fault[] = [];

  function append(blob: string, offset: number, bytes: Uint8Array): void {
    const ended = bytes.at(-1) === NEWLINE;
    const needed = length + bytes.length + (ended ? 0 : 1);
    if (needed > memory.length) {
      const grown = new Uint8Array(
        needed > MOST.bytes ? needed : Math.min(Math.max(needed, memory.length * 4), MOST.bytes),
      );
      grown.set(memory.subarray(0, length));
      memory = grown;
    }
    addSegment(segments, { blob, offset, position: length, length: bytes.length });
    memory.set(bytes, length);
    if (!ended) memory[needed - 1] = NEWLINE;
    length = needed;
  }

  return {
    isFull(part) {
      if (part.kind === 'fault')
        return faults.length >= MOST.faults || faultBytes + part.bytes.length > MOST.faultBytes;
      return length > 0 && (length + part.bytes.length >= MOST.bytes || segments.length >= MOST.segments);
    },
    add(blob, { kind, offset, bytes, length: whole = bytes.length, reason, records = 1 }) {
      if (kind !== 'fault') return append(blob, offset, bytes);
      faultBytes += bytes.length;
      const fault = { blob, offset, length: whole, reason, bytes: bytes.slice() };
      faults.push(records > 1 ? { ...fault, records } : fault);
    },
    isEmpty: () => length === 0 && faults.length === 0,
    take() {
      const chunk: Chunk = { bytes: memory.subarray(0, length), layout, columns: [], segments, faults };
      // Memory of one long document is not kept for all others.
      if (memory.length > MOST.bytes) memory = new Uint8Array(64 * 1024);
      [length, faultBytes, segments, faults] = [0, 0, [], []];
      return chunk;
    },
  };
}

/** Stretches that follow each other in the blob as they do in the chunk are one segment. */
function addSegment(segments: Segment[], next: Segment): void {
  const before = segments.at(-1);
  // Between them stands at most the newline that ended the one before, here as there.
  const gap = before ? next.position - before.position - before.length : -1;
  const follows =
    before?.blob === next.blob && gap >= 0 && gap <= 1 && next.offset === before.offset + before.length + gap;
  if (before && follows) segments[segments.length - 1] = { ...before, length: before.length + gap + next.length };
  else segments.push(next);
}
