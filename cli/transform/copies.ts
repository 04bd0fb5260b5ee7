import { access, constants, stat } from 'node:fs/promises';
import { compareFiles } from '../../shared/source/blobs/copies/compare.ts';
import { type Candidate, type Settled, settleCopies } from '../../shared/source/blobs/copies/settle-copies.ts';
import type { FilePlace } from './places.ts';
import { type Passed, unlessClosed } from './walk.ts';

/** A file that stands for a blob. */
export const candidateOf = ({ key, isCopy }: FilePlace, path: string): Candidate => ({ key, isCopy, path });

/** Of files, those that are read. What cannot be read is left to `closed`. */
export const settleFiles = <T extends Candidate>(files: readonly T[], closed: Passed['closed']): Promise<Settled<T>> =>
  settleCopies(files, {
    compare: async (one, other) => {
      for (const { path } of [one, other])
        if ((await unlessClosed(path, closed, () => access(path, constants.R_OK).then(() => path))) === undefined)
          return undefined;
      return unlessClosed(other.path, closed, () => compareFiles(one.path, other.path));
    },
    isClosed: ({ path }) => closed.has(path),
  });

export const sizeOf = async (path: string): Promise<number> => (await stat(path)).size;
