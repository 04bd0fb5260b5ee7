/** The calls to a table that the ledger makes, their failures made plain. */
import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { failureCode } from '../lake/failure.ts';
import { noteThere, sinceText } from '../lake/missed.ts';
import { stateFailure } from './state-failure.ts';
import type { Keys } from './table-entities.ts';

export type { TransactionAction } from '@azure/data-tables';
export type Entity = Readonly<Record<string, unknown>> & { readonly etag: string };

/** Somebody else was first. Every other conflict (a table that is being deleted, an account that is) is a failure. */
const LOST = ['EntityAlreadyExists', 'UpdateConditionNotSatisfied', 'ConditionNotMet', 'HTTP 412'];

export function tableCalls(client: TableClient) {
  const place = `table ${client.url.replace(/\?.*$/s, '')}/${client.tableName}`;
  const failed = (doing: string) => (error: unknown) =>
    Promise.reject(stateFailure('table', `${doing} ${place}`, error, sinceText(place, error)));
  const upsert = async (entity: Keys & Record<string, unknown>): Promise<void> => {
    await client.upsertEntity(entity, 'Merge');
    noteThere(place);
  };

  return {
    upsert: (entity: Keys & Record<string, unknown>) => upsert(entity).catch(failed('write')),
    /** Who may write need not be allowed to create tables: so it is created only where it is missing. */
    prepare: async (entity: Keys & Record<string, unknown>): Promise<void> => {
      try {
        await upsert(entity).catch(async (error) => {
          if (failureCode(error) !== 'TableNotFound') throw error;
          await client.createTable();
          await upsert(entity);
        });
      } catch (error) {
        await failed('prepare')(error);
      }
    },
    /** `select`: only these properties, and the tag; left out: all. */
    get: async (partitionKey: string, rowKey: string, select?: string[]): Promise<Entity | undefined> => {
      try {
        const found = await client.getEntity(partitionKey, rowKey, select ? { queryOptions: { select } } : {});
        noteThere(place);
        return found;
      } catch (error) {
        return failureCode(error) === 'ResourceNotFound' ? undefined : failed('read')(error);
      }
    },
    async *list(partition: string, { from, to }: { from: string; to: string }): AsyncGenerator<Entity> {
      const filter = odata`PartitionKey eq ${partition} and RowKey ge ${from} and RowKey lt ${to}`;
      try {
        yield* client.listEntities<Record<string, unknown>>({ queryOptions: { filter } }) as AsyncIterable<Entity>;
        noteThere(place);
      } catch (error) {
        await failed('list')(error);
      }
    },
    /** `lost`: it has changed since. */
    remove: async (partitionKey: string, rowKey: string, etag: string): Promise<'removed' | 'lost' | 'absent'> => {
      try {
        await client.deleteEntity(partitionKey, rowKey, { etag });
        return 'removed';
      } catch (error) {
        if (failureCode(error) === 'ResourceNotFound') return 'absent';
        return LOST.includes(failureCode(error)) ? 'lost' : failed('remove')(error);
      }
    },
    /**
     * The new tags in the order of the changes; undefined when the race was lost, `absent` when a row to change or
     * remove is not there.
     */
    commit: async (changes: TransactionAction[]): Promise<readonly string[] | 'absent' | undefined> => {
      try {
        const { subResponses } = await client.submitTransaction(changes);
        noteThere(place);
        return subResponses.map(({ etag }) => etag ?? '');
      } catch (error) {
        if (failureCode(error) === 'ResourceNotFound') return 'absent';
        return LOST.includes(failureCode(error)) ? undefined : failed('write')(error);
      }
    },
  };
}
