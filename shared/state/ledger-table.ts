/** The ledger in Table Storage. */
import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { failureCode, failureStatus } from '../lake/failure.ts';
import type { DriftSighting, Feed, Ledger, LedgerEntry, Millis, Progress } from '../model.ts';
import { driftOf, driftRecord } from './drift-record.ts';
import { COMMON_VERSION, checkStateVersion, isOpen, readTime, spellTime } from './entry-record.ts';
import { stateFailure } from './state-failure.ts';
import * as rows from './table-entities.ts';

export interface TableLedgerOptions {
  readonly client: TableClient;
  /** Names the lake: several can keep their ledgers in one table. */
  readonly lakeId: string;
}

type Entity = Readonly<Record<string, unknown>> & { readonly etag: string };

/** A transaction holds 100 changes: progress, and for each window an entry and its copy. */
const MAX_PLANNED = 40;

/** Every failure is a StoreFailure. A call that the SDK repeated after a lost answer can look like a lost race; that does no harm. */
export function createTableLedger({ client, lakeId }: TableLedgerOptions): Ledger {
  const table = tableCalls(client);
  const registered = new Set<string>();
  const sighted = new Set<string>();

  /** Before its first entry, so that no feed with entries is missed. */
  const register = async (feed: Feed) => {
    const keys = { partitionKey: rows.lakePartition(lakeId), rowKey: rows.feedRow(feed) };
    if (registered.has(keys.rowKey)) return;
    const { app, signal, source } = feed;
    await table.upsert({ ...keys, app, signal, source, stateVersion: COMMON_VERSION });
    registered.add(keys.rowKey);
  };
  const entries = async function* (feed: Feed, kind: 'w' | 'o', range: Parameters<Ledger['list']>[1] = {}) {
    for await (const entity of table.list(rows.feedPartition(lakeId, feed), rows.rowRange(kind, range)))
      yield rows.entityEntry(entity);
  };

  return {
    prepare: () =>
      table.prepare({ partitionKey: rows.lakePartition(lakeId), rowKey: rows.LAKE_ROW, stateVersion: COMMON_VERSION }),
    read: async (window) => {
      const entity = await table.get(rows.feedPartition(lakeId, window), rows.windowRow(window));
      return entity && { value: rows.entityEntry(entity), etag: entity.etag };
    },
    write: async (entry, etag) => {
      await register(entry.window);
      const changes = entryChanges(rows.feedPartition(lakeId, entry.window), entry, etag);
      const tags = await table.commit(changes);
      if (tags !== 'absent') return tags?.[0];
      // It was closed before, so there is no copy to remove: the entry alone. Its tag still guards it.
      return changes.length === 1 || isOpen(entry) ? undefined : firstOf(await table.commit(changes.slice(0, 1)));
    },
    halve: async (entry, etag, halves) => {
      const partition = rows.feedPartition(lakeId, entry.window);
      const added = halves.flatMap((half) => entryChanges(partition, half, undefined));
      const tags = await table.commit([...entryChanges(partition, entry, etag), ...added]);
      return tags === 'absent' ? undefined : tags?.[0];
    },
    list: (feed, range) => entries(feed, 'w', range),
    open: (feed) => entries(feed, 'o'),
    progress: async (feed) => {
      const entity = await table.get(rows.feedPartition(lakeId, feed), rows.PROGRESS_ROW);
      if (!entity) return undefined;
      checkStateVersion(entity);
      return { value: { horizon: readTime(entity.horizon), watermark: readTime(entity.watermark) }, etag: entity.etag };
    },
    plan: async (feed, progress, etag, planned) => {
      if (planned.length > MAX_PLANNED)
        throw new Error(`plan ${planned.length} windows: at most ${MAX_PLANNED} at once`);
      await register(feed);
      const partition = rows.feedPartition(lakeId, feed);
      const changes = planned.flatMap((entry) => entryChanges(partition, entry, undefined));
      return Array.isArray(await table.commit([progressChange(partition, progress, etag), ...changes]));
    },
    async *feeds() {
      for await (const { app, signal, source } of table.list(rows.lakePartition(lakeId), rows.rowRange('f'))) {
        yield { app: String(app), signal: signal as Feed['signal'], source: String(source) };
      }
    },
    recordDrift: async (seen) => {
      const fresh: DriftSighting[] = [];
      for (const each of seen) {
        const keys = { partitionKey: rows.lakePartition(lakeId), rowKey: rows.driftRow(each) };
        if (sighted.has(keys.rowKey)) continue;
        if (Array.isArray(await table.commit([['create', { ...keys, ...driftRecord(each) }]]))) fresh.push(each);
        sighted.add(keys.rowKey);
      }
      return fresh;
    },
    async *drift() {
      for await (const entity of table.list(rows.lakePartition(lakeId), rows.rowRange('d'))) yield driftOf(entity);
    },
    swept: async () => {
      const found = await table.get(rows.lakePartition(lakeId), rows.SWEPT_ROW);
      return found && readTime(found.sweptAt);
    },
    recordSweep: async (at) => {
      for (;;) {
        const keys = { partitionKey: rows.lakePartition(lakeId), rowKey: rows.SWEPT_ROW };
        const found = await table.get(keys.partitionKey, keys.rowKey);
        if (found !== undefined && readTime(found.sweptAt) >= at) return;
        if (Array.isArray(await table.commit([sweptChange(keys, at, found?.etag)]))) return;
      }
    },
  };
}

