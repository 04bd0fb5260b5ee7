import { inflated } from '../gzip/inflate.ts';
import { recogniseBlob } from '../layouts.ts';
import type { ListedBlob } from '../look.ts';
import type { RawBlob } from '../records/read-blobs.ts';
import { compareClear } from './compare.ts';
import { copyKey, isCopy } from './copy-key.ts';
import { type Candidate, settleCopies } from './settle-copies.ts';

/** A blob as it was listed, and as it is read. */
export interface OpenBlob {
  readonly listed: ListedBlob;
  readonly raw: RawBlob;
}

interface BlobCandidate extends Candidate {
  readonly blob: OpenBlob;
}

/** Names that are told. */
const TOLD = 3;

/** Blobs: how many, and the first few by name. */
interface Some {
  readonly count: number;
  readonly first: readonly string[];
}

/** Copies that were left out, and those that differ from their originals and are read. */
export interface Copies {
  readonly same: Some;
  readonly differing: Some;
}

const NONE: Some = { count: 0, first: [] };
export const NO_COPIES: Copies = { same: NONE, differing: NONE };

const sumOf = (one: Some, other: Some): Some => ({
  count: one.count + other.count,
  first: [...one.first, ...other.first].slice(0, TOLD),
});

export const together = (one: Copies, other: Copies): Copies => ({
  same: sumOf(one.same, other.same),
  differing: sumOf(one.differing, other.differing),
});

/**
 * The blobs of a window that are read, in their order: of a blob and its copies (an export tree that somebody put
 * beside itself, under another folder) one. Which is told by what is in them, so only where there are copies more is
 * read than the blobs themselves. Throws where two of them cannot both be true.
 */
export async function withoutCopies(
  blobs: readonly OpenBlob[],
  onRead: () => void,
): Promise<{ readonly blobs: readonly OpenBlob[]; readonly copies: Copies }> {
  const found = blobs.map(candidateOf);
  if (new Set(found.map(({ key }) => key)).size === found.length) return { blobs, copies: NO_COPIES };
  const { files, same, differing, conflict } = await settleCopies(found, {
    compare: (one, other) => {
      for (const _ of [one, other]) onRead();
      return compareClear(clear(one), clear(other));
    },
    isClosed: () => false,
  });
  if (conflict) throw new Error(conflictText(conflict));
  const kept = new Set(files.map(({ blob }) => blob));
  const someOf = (all: readonly BlobCandidate[]): Some => ({
    count: all.length,
    first: all.slice(0, TOLD).map(({ path }) => path),
  });
  return {
    blobs: blobs.filter((blob) => kept.has(blob)),
    copies: { same: someOf(same), differing: someOf(differing) },
  };
}

/** What a person is told of them; '': there are none. */
export const copiesText = ({ same, differing }: Copies): string =>
  [
    some(same, 'copy of a blob that is read, left out', 'copies of blobs that are read, left out'),
    some(
      differing,
      'copy that differs from its original, read as well',
      'copies that differ from their originals, read as well',
    ),
  ]
    .filter(Boolean)
    .join('; ');

function candidateOf(blob: OpenBlob): BlobCandidate {
  const { name, at } = blob.listed;
  const place = recogniseBlob(name, at.container);
  return { blob, key: place ? copyKey(place, name) : name, isCopy: isCopy(name), path: blob.raw.name };
}

const clear = ({ blob }: BlobCandidate) => inflated(blob.raw.read()).pieces;

/** What to do comes before the names, which may be long: the status page shows the beginning. */
const conflictText = ([one, other]: readonly [BlobCandidate, BlobCandidate]): string =>
  'read two blobs: they stand for the same and differ, so their window is left as it is; remove the one that is not ' +
  `true, or move it out of the container: ${one.path} and ${other.path}`;

const some = ({ count, first }: Some, one: string, many: string): string =>
  count === 0
    ? ''
    : `${count.toLocaleString('en')} ${count === 1 ? one : many}: ${first.join(', ')}${count > TOLD ? ', …' : ''}`;
