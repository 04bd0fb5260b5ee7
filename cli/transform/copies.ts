import { access, constants, stat } from 'node:fs/promises';
import { plainName } from '../../shared/pure/plain-name.ts';
import { type Comparison, compareFiles } from '../../shared/source/blobs/loose/compare.ts';
import { type Passed, unlessClosed } from './walk.ts';

/** A file of a window; `original` as in places.ts. */
export interface Candidate {
  readonly name: string;
  readonly original: string;
  readonly path: string;
  readonly bytes: number;
}

export interface Settled<T> {
  readonly files: readonly T[];
  /** Copies that hold nothing of their own, and copies that do and are read. */
  readonly same: readonly T[];
  readonly differing: readonly T[];
  /** Two files of one name in two places, neither the beginning of the other. */
  readonly conflict: readonly [T, T] | undefined;
}

/**
 * Of files that stand for one blob, one is read: of two of which one begins with the other, the longer (a blob that
 * grew was downloaded twice). A copy by its name that differs from its original is read as well: it is nobody else's.
 * Two that are both called like the blob and differ cannot both be true. What cannot be read is left to `closed`.
 */
export async function settleCopies<T extends Candidate>(
  files: readonly T[],
  closed: Passed['closed'],
): Promise<Settled<T>> {
  const kept: T[] = [];
  const [same, differing]: [T[], T[]] = [[], []];
  for (const group of Map.groupBy(files, ({ original }) => plainName(original)).values()) {
    const own: T[] = [];
    for (const file of group.toSorted(byOriginality)) {
      const found = await counterpart(file, own, closed);
      if (closed.has(file.path)) continue;
      if (found === undefined) {
        if (own.length > 0 && isCopy(file)) differing.push(file);
        else if (own.length > 0) return { files: [], same, differing, conflict: [own[0] ?? file, file] };
        own.push(file);
      } else {
        same.push(found.longer === file ? found.other : file);
        own[own.indexOf(found.other)] = found.longer;
      }
    }
    kept.push(...own);
  }
  return { files: kept, same, differing, conflict: undefined };
}

const isCopy = ({ name, original }: Candidate): boolean => name.replace(/\.gz$/i, '') !== original;

/** What is called like the blob comes first, then by path. */
const byOriginality = (one: Candidate, other: Candidate): number =>
  Number(isCopy(one)) - Number(isCopy(other)) || (one.path < other.path ? -1 : 1);

async function counterpart<T extends Candidate>(
  file: T,
  others: T[],
  closed: Passed['closed'],
): Promise<{ readonly other: T; readonly longer: T } | undefined> {
  for (const other of [...others]) {
    const found = await comparison(other, file, closed);
    if (closed.has(other.path)) others.splice(others.indexOf(other), 1);
    if (found !== undefined && found !== 'other') return { other, longer: found === 'second' ? file : other };
  }
  return undefined;
}

async function comparison(one: Candidate, other: Candidate, closed: Passed['closed']): Promise<Comparison | undefined> {
  for (const { path } of [one, other])
    if ((await unlessClosed(path, closed, () => access(path, constants.R_OK).then(() => path))) === undefined)
      return undefined;
  return unlessClosed(other.path, closed, () => compareFiles(one.path, other.path));
}

export const sizeOf = async (path: string): Promise<number> => (await stat(path)).size;
