import { inflated } from '../gzip/inflate.ts';
import { isRecord } from '../kinds.ts';
import { unrolled } from './answers.ts';
import { partsIn, partsOf } from './parts.ts';

/** A record of a file, or a stretch that is none. Offsets in a compressed file are those of its unpacked bytes. */
export type Found =
  | { readonly kind: 'record'; readonly record: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'unreadable';
      readonly offset: number;
      readonly length: number;
      readonly reason: string;
      /** How many stretches are told together. */
      readonly count: number;
    };

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
    for (const { kind, offset, bytes, reason, records = 1 } of parts) {
      if (kind === 'fault') yield { kind: 'unreadable', offset, length: bytes.length, reason, count: records };
      else yield* kind === 'document' ? documentsIn(bytes, offset) : linesIn(bytes, offset);
    }
  }
  for (const { offset, length, reason } of gaps()) yield { kind: 'unreadable', offset, length, reason, count: 1 };
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
  for (const parts of partsIn(bytes, offset))
    for (const { kind, offset: at, bytes: found, reason, records: count = 1 } of parts) {
      const record = kind === 'document' ? parsed(found) : undefined;
      if (record) yield { kind: 'record', record };
      else yield { kind: 'unreadable', offset: at, length: found.length, reason: reason || 'not an object', count };
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
