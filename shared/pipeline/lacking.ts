import type { BlobRecord } from '../model.ts';
import { plainName } from '../pure/plain-name.ts';

/**
 * What a window was made of and this reading has not: blobs that are not there, and blobs that are shorter than they
 * were.
 */
export interface Lacking {
  readonly missing: readonly string[];
  readonly shorter: readonly string[];
}

/** A blob as it lies; `clear`: its length unpacked, where somebody has looked. */
export type SeenBlob = Pick<BlobRecord, 'name' | 'bytes' | 'clear'>;

/**
 * Nobody who reads downloads knows that they are all there is: where blobs of the window are missing, or shorter than
 * what was read of them, a run would make the lake poorer. Undefined where nothing is lacking. A blob that is packed
 * now, or not any more, is missing where nobody has looked how long it is unpacked.
 */
export function lackingIn(
  known: readonly BlobRecord[] | undefined,
  seen: readonly SeenBlob[] | undefined,
): Lacking | undefined {
  if (known === undefined || seen === undefined) return undefined;
  const [missing, shorter]: [string[], string[]] = [[], []];
  for (const [blob, standsFor] of pairs(known, seen)) {
    const found = standsFor.filter((each) => isComparable(blob, each));
    if (found.length === 0) missing.push(blob.name);
    else if (found.every((each) => isShorter(each, blob))) shorter.push(blob.name);
  }
  return missing.length + shorter.length === 0 ? undefined : { missing, shorter };
}

/**
 * Which of the blobs seen stand for each known one: those of its name, else those whose name is another spelling of it,
 * and of no other known one.
 */
function* pairs(known: readonly BlobRecord[], seen: readonly SeenBlob[]): Iterable<[BlobRecord, readonly SeenBlob[]]> {
  const byName = Map.groupBy(seen, ({ name }) => name);
  const names = new Set(known.map(({ name }) => name));
  const spelt = Map.groupBy(
    seen.filter(({ name }) => !names.has(name)),
    ({ name }) => plainName(name),
  );
  for (const blob of known) {
    const plain = plainName(blob.name);
    const others = byName.has(blob.name) ? undefined : spelt.get(plain);
    if (others !== undefined) spelt.delete(plain);
    yield [blob, byName.get(blob.name) ?? others ?? []];
  }
}

const isPacked = ({ name }: SeenBlob): boolean => name.toLowerCase().endsWith('.gz');

const isComparable = (known: BlobRecord, seen: SeenBlob): boolean =>
  isPacked(known) === isPacked(seen) || (seen.clear !== undefined && (known.clear !== undefined || !isPacked(known)));

/** As they lie where nobody has looked further, or what is known is of an earlier version. */
function isShorter(seen: SeenBlob, known: BlobRecord): boolean {
  if (seen.clear === undefined || (known.clear === undefined && isPacked(known))) return seen.bytes < known.bytes;
  return seen.clear < (known.clear ?? known.bytes);
}
