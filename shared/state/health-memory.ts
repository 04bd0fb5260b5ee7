/** The health of a lake in memory, for tests. */
import type { HealthStore, LakeHealth, Versioned } from '../model.ts';

export function createMemoryHealth(): HealthStore {
  let known: Versioned<LakeHealth> | undefined;
  let tags = 0;
  return {
    read: async () => structuredClone(known),
    write: async (health, etag) => {
      if (known?.etag !== etag) return undefined;
      known = { value: structuredClone(health), etag: `h${++tags}` };
      return known.etag;
    },
  };
}
