import { createHash } from 'node:crypto';
import { clearBytes, plainText } from '../copies/plain-text.ts';

/** How many bytes, and their SHA-256 in hex. */
export interface Sum {
  readonly bytes: number;
  readonly hash: string;
}

/** A sum with those of its beginnings. */
export interface Sums extends Sum {
  /** SHA-256 of its first bytes; '' where it has fewer: files that begin with each other have the same. */
  readonly head: string;
  /**
   * SHA-256 of its first bytes, of four times as many, and so on, as far as it has them. A longer file that begins with
   * all of it has the last of these, too: few others do, where thousands have the same head.
   */
  readonly heads: readonly string[];
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
const HEADS = Array.from({ length: 16 }, (_, n) => LEAST_BEGINNING * 4 ** n);

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
  const asked = new Set([LEAST_BEGINNING, ...lengths]);
  const wanted = [...new Set([...HEADS, ...asked])].sort((a, b) => a - b);
  const beginnings = new Map<number, string>();
  const heads: string[] = [];
  let [bytes, first] = [0, 0];
  for await (const piece of pieces) {
    let at = 0;
    for (let next = wanted[first]; next !== undefined && next <= bytes + piece.length; next = wanted[first]) {
      const cut = next - bytes;
      digest.update(piece.subarray(at, cut));
      at = cut;
      const hash = digest.copy().digest('hex');
      if (HEADS.includes(next)) heads.push(hash);
      if (asked.has(next)) beginnings.set(next, hash);
      first += 1;
    }
    digest.update(piece.subarray(at));
    bytes += piece.length;
  }
  return { bytes, hash: digest.digest('hex'), head: heads[0] ?? '', heads, beginnings };
}

/** What a file is by the texts that it may be remembered by: by this version, and by an earlier one. */
export const sumsOfAll = ({ before, ...plain }: Identity): readonly Sums[] =>
  before === undefined ? [plain] : [plain, before];

/** Whether the file is what the lake remembers of one, by this version or an earlier one. */
export const isSameFile = (known: Sum, file: Identity): boolean =>
  sumsOfAll(file).some(({ bytes, hash }) => known.bytes === bytes && known.hash === hash);

/** Whether `longer` begins with all of a known file, and has more; by the text that it is known by. */
export const isBeginning = (known: Sum & Pick<Sums, 'head'>, longer: Identity): boolean =>
  known.head !== '' &&
  sumsOfAll(longer).some(
    ({ bytes, head, beginnings }) =>
      known.head === head && known.bytes < bytes && beginnings.get(known.bytes) === known.hash,
  );
