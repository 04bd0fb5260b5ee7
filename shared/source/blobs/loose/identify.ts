import { createHash } from 'node:crypto';
import { clearBytes, plainText } from './plain-text.ts';

/** How many bytes, and their SHA-256 in hex. */
export interface Sum {
  readonly bytes: number;
  readonly hash: string;
}

/** What a file is by its plain text: the same file, packed or not, whatever its line ends, and wherever it lies. */
export interface Identity extends Sum {
  /** SHA-256 of its first bytes; '' where it has fewer: files that begin with each other have the same. */
  readonly head: string;
  /** Hashes of its beginnings, by their lengths: of those that were asked for, and that it has. */
  readonly beginnings: ReadonlyMap<number, string>;
  /** With all bytes that are no part of its plain text, as earlier versions knew it; left out: there are none. */
  readonly before?: Sum;
}

/** A file with fewer bytes is not taken for the beginning of another. */
export const LEAST_BEGINNING = 64;

/** Reads the file to its end. `lengths`: of beginnings to be hashed, too. */
export async function identify(path: string, lengths: readonly number[] = [], abort?: AbortSignal): Promise<Identity> {
  const digest = createHash('sha256');
  const wanted = [...new Set([LEAST_BEGINNING, ...lengths])].sort((a, b) => a - b);
  const beginnings = new Map<number, string>();
  let [bytes, all] = [0, 0];
  async function* counted() {
    for await (const piece of clearBytes(path)) {
      abort?.throwIfAborted();
      all += piece.length;
      yield piece;
    }
  }
  for await (const piece of plainText(counted())) {
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
  const before = all === bytes ? {} : { before: await clearSum(path) };
  return { bytes, hash: digest.digest('hex'), head: beginnings.get(LEAST_BEGINNING) ?? '', beginnings, ...before };
}

/** Of the bytes of a file, unpacked. */
export async function clearSum(path: string): Promise<Sum> {
  const digest = createHash('sha256');
  let bytes = 0;
  for await (const piece of clearBytes(path)) {
    digest.update(piece);
    bytes += piece.length;
  }
  return { bytes, hash: digest.digest('hex') };
}

/** Whether the file is what the lake remembers of one, by this version or an earlier one. */
export const isSameFile = (known: Sum, { bytes, hash, before }: Pick<Identity, 'bytes' | 'hash' | 'before'>): boolean =>
  (known.bytes === bytes && known.hash === hash) || (known.bytes === before?.bytes && known.hash === before.hash);
