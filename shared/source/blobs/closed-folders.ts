import { failureCode } from '../../lake/failure.ts';
import type { ObjectStore } from '../../model.ts';

/** What a folder on disk refuses with, which says nothing of its neighbours. */
const REFUSALS = ['EACCES', 'EPERM', 'ENAMETOOLONG', 'ELOOP', 'EIO'];

export const isRefusal = (error: unknown): boolean => REFUSALS.includes(failureCode(error));

/** The store, in which a folder that cannot be opened has no folders below it, and is told of once. */
export function withoutClosed(store: ObjectStore, tell: (error: unknown) => void): ObjectStore {
  const told = new Set<string>();
  return {
    ...store,
    async *folders(prefix) {
      try {
        yield* store.folders(prefix);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        if (!told.has(prefix)) tell(error);
        told.add(prefix);
      }
    },
  };
}
