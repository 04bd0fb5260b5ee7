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
  const get = async (partitionKey: string, rowKey: string, select?: string[]): Promise<Entity | undefined> => {
    try {
      const found = await client.getEntity(partitionKey, rowKey, select ? { queryOptions: { select } } : {});
      noteThere(place);
      return found;
    } catch (error) {
      return failureCode(error) === 'ResourceNotFound' ? undefined : failed('read')(error);
    }
  };
  const commit = async (changes: TransactionAction[]): Promise<readonly string[] | 'absent' | undefined> => {
    try {
      const { subResponses } = await client.submitTransaction(changes);
      noteThere(place);
      return subResponses.map(({ etag }) => etag ?? '');
    } catch (error) {
      if (failureCode(error) === 'ResourceNotFound') return 'absent';
      return LOST.includes(failureCode(error)) ? undefined : failed('write')(error);
    }
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
    get,
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
    commit,
    /**
     * The same, for changes whose first one writes the row that decides. `wrote`: a word that was never used before,
     * by which a write is told that was done although its answer said otherwise, or never came. `alone`: no other
     * change has a condition, so that a race over a row that stands as it was known is none, but a refusal. `lost`:
     * hears what stands there in its place; left out: nobody asks for all of it.
     */
    decide: async (
      [[kind, row, ...rest], ...others]: readonly [TransactionAction, ...TransactionAction[]],
      wrote: string,
      alone = true,
      lost?: (stands: Entity) => void,
    ): Promise<readonly string[] | 'absent' | undefined> => {
      const changes = [[kind, { ...row, wrote }, ...rest] as TransactionAction, ...others];
      for (let tries = 1; ; tries++) {
        const tags = await commit(changes);
        if (Array.isArray(tags)) return tags;
        const stands = await get(row.partitionKey, row.rowKey, lost === undefined ? ['wrote'] : undefined);
        if (stands?.wrote === wrote) return [stands.etag];
        if (alone && tags === undefined && stands?.etag === tagOf(rest)) {
          // Once it may be a row beside it, which another transaction was putting at that moment.
          if (tries === 1) continue;
          await failed('write')(unmoved());
        }
        if (stands !== undefined) lost?.(stands);
        return tags;
      }
    },
  };
}

/** The tag that a change wants to find. */
const tagOf = ([, options]: readonly unknown[]): string | undefined =>
  typeof options === 'object' && options !== null && 'etag' in options ? String(options.etag) : undefined;

const unmoved = (): Error =>
  Object.assign(new Error('refused as if somebody else had changed it, which nobody has; it is tried again'), {
    code: 'UpdateConditionNotSatisfied',
  });

/** A row that is new, where no tag is known, or takes the place of the one that has it. */
export const replacement = (entity: Keys & Record<string, unknown>, etag: string | undefined): TransactionAction =>
  etag === undefined ? ['create', entity] : ['update', entity, 'Replace', { etag }];

export const firstOf = (tags: readonly string[] | 'absent' | undefined): string | undefined =>
  Array.isArray(tags) ? tags[0] : undefined;
