import { type Gap, gzipMembers } from './gzip-members.ts';

/** Bytes of a blob, in the clear. */
export interface ClearBytes {
  readonly pieces: AsyncIterable<Uint8Array>;
  /** After the last piece: what of a compressed stream could not be unpacked. */
  readonly gaps: () => readonly Gap[];
}

/** No piece is longer, however a store hands out its bytes: what is held at once follows from it. */
const PIECE = 1024 * 1024;

/**
 * The bytes as they are, or unpacked when they are gzip (by the first two bytes, whatever the name says). Errors of
 * reading go through.
 */
export function inflated(bytes: AsyncIterable<Uint8Array>): ClearBytes {
  const gaps: Gap[] = [];
  async function* pieces(): AsyncIterable<Uint8Array> {
    const source = cut(bytes)[Symbol.asyncIterator]();
    const head = await source.next();
    if (head.done) return;
    const whole = follow(head.value, source);
    if (head.value[0] !== 0x1f || head.value[1] !== 0x8b) return yield* whole;
    yield* gzipMembers(whole, gaps);
  }
  return { pieces: pieces(), gaps: () => gaps };
}

/** In pieces of 2 bytes to `PIECE`, the last one aside. */
async function* cut(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let single: Uint8Array | undefined;
  for await (const next of bytes) {
    const piece = single ? Buffer.concat([single, next]) : next;
    single = piece.length < 2 ? Buffer.from(piece) : undefined;
    for (let at = 0; !single && at < piece.length; at += PIECE) yield piece.subarray(at, at + PIECE);
  }
  if (single && single.length > 0) yield single;
}

/** The first piece, and those after it. */
export async function* follow(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
