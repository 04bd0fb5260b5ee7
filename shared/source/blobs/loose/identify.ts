import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { inflated } from '../gzip/inflate.ts';

/** What a file is by its bytes in the clear: the same file, packed or not, and wherever it lies. */
export interface Identity {
  readonly bytes: number;
  /** SHA-256, in hex. */
  readonly hash: string;
  /** SHA-256 of its first bytes; '' where it has fewer: files that begin with each other have the same. */
  readonly head: string;
  /** Hashes of its beginnings, by their lengths: of those that were asked for, and that it has. */
  readonly beginnings: ReadonlyMap<number, string>;
}

/** A file with fewer bytes is not taken for the beginning of another. */
export const LEAST_BEGINNING = 64;

/** Reads the file to its end. `lengths`: of beginnings to be hashed, too. */
export async function identify(path: string, lengths: readonly number[] = [], abort?: AbortSignal): Promise<Identity> {
  const digest = createHash('sha256');
  const wanted = [...new Set([LEAST_BEGINNING, ...lengths])].sort((a, b) => a - b);
  const beginnings = new Map<number, string>();
  let bytes = 0;
  for await (const piece of inflated(createReadStream(path, { highWaterMark: 1024 * 1024 })).pieces) {
    abort?.throwIfAborted();
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
