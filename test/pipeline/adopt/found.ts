import type { AdoptPorts } from '../../../shared/pipeline/adopt/adopt.ts';
import type { Found } from '../../../shared/pipeline/adopt/found.ts';

/** What adopt keeps beside the memory, in memory; a lake without the ledger's table. */
export const foundInMemory: Pick<AdoptPorts, 'rows' | 'withGroups'> = {
  async *rows() {},
  withGroups: (use) => {
    const groups = new Map<string, Found[]>();
    return use({
      put: async (group, found) => void groups.set(group, [...(groups.get(group) ?? []), found]),
      async *each() {
        yield* groups;
      },
    });
  },
};
