import type { BlobRecord } from '../model.ts';

/**
 * What a window was made of and this reading has not: blobs that are not there, and blobs that are shorter than they
 * were.
 */
export interface Lacking {
  readonly missing: readonly string[];
  readonly shorter: readonly string[];
}

/**
 * Nobody who reads downloads knows that they are all there is: where blobs of the window are missing, or shorter than
 * what was read of them, a run would make the lake poorer. Undefined where nothing is lacking.
 */
export function lackingIn(
  known: readonly BlobRecord[] | undefined,
  seen: readonly Pick<BlobRecord, 'name' | 'bytes'>[] | undefined,
): Lacking | undefined {
  if (known === undefined || seen === undefined) return undefined;
  const lengths = new Map<string, number>();
  for (const { name, bytes } of seen) lengths.set(name, Math.max(bytes, lengths.get(name) ?? 0));
  const missing = known.filter(({ name }) => !lengths.has(name)).map(({ name }) => name);
  const shorter = known.filter(({ name, bytes }) => (lengths.get(name) ?? bytes) < bytes).map(({ name }) => name);
  return missing.length + shorter.length === 0 ? undefined : { missing, shorter };
}

/**
 * Whether the reading is of the very blobs that the window was made of, by their bytes. Where a hash is '', they were
 * not compared.
 */
export const sameBlobs = (known: readonly BlobRecord[] | undefined, seen: readonly BlobRecord[]): boolean =>
  known !== undefined &&
  known.length === seen.length &&
  known.every(({ name, bytes, hash }) =>
    seen.some((each) => each.name === name && each.bytes === bytes && each.hash === hash && hash !== ''),
  );
