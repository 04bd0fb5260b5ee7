import { type FileHandle, open } from 'node:fs/promises';
import type { Chunk, Fault, Layout, Segment } from '../../model.ts';

/** A stretch of a blob on its way into a chunk: whole lines as they stand, one document, or bytes that are no record. */
export interface Part {
  readonly kind: 'lines' | 'document' | 'fault';
  /** Where the bytes stand in the blob. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly reason: string;
}

export interface ChunkWriter {
  /** Whether the part does not fit beside what is there. */
  isFull(part: Part): boolean;
  /** Takes the part in; its bytes must stay as they are until `flush` or `finish`. */
  add(blob: string, part: Part): void;
  flush(): Promise<void>;
  finish(): Promise<Chunk>;
  /** Closes the file of a chunk that will not be finished; safe to call after `finish`. */
  close(): Promise<void>;
}

/** What a chunk holds at most (a single longer document aside), so that memory is bounded whatever the blobs hold. */
const MOST = { bytes: 16 * 1024 * 1024, lines: 250_000, segments: 50_000, faults: 10_000, faultBytes: 4 * 1024 * 1024 };
const LINE_END = new Uint8Array([0x0a]);

interface OpenChunk {
  readonly segments: Segment[];
  readonly faults: Fault[];
  staged: Uint8Array[];
  bytes: number;
  lines: number;
  longestLine: number;
  faultBytes: number;
}

/** Writes one chunk into the new file at `path`. */
export async function createChunkWriter(path: string, layout: Layout): Promise<ChunkWriter> {
  const file = await open(path, 'w');
  const chunk: OpenChunk = { segments: [], faults: [], staged: [], bytes: 0, lines: 0, longestLine: 0, faultBytes: 0 };
  let closed = false;

  async function flush(): Promise<void> {
    const { staged } = chunk;
    chunk.staged = [];
    if (staged.length > 0) await writeAll(file, staged, path);
  }

  async function close(): Promise<void> {
    if (!closed) await file.close();
    closed = true;
  }

  async function finish(): Promise<Chunk> {
    await flush();
    await close();
    const { bytes, lines, longestLine, segments, faults } = chunk;
    return { path, layout, bytes, lines, longestLine, columns: [], segments, faults };
  }

  return { isFull: (part) => isFull(chunk, part), add: (blob, part) => add(chunk, blob, part), flush, finish, close };
}

function isFull({ bytes, lines, segments, faults, faultBytes }: OpenChunk, part: Part): boolean {
  if (part.kind === 'fault') return faults.length >= MOST.faults || faultBytes + part.bytes.length > MOST.faultBytes;
  if (bytes === 0) return false;
  return bytes + part.bytes.length >= MOST.bytes || lines >= MOST.lines || segments.length >= MOST.segments;
}

function add(chunk: OpenChunk, blob: string, { kind, offset, bytes, reason }: Part): void {
  if (kind === 'fault') {
    chunk.faultBytes += bytes.length;
    chunk.faults.push({ blob, offset, length: bytes.length, reason, bytes: bytes.slice() });
    return;
  }
  const found = kind === 'document' ? { lines: 1, longest: bytes.length } : measureLines(bytes);
  addSegment(chunk.segments, { blob, offset, position: chunk.bytes, length: bytes.length });
  const ended = bytes.at(-1) === 0x0a;
  chunk.staged.push(bytes);
  if (!ended) chunk.staged.push(LINE_END);
  chunk.bytes += bytes.length + (ended ? 0 : 1);
  chunk.lines += found.lines;
  chunk.longestLine = Math.max(chunk.longestLine, found.longest);
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

function measureLines(bytes: Uint8Array): { lines: number; longest: number } {
  let lines = 0;
  let longest = 0;
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    let first = start;
    while (first < end && (bytes[first] ?? 0) <= 0x20) first++;
    if (first < end) lines++;
    longest = Math.max(longest, end - start);
    start = end + 1;
  }
  return { lines, longest };
}

async function writeAll(file: FileHandle, staged: Uint8Array[], path: string): Promise<void> {
  const bytes = staged.reduce((sum, each) => sum + each.length, 0);
  // One copy is cheaper than thousands of small vectors; a large stretch stands alone and is not copied.
  const whole = staged.length === 1 && staged[0] ? staged[0] : Buffer.concat(staged, bytes);
  let written = 0;
  while (written < bytes) {
    const { bytesWritten } = await file.write(whole, written, bytes - written).catch((cause: unknown) => {
      throw new Error(`write ${path}: cannot write a chunk; is the temporary disk full?`, { cause });
    });
    written += bytesWritten;
  }
}
