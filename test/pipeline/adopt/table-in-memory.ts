import type { LedgerRow, ObjectStore, StoredObject } from '../../../shared/model.ts';
import type { LedgerTablePorts } from '../../../shared/pipeline/ledger-table/write.ts';

/** The ledger's table as JSON: the local files of a test are their own contents. */
export const tableInMemory = {
  ports: {
    withWorkFolder: (use) => use('work'),
    file: () => {
      const held: LedgerRow[] = [];
      return {
        add: async (rows) => void held.push(...rows),
        end: async () => {
          const text = JSON.stringify(held);
          return { files: [text], bytes: text.length };
        },
      };
    },
  } satisfies Pick<LedgerTablePorts, 'withWorkFolder' | 'file'>,
  rows: (lake: ObjectStore) =>
    async function* ({ name }: StoredObject): AsyncGenerator<readonly LedgerRow[]> {
      yield JSON.parse(Buffer.concat(await Array.fromAsync(lake.read(name))).toString());
    },
};
