import { type FileHandle, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createFramer } from '../../framing/framer.ts';
import type { Chunk, Segment } from '../../model.ts';
import { type ChunkWriter, createChunkWriter } from './chunk-writer.ts';

const READ = 1024 * 1024;

/**
 * What to do with a chunk that a strict reader of newline-delimited JSON refuses: a chunk in its place, in a file of its own in `work`
 * (the caller removes it), with every document that can be read on a line of its own, and the rest as faults beside those that the
 * chunk already had. Offsets are those of the blob. A chunk that comes from here comes out the same.
 */
export async function reframe(chunk: Chunk, work: string): Promise<Chunk> {
  const source = await open(chunk.path, 'r');
  const target = await createChunkWriter(join(work, `${basename(chunk.path)}.clean`), chunk.layout);
  try {
    for (const stream of streamsOf(chunk.segments)) await frameStream(source, stream, target);
    const clean = await target.finish();
    return { ...clean, faults: [...chunk.faults, ...clean.faults] };
  } finally {
    await target.close();
    await source.close();
  }
}

async function frameStream(source: FileHandle, stream: Segment, target: ChunkWriter): Promise<void> {
  const framer = createFramer(stream.offset);
  for (let at = 0; at < stream.length; ) {
    const bytes = new Uint8Array(Math.min(READ, stream.length - at));
    const { bytesRead } = await source.read(bytes, 0, bytes.length, stream.position + at);
    if (bytesRead === 0)
      throw new Error(
        `read ${stream.blob}: its chunk on the temporary disk is shorter than it was; run the window again`,
      );
    at += bytesRead;
    for (const part of framer.feed(bytes.subarray(0, bytesRead))) target.add(stream.blob, part);
    await target.flush();
  }
  for (const part of framer.end()) target.add(stream.blob, part);
  await target.flush();
}

/** Segments that follow each other in one blob are one stream: a document may go across them. */
function streamsOf(segments: readonly Segment[]): Segment[] {
  const streams: Segment[] = [];
  for (const next of segments) {
    const before = streams.at(-1);
    const follows =
      before?.blob === next.blob &&
      before.offset + before.length === next.offset &&
      before.position + before.length === next.position;
    if (before && follows) streams[streams.length - 1] = { ...before, length: before.length + next.length };
    else streams.push(next);
  }
  return streams;
}
