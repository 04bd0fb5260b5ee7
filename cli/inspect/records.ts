import { createReadStream } from 'node:fs';
import { createFramer } from '../../shared/framing/framer.ts';
import { inflated } from '../../shared/source/blobs/inflate.ts';
import { partsOf } from '../../shared/source/blobs/parts.ts';

/** A record of a file, or a stretch that is none. Offsets in a compressed file are those of its unpacked bytes. */
export type Found =
  | { readonly kind: 'record'; readonly record: Readonly<Record<string, unknown>> }
  | { readonly kind: 'unreadable'; readonly offset: number; readonly length: number; readonly reason: string };

/** What the reader of the pipeline makes of a file, one record after the other. */
export async function* recordsIn(path: string): AsyncIterable<Found> {
  const { pieces, broken } = inflated(createReadStream(path, { highWaterMark: 1024 * 1024 }));
  let end = 0;
  for await (const parts of partsOf(pieces)) {
    for (const { kind, offset, bytes, reason } of parts) {
      end = offset + bytes.length;
      if (kind === 'fault') yield { kind: 'unreadable', offset, length: bytes.length, reason };
      else yield* kind === 'document' ? documentsIn(bytes, offset) : linesIn(bytes, offset);
    }
  }
  if (broken() !== '') yield { kind: 'unreadable', offset: end, length: 0, reason: broken() };
}

function* linesIn(bytes: Uint8Array, offset: number): Iterable<Found> {
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    const line = bytes.subarray(start, end);
    const record = parsed(line);
    if (record !== undefined) yield { kind: 'record', record };
    // As the engine does: what a strict reader refuses is looked at closely, with all that follows it.
    else if (line.some((byte) => byte > 0x20)) return yield* documentsIn(bytes.subarray(start), offset + start);
    start = end + 1;
  }
}

function* documentsIn(bytes: Uint8Array, offset: number): Iterable<Found> {
  const framer = createFramer(offset);
  for (const step of [() => framer.feed(bytes.slice()), () => framer.end()])
    for (const part of step()) {
      const record = part.kind === 'document' ? parsed(part.bytes) : undefined;
      const { offset: at, bytes: found, reason } = part;
      if (record) yield { kind: 'record', record };
      else yield { kind: 'unreadable', offset: at, length: found.length, reason: reason || 'not an object' };
    }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function parsed(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
