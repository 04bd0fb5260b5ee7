import { brotliDecompressSync, constants, inflateRawSync, inflateSync } from 'node:zlib';

/** What the first bytes of a file give away that holds no records as text. */
const MAGIC: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x4f, 0x62, 0x6a, 0x01], 'an Avro file (Event Hubs Capture?); convert it to JSON lines'],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive; unpack it'],
  [[0x50, 0x4b, 0x05, 0x06], 'an empty zip archive'],
  [[0x50, 0x4b, 0x07, 0x08], 'a part of a zip archive; put its parts together and unpack it'],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file'],
  [[0x4f, 0x52, 0x43], 'an ORC file'],
  [[0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], 'an Arrow file; convert it to JSON lines'],
  [[0x46, 0x45, 0x41, 0x31], 'a Feather file; convert it to JSON lines'],
  [[0x53, 0x45, 0x51, 0x06], 'a Hadoop sequence file; convert it to JSON lines'],
  [[0x53, 0x51, 0x4c, 0x69, 0x74, 0x65], 'an SQLite database'],
  [[0x1f, 0x8b, 0x08], 'gzip within gzip; unpack it once'],
  [[0x04, 0x22, 0x4d, 0x18], 'an lz4 file; unpack it'],
  [[0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59], 'a snappy file; unpack it'],
  [[0x1f, 0x9d], 'a file of compress (.Z); unpack it'],
  [[0x52, 0x61, 0x72, 0x21, 0x1a, 0x07], 'a rar archive; unpack it'],
  [[0x30, 0x37, 0x30, 0x37, 0x30], 'a cpio archive; unpack it'],
  [[0x4c, 0x5a, 0x49, 0x50], 'an lzip file; unpack it'],
  [[0xd4, 0xc3, 0xb2, 0xa1], 'a capture of network packets'],
  [[0x0a, 0x0d, 0x0d, 0x0a], 'a capture of network packets'],
  [[0x3c], 'HTML or XML; convert it to JSON lines'],
  [[0xff, 0xfe, 0x00, 0x00], 'UTF-32 text; convert it to UTF-8'],
  [[0x00, 0x00, 0xfe, 0xff], 'UTF-32 text; convert it to UTF-8'],
  [[0xff, 0xfe], 'UTF-16 text; convert it to UTF-8'],
  [[0xfe, 0xff], 'UTF-16 text; convert it to UTF-8'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'a zstd file; unpack it'],
  [[0x42, 0x5a, 0x68], 'a bzip2 file; unpack it'],
  [[0x37, 0x7a, 0xbc, 0xaf], 'a 7z archive; unpack it'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'an xz file; unpack it'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF file'],
  [[0x89, 0x50, 0x4e, 0x47], 'a picture'],
];
/** What the first bytes tell is told by so many. */
export const HEAD = 4096;
/** `ustar` stands behind the first name of a tar archive. */
const TAR = { at: 257, word: 'ustar' };

/**
 * What a file is by its first bytes (of a gzip file, those of what is in it), with what to do; '' when they give
 * nothing away.
 */
export const signatureOf = (head: Uint8Array): string => magicOf(head) || wideText(head) || packed(head);

/**
 * What a file is of which nothing may be read as text: what looks like records in it is only a part of them (files of
 * an archive that are not packed, strings of a table). '' for all else, also where text begins as such a file does.
 */
export const binaryOf = (head: Uint8Array): string =>
  head[0] !== LESS_THAN && CONTROL.test(latin(head.subarray(0, 512))) ? magicOf(head) : '';

const LESS_THAN = 0x3c;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they tell bytes from text
const CONTROL = /[\x00-\x08\x0e-\x1f]/;
const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function magicOf(head: Uint8Array): string {
  const found = MAGIC.find(([bytes]) => bytes.every((byte, at) => head[at] === byte));
  if (found) return found[1];
  return latin(head.subarray(TAR.at, TAR.at + TAR.word.length)) === TAR.word ? 'a tar archive; unpack it' : '';
}

/** What has no mark, or one that text could have, is tried: the compression that it is makes JSON of it. */
const TRIED: readonly (readonly [unpack: (head: Uint8Array) => Buffer, what: string])[] = [
  [(head) => inflateSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST }), 'a zlib stream'],
  [(head) => inflateRawSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST }), 'a deflate stream'],
  [
    (head) => brotliDecompressSync(head, { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength: MOST }),
    'a brotli file',
  ],
];
/** What 4 KiB of brotli can unpack to holds up everything else. */
const MOST = 1024 * 1024;
const JSON_BEGINS = /^(?:\uFEFF)?\s*[[{]\s*["[{]/;

function packed(head: Uint8Array): string {
  if (head.length === 0 || JSON_BEGINS.test(Buffer.from(head.subarray(0, 64)).toString('utf8'))) return '';
  for (const [unpack, what] of TRIED) {
    try {
      if (JSON_BEGINS.test(unpack(head).subarray(0, 64).toString('utf8'))) return `${what}; unpack it`;
    } catch {}
  }
  return '';
}

/** Text of UTF-16 or UTF-32 without its mark: of each two or four bytes of `{"` or `[{` all but one are 0. */
function wideText(head: Uint8Array): string {
  const shape = [...head.subarray(0, 8)].map((byte) => (byte === 0 ? '0' : isText(byte) ? 't' : '?')).join('');
  if (/^(t000t000|000t000t)/.test(shape)) return 'UTF-32 text; convert it to UTF-8';
  return /^(t0t0|0t0t)/.test(shape) ? 'UTF-16 text; convert it to UTF-8' : '';
}

const isText = (byte: number): boolean => byte >= 0x09 && byte < 0x7f;
