import { createFramer } from '../../../framing/framer.ts';
import { inflated } from '../gzip/inflate.ts';
import { isRecord } from '../kinds.ts';
import { unrolled } from './answers.ts';
import { partsOf } from './parts.ts';

/** A record of a file, or a stretch that is none. Offsets in a compressed file are those of its unpacked bytes. */
export type Found =
  | { readonly kind: 'record'; readonly record: Readonly<Record<string, unknown>> }
  | { readonly kind: 'unreadable'; readonly offset: number; readonly length: number; readonly reason: string };

/**
 * What the reader of the pipeline makes of the bytes of a file, one record after the other. `onHead` is told the first
 * of them in the clear.
 */
export async function* recordsIn(
  bytes: AsyncIterable<Uint8Array>,
  onHead: (head: Uint8Array) => void = () => {},
): AsyncIterable<Found> {
  const { pieces, gaps } = inflated(bytes);
  for await (const parts of partsOf(unrolled(headed(pieces, onHead)))) {
    for (const { kind, offset, bytes, reason } of parts) {
      if (kind === 'fault') yield { kind: 'unreadable', offset, length: bytes.length, reason };
      else yield* kind === 'document' ? documentsIn(bytes, offset) : linesIn(bytes, offset);
    }
  }
  for (const { offset, length, reason } of gaps()) yield { kind: 'unreadable', offset, length, reason };
}

async function* headed(pieces: AsyncIterable<Uint8Array>, onHead: (head: Uint8Array) => void) {
  let first = true;
  for await (const piece of pieces) {
    if (first) onHead(piece);
    first = false;
    yield piece;
  }
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
