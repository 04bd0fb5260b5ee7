import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Bytes of a blob, in the clear. */
export interface ClearBytes {
  readonly pieces: AsyncIterable<Uint8Array>;
  /** After the last piece: why a compressed stream broke off; '' when it did not. */
  readonly broken: () => string;
}

/** No piece is longer, however a store hands out its bytes: what is held at once follows from it. */
const PIECE = 1024 * 1024;

/**
 * The bytes as they are, or unpacked when they are gzip (by the first two bytes, whatever the name says). Errors of
 * reading go through.
 */
export function inflated(bytes: AsyncIterable<Uint8Array>): ClearBytes {
  let broken = '';
  async function* pieces(): AsyncIterable<Uint8Array> {
    const source = cut(bytes)[Symbol.asyncIterator]();
    const head = await source.next();
    if (head.done) return;
    const whole = follow(head.value, source);
    if (head.value[0] !== 0x1f || head.value[1] !== 0x8b) return yield* whole;
    try {
      yield* gunzip(whole);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (!code.startsWith('Z_')) throw error;
      broken = `gzip data is broken or cut short from here on (${code})`;
    }
  }
  return { pieces: pieces(), broken: () => broken };
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

async function* follow(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* gunzip(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let [fed, meant] = [0, 0];
  async function* counted() {
    for await (const piece of pieces) {
      const last = piece.findLastIndex((byte) => byte !== 0);
      // Zeros at the end are padding.
      if (last >= 0) meant = fed + last + 1;
      fed += piece.length;
      // The stream asks for the next piece while the unpacker still reads this one.
      yield Buffer.from(piece);
    }
  }
  const source = Readable.from(counted(), { objectMode: false });
  const unpacker = createGunzip({ chunkSize: PIECE / 4 });
  source.once('error', (error) => unpacker.destroy(error));
  try {
    for await (const piece of source.pipe(unpacker)) yield piece;
    // Behind the last member zlib reads nothing, and says nothing.
    if (!source.readableEnded) for await (const _ of source);
    const behind = meant - unpacker.bytesWritten;
    if (behind > 0) throw Object.assign(new Error('trailing bytes'), { code: `Z_TRAILING: ${behind} bytes` });
  } finally {
    source.destroy();
    unpacker.destroy();
  }
}
