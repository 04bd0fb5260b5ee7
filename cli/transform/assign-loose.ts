import {
  type Identity,
  isBeginning,
  isSameFile,
  LEAST_BEGINNING,
  type Sum,
  sumsOfAll,
} from '../../shared/source/blobs/loose/identify.ts';

/** A loose file as the lake remembers it. */
export interface LooseRecord {
  /** Its name for ever: where it lay below what was named when it first came. */
  readonly path: string;
  /** Where it was last read on this machine. */
  readonly place: string;
  readonly bytes: number;
  readonly hash: string;
  readonly head: string;
  /** The last of its heads; left out: it is shorter than they are, or an earlier version read it. */
  readonly stem?: string;
}

/** A loose file that was given. */
export interface LooseFound extends Identity {
  readonly path: string;
  readonly place: string;
}

export interface Assigned<R extends LooseRecord, F extends LooseFound> {
  /** Files that are known, with the file that stands for each now. */
  readonly known: readonly (readonly [R, F])[];
  readonly fresh: readonly F[];
  /** Files whose content is another's, or the beginning of another's: not read. */
  readonly copies: readonly F[];
  /** Known files that another took the name and place of, with content that is not theirs. */
  readonly replaced: readonly F[];
}

/**
 * Which of the known files the given ones are. The same place, and its content or all of it at the beginning: that
 * file, as it was or grown. Another place and the same content: that file, once. Content that begins with all of a
 * known file: that file, grown and moved. So files that are rotated keep their rows, whatever takes their names. Then
 * the same place: that file, whatever is in it now. The same name below what was named, and nothing at its old place
 * any more: that file, moved. All else is a file of its own. No two of the given ones are one file: of two that are
 * equal, or of which one is the beginning of the other, the longer is read.
 */
export function assignLoose<R extends LooseRecord, F extends LooseFound>(
  records: readonly R[],
  found: readonly F[],
  isThere: (place: string) => boolean,
): Assigned<R, F> {
  const taken = new Map<R, F>();
  const copies: F[] = [];
  const replaced: F[] = [];
  const fits: readonly ((record: R, file: F) => boolean)[] = [
    (record, file) => record.place === file.place && (isSameFile(record, file) || isBeginning(record, file)),
    isSameFile,
    isBeginning,
    ({ place }, file) => place === file.place,
    ({ path, place }, file) => path === file.path && !isThere(place),
  ];
  const near = recordsNear(records);
  let rest = found;
  for (const fit of fits) rest = rest.filter((file) => !takeAll(file, (record) => fit(record, file)));
  const longestFirst = rest.toSorted((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1));
  const fresh: F[] = [];
  const texts = new Set([...taken.values()].flatMap(textsOf));
  for (const file of longestFirst) {
    if (texts.has(textOf(file))) copies.push(file);
    else {
      fresh.push(file);
      for (const text of textsOf(file)) texts.add(text);
    }
  }
  return { known: [...taken], fresh, copies, replaced };

  /** Whether the file is a known one, or a copy of what stands for it already. */
  function takeAll(file: F, fits: (record: R) => boolean): boolean {
    const fitting = near(file)
      .filter(fits)
      .sort((a, b) => b.bytes - a.bytes);
    const free = fitting.find((record) => !taken.has(record));
    if (free !== undefined) {
      if (!isSameFile(free, file) && !isBeginning(free, file)) replaced.push(file);
      taken.set(free, file);
      return true;
    }
    for (const record of fitting) {
      const other = taken.get(record);
      if (other === undefined || !(isSameFile(file, other) || isBeginning(file, other) || isBeginning(other, file)))
        continue;
      if (isBeginning(other, file)) taken.set(record, file);
      copies.push(isBeginning(other, file) ? other : file);
      return true;
    }
    return false;
  }
}

const textOf = ({ bytes, hash }: Sum): string => `${bytes} ${hash}`;

/** What the file holds, and what it is known to begin with. */
const textsOf = (file: Identity): string[] =>
  sumsOfAll(file).flatMap((sums) => [
    textOf(sums),
    ...[...sums.beginnings]
      .filter(([bytes]) => bytes >= LEAST_BEGINNING)
      .map(([bytes, hash]) => textOf({ bytes, hash })),
  ]);

/** The known files that a given one can be, by its place, its name or its text: of thousands each is few others. */
function recordsNear<R extends LooseRecord>(records: readonly R[]): (file: LooseFound) => R[] {
  const numbers = new Map<string, number[]>();
  const add = (key: string, number: number): void => {
    const known = numbers.get(key);
    if (known === undefined) numbers.set(key, [number]);
    else known.push(number);
  };
  for (const [number, record] of records.entries())
    for (const key of [`place ${record.place}`, `path ${record.path}`, textOf(record)]) add(key, number);
  return (file) => {
    const keys = [`place ${file.place}`, `path ${file.path}`, ...textsOf(file)];
    const found = new Set(keys.flatMap((key) => numbers.get(key) ?? []));
    return [...found].sort((a, b) => a - b).map((number) => records[number] as R);
  };
}
