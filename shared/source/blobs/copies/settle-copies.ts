import type { Comparison } from './compare.ts';

/** Of a file or blob: what its copies have, too, whether its own name says that it is one, and where it lies. */
export interface Candidate {
  readonly key: string;
  readonly isCopy: boolean;
  readonly path: string;
}

export interface Settled<T> {
  readonly files: readonly T[];
  /** Copies that hold nothing of their own, and copies that do and are read. */
  readonly same: readonly T[];
  readonly differing: readonly T[];
  /** Two files of one name in two places, neither the beginning of the other. Not where only letters differ. */
  readonly conflict: readonly [T, T] | undefined;
}

export interface CopyReading<T> {
  /** Undefined: one of them cannot be read. */
  compare(one: T, other: T): Promise<Comparison | undefined>;
  isClosed(file: T): boolean;
}

/**
 * Of files that stand for one blob, one is read: of two of which one begins with the other, the longer (a blob that
 * grew was copied before). A copy by its name that differs from its original is read as well: it is nobody else's. So
 * is what lies in the same place but for capital letters: Azure changes those of a path within an hour, and goes on in
 * another blob. Two that are both called like the blob and differ cannot both be true. What cannot be read is left out.
 */
export async function settleCopies<T extends Candidate>(
  files: readonly T[],
  reading: CopyReading<T>,
): Promise<Settled<T>> {
  const kept: T[] = [];
  const [same, differing]: [T[], T[]] = [[], []];
  for (const group of Map.groupBy(files, ({ key }) => key).values()) {
    const own: T[] = [];
    for (const file of group.toSorted(byOriginality)) {
      const found = await counterpart(file, own, reading);
      if (reading.isClosed(file)) continue;
      if (found === undefined) {
        const rival = own.find((other) => !areParts(other, file));
        if (own.length > 0 && file.isCopy) differing.push(file);
        else if (rival !== undefined) return { files: [], same, differing, conflict: [rival, file] };
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

const areParts = (one: Candidate, other: Candidate): boolean => one.path.toLowerCase() === other.path.toLowerCase();

/** What is called like the blob comes first, then what lies least deep. */
const byOriginality = (one: Candidate, other: Candidate): number =>
  Number(one.isCopy) - Number(other.isCopy) || one.path.length - other.path.length || (one.path < other.path ? -1 : 1);

async function counterpart<T extends Candidate>(
  file: T,
  others: T[],
  { compare, isClosed }: CopyReading<T>,
): Promise<{ readonly other: T; readonly longer: T } | undefined> {
  for (const other of [...others]) {
    const found = await compare(other, file);
    if (isClosed(other)) others.splice(others.indexOf(other), 1);
    if (found !== undefined && found !== 'other') return { other, longer: found === 'second' ? file : other };
  }
  return undefined;
}
