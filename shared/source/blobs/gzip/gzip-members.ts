import { crc32, createInflateRaw } from 'node:zlib';
import { type ByteReader, byteReader } from './byte-reader.ts';

/** Bytes of a compressed blob that could not be unpacked. */
export interface Gap {
  /** Where in the unpacked bytes they would be. */
  readonly offset: number;
  /** Where they are in the blob as it lies, and how many. */
  readonly place: number;
  readonly length: number;
  /** The first of them, 1 MiB at most. */
  readonly bytes: Uint8Array;
  readonly reason: string;
}

const MOST_KEPT = 1024 * 1024;
/** So much is handed to zlib at once: where it breaks, no more than that was not unpacked before. */
const SLICE = 16 * 1024;
/** A header, and what follows it, is held for so long while nothing comes of it. */
const MOST_VAIN = 128 * 1024;
const [NAMED, COMMENTED, EXTRA, CHECKED] = [8, 16, 4, 2];
const LINE_END = Uint8Array.of(0x0a);

/**
 * Unpacks gzip, member by member, as far as there are any, whatever lies between them: padding (zeros) is passed over,
 * other bytes are a gap, and behind a break the next member is looked for. So every byte is unpacked, padding, or told
 * as a gap.
 */
export async function* gzipMembers(pieces: AsyncIterable<Uint8Array>, gaps: Gap[]): AsyncGenerator<Uint8Array> {
  const input = byteReader(pieces);
  let offset = 0;
  let open: { place: number; length: number; kept: Uint8Array[]; reason: string } | undefined;
  const lose = (place: number, bytes: Uint8Array, reason: string): void => {
    open ??= { place, length: 0, kept: [], reason };
    if (open.length < MOST_KEPT) open.kept.push(bytes.slice(0, MOST_KEPT - open.length));
    open.length += bytes.length;
  };
  const close = (): boolean => {
    if (open === undefined) return false;
    const { place, length, kept, reason } = open;
    gaps.push({
      offset,
      place,
      length,
      bytes: Buffer.concat(kept),
      reason: `${reason}: byte ${place} of the file as it lies, ${length} bytes`,
    });
    open = undefined;
    return true;
  };
  try {
    for (;;) {
      if (open === undefined) await skipPadding(input);
      if ((await input.peek(1)).length === 0) break;
      const start = input.place();
      const header = await headerLength(input);
      if (header === 0) {
        const lost = await untilHeader(input);
        lose(start, lost, 'no gzip data between its members, or behind them');
        continue;
      }
      // What a break left unfinished does not go on in the next member.
      if (close()) {
        yield LINE_END;
        offset += 1;
      }
      const member = unpack(input, header);
      for (let next = await member.next(); ; next = await member.next()) {
        if (next.done) {
          // Where nothing came of it, what looked like its header may be data, with other members in it.
          if (next.value !== '')
            lose(input.place(), input.place() === start ? await untilHeader(input) : new Uint8Array(0), next.value);
          break;
        }
        offset += next.value.length;
        yield next.value;
      }
    }
    close();
  } finally {
    await input.close();
  }
}

async function skipPadding(input: ByteReader): Promise<void> {
  for (let next = await input.peek(SLICE); next.length > 0; next = await input.peek(SLICE)) {
    const end = next.findIndex((byte) => byte !== 0);
    await input.take(end < 0 ? next.length : end);
    if (end >= 0) return;
  }
}

/** The bytes up to the next that may begin a member, or to the end; at least one. */
async function untilHeader(input: ByteReader): Promise<Uint8Array> {
  const next = await input.peek(SLICE);
  for (let at = 1; at < next.length; at++) {
    // A beginning at the very end is looked at again with what follows.
    if (next[at] === 0x1f && (at + 1 === next.length || next[at + 1] === 0x8b)) return input.take(at);
  }
  return input.take(next.length);
}

/** 0 where no member begins here. */
async function headerLength(input: ByteReader): Promise<number> {
  const most = await input.peek(64 * 1024);
  const flags = most[3] ?? 0xff;
  if (most[0] !== 0x1f || most[1] !== 0x8b || most[2] !== 8 || (flags & 0xe0) !== 0) return 0;
  let at = 10;
  if (flags & EXTRA) at += 2 + (most[at] ?? 0) + (most[at + 1] ?? 0) * 256;
  for (const text of [NAMED, COMMENTED]) {
    if ((flags & text) === 0) continue;
    const end = most.indexOf(0, at);
    if (end < 0) return 0;
    at = end + 1;
  }
  if (flags & CHECKED) at += 2;
  return at < most.length ? at : 0;
}

/**
 * The bytes of one member, behind its header, which is taken with the first of them (or when much was read in vain).
 * Returns why it broke off; ''.
 */
async function* unpack(input: ByteReader, header: number): AsyncGenerator<Uint8Array, string> {
  const unpacker = createInflateRaw({ chunkSize: 256 * 1024 });
  let [sum, size, failed, ended]: [number, number, string, boolean] = [0, 0, '', false];
  let untaken = header;
  const out: Uint8Array[] = [];
  unpacker.on('data', (piece: Uint8Array) => out.push(piece));
  const over = new Promise<void>((resolve) => {
    unpacker.on('end', () => {
      ended = true;
      resolve();
    });
    unpacker.on('error', (error: Error & { code?: string }) => {
      failed = error.code ?? error.message;
      resolve();
    });
  });
  try {
    while (!ended && failed === '') {
      const slice = (await input.peek(untaken + SLICE)).subarray(untaken);
      if (slice.length === 0) return 'gzip data is broken or cut short from here on (Z_BUF_ERROR)';
      const before = unpacker.bytesWritten;
      await Promise.race([over, new Promise<void>((done) => unpacker.write(slice, () => done()))]);
      await new Promise((turn) => setImmediate(turn)); // until what was pushed is here
      untaken += unpacker.bytesWritten - before;
      if (out.length > 0 || ended || untaken > MOST_VAIN) {
        await input.take(untaken);
        untaken = 0;
      }
      for (const piece of out.splice(0)) {
        [sum, size] = [crc32(piece, sum), size + piece.length];
        yield piece;
      }
    }
  } finally {
    unpacker.destroy();
  }
  if (failed !== '') return `gzip data is broken or cut short from here on (${failed})`;
  const trailer = Buffer.from(await input.peek(8));
  if (trailer.length < 8) return 'gzip data is broken or cut short from here on (Z_BUF_ERROR)';
  if (trailer.readUInt32LE(0) !== sum || trailer.readUInt32LE(4) !== size % 2 ** 32)
    return 'gzip data is broken or cut short from here on (its checksum is that of other bytes)';
  await input.take(8);
  return '';
}