/** An entry, and the copy of it that there is as long as it is open. */
function entryChanges(partitionKey: string, entry: LedgerEntry, etag: string | undefined): TransactionAction[] {
  const entity = rows.entryEntity({ partitionKey, rowKey: rows.windowRow(entry.window) }, entry);
  const copy = { partitionKey, rowKey: rows.openRow(entry.window) };
  // Merged, so that properties of a newer version survive.
  const change: TransactionAction = etag === undefined ? ['create', entity] : ['update', entity, 'Merge', { etag }];
  if (isOpen(entry)) return [change, ['upsert', { ...entity, ...copy }, 'Replace']];
  return etag === undefined ? [change] : [change, ['delete', copy]];
}

function progressChange(
  partitionKey: string,
  { horizon, watermark }: Progress,
  etag: string | undefined,
): TransactionAction {
  const times = { horizon: spellTime(horizon), watermark: spellTime(watermark) };
  const entity = { partitionKey, rowKey: rows.PROGRESS_ROW, stateVersion: COMMON_VERSION, ...times };
  return etag === undefined ? ['create', entity] : ['update', entity, 'Merge', { etag }];
}

function sweptChange(keys: rows.Keys, at: Millis, etag: string | undefined): TransactionAction {
  const entity = { ...keys, stateVersion: COMMON_VERSION, sweptAt: spellTime(at) };
  return etag === undefined ? ['create', entity] : ['update', entity, 'Merge', { etag }];
}

const firstOf = (tags: readonly string[] | 'absent' | undefined): string | undefined =>
  Array.isArray(tags) ? tags[0] : undefined;

/** The calls to the table that the ledger makes, their failures made plain. */
function tableCalls(client: TableClient) {
  const place = `table ${client.url.replace(/\?.*$/s, '')}/${client.tableName}`;
  const failed = (doing: string) => (error: unknown) =>
    Promise.reject(stateFailure('table', `${doing} ${place}`, error));
  const upsert = (entity: rows.Keys & Record<string, unknown>) => client.upsertEntity(entity, 'Merge');

  return {
    upsert: (entity: rows.Keys & Record<string, unknown>) => upsert(entity).catch(failed('write')),
    /** Who may write need not be allowed to create tables: so it is created only where it is missing. */
    prepare: async (entity: rows.Keys & Record<string, unknown>): Promise<void> => {
      try {
        await upsert(entity).catch(async (error) => {
          if (failureCode(error) !== 'TableNotFound') throw error;
          await client.createTable();
          await upsert(entity);
        });
      } catch (error) {
        throw stateFailure('table', `prepare ${place}`, error);
      }
    },
    get: async (partitionKey: string, rowKey: string): Promise<Entity | undefined> => {
      try {
        return await client.getEntity(partitionKey, rowKey);
      } catch (error) {
        return failureCode(error) === 'ResourceNotFound' ? undefined : failed('read')(error);
      }
    },
    async *list(partition: string, { from, to }: { from: string; to: string }): AsyncGenerator<Entity> {
      const filter = odata`PartitionKey eq ${partition} and RowKey ge ${from} and RowKey lt ${to}`;
      try {
        yield* client.listEntities<Record<string, unknown>>({ queryOptions: { filter } }) as AsyncIterable<Entity>;
      } catch (error) {
        await failed('list')(error);
      }
    },
    /** The new tags in the order of the changes; undefined when the race was lost, `absent` when a row to change or remove is not there. */
    commit: async (changes: TransactionAction[]): Promise<readonly string[] | 'absent' | undefined> => {
      try {
        const { subResponses } = await client.submitTransaction(changes);
        return subResponses.map(({ etag }) => etag ?? '');
      } catch (error) {
        if (failureCode(error) === 'ResourceNotFound') return 'absent';
        const lost = [409, 412].includes(failureStatus(error)) && failureCode(error) !== 'TableBeingDeleted';
        return lost ? undefined : failed('write')(error);
      }
    },
  };
}
