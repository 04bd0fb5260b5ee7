import { createHash } from 'node:crypto';
import { clearBytes, plainText } from './plain-text.ts';

/** How many bytes, and their SHA-256 in hex. */
export interface Sum {
  readonly bytes: number;
  readonly hash: string;
}

/** A sum with those of its beginnings. */
export interface Sums extends Sum {
  /** SHA-256 of its first bytes; '' where it has fewer: files that begin with each other have the same. */
  readonly head: string;
  /** Hashes of its beginnings, by their lengths: of those that were asked for, and that it has. */
  readonly beginnings: ReadonlyMap<number, string>;
}

/** What a file is by its plain text: the same file, packed or not, whatever its line ends, and wherever it lies. */
export interface Identity extends Sums {
  /** With all bytes that are no part of its plain text, as earlier versions knew it; left out: there are none. */
  readonly before?: Sums;
}

/** A file with fewer bytes is not taken for the beginning of another. */
export const LEAST_BEGINNING = 64;

/** Reads the file to its end. `lengths`: of beginnings to be hashed, too. */
export async function identify(path: string, lengths: readonly number[] = [], abort?: AbortSignal): Promise<Identity> {
  let all = 0;
  async function* pieces() {
    for await (const piece of clearBytes(path)) {
      abort?.throwIfAborted();
      all += piece.length;
      yield piece;
    }
  }
  const plain = await sumsOf(plainText(pieces()), lengths);
  return all === plain.bytes ? plain : { ...plain, before: await sumsOf(pieces(), lengths) };
}

async function sumsOf(pieces: AsyncIterable<Uint8Array>, lengths: readonly number[]): Promise<Sums> {
  const digest = createHash('sha256');
  const wanted = [...new Set([LEAST_BEGINNING, ...lengths])].sort((a, b) => a - b);
  const beginnings = new Map<number, string>();
  let bytes = 0;
  for await (const piece of pieces) {
    let at = 0;
    for (let next = wanted[0]; next !== undefined && next <= bytes + piece.length; next = wanted[0]) {
      const cut = next - bytes;
      digest.update(piece.subarray(at, cut));
      at = cut;
      beginnings.set(next, digest.copy().digest('hex'));
      wanted.shift();
    }
    digest.update(piece.subarray(at));
    bytes += piece.length;
  }
  return { bytes, hash: digest.digest('hex'), head: beginnings.get(LEAST_BEGINNING) ?? '', beginnings };
}

/** What a file is by the texts that it may be remembered by: by this version, and by an earlier one. */
export const sumsOfAll = ({ before, ...plain }: Identity): readonly Sums[] =>
  before === undefined ? [plain] : [plain, before];

/** Whether the file is what the lake remembers of one, by this version or an earlier one. */
export const isSameFile = (known: Sum, file: Identity): boolean =>
  sumsOfAll(file).some(({ bytes, hash }) => known.bytes === bytes && known.hash === hash);

/** Whether `longer` begins with all of a known file, and has more; by the text that it is known by. */
export const isBeginning = (known: Omit<Sums, 'beginnings'>, longer: Identity): boolean =>
  known.head !== '' &&
  sumsOfAll(longer).some(
    ({ bytes, head, beginnings }) =>
      known.head === head && known.bytes < bytes && beginnings.get(known.bytes) === known.hash,
  );
