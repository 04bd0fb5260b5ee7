/** Backfills in memory, for tests. */
import type { Backfill, BackfillStore, Versioned } from '../model.ts';

export function createMemoryBackfills(): BackfillStore {
  const known = new Map<string, Versioned<Backfill>>();
  let tags = 0;
  return {
    read: async (id) => structuredClone(known.get(id)),
    write: async (backfill, etag) => {
      if (known.get(backfill.id)?.etag !== etag) return undefined;
      const tag = `b${++tags}`;
      known.set(backfill.id, { value: structuredClone(backfill), etag: tag });
      return tag;
    },
    async *list() {
      const all = [...known.values()].map(({ value }) => value);
      for (const value of all.toSorted((one, other) => one.begunAt - other.begunAt)) yield structuredClone(value);
    },
  };
}
