/** The changes of rows that writes of the ledger are made of. Pure. */
import type { TransactionAction } from '@azure/data-tables';
import type { Interval, LedgerEntry, LedgerMark, Millis, Progress, Versioned } from '../model.ts';
import { COMMON_VERSION, isWatched, spellTime, toProgress } from './entry-record.ts';
import { markRecord } from './mark-record.ts';
import type { Entity } from './table-calls.ts';
import * as rows from './table-entities.ts';

/** An entry, and the copy of it that there is as long as `open` lists it. */
export function entryChanges(partitionKey: string, entry: LedgerEntry, etag: string | undefined): TransactionAction[] {
  const entity = rows.entryEntity({ partitionKey, rowKey: rows.windowRow(entry.window) }, entry);
  const copy = { partitionKey, rowKey: rows.openRow(entry.window) };
  // Merged, so that properties of a newer version survive.
  const change: TransactionAction = etag === undefined ? ['create', entity] : ['update', entity, 'Merge', { etag }];
  if (isWatched(entry)) return [change, ['upsert', { ...entity, ...copy }, 'Replace']];
  return etag === undefined ? [change] : [change, ['delete', copy]];
}

/** The copy's tag guards both: whatever changes an open entry changes its copy. */
export function hintChanges(partitionKey: string, window: Interval, at: Millis, etag: string): TransactionAction[] {
  const hintedAt = spellTime(at);
  return [
    ['update', { partitionKey, rowKey: rows.openRow(window), hintedAt }, 'Merge', { etag }],
    ['update', { partitionKey, rowKey: rows.windowRow(window), hintedAt }, 'Merge', { etag: '*' }],
  ];
}

export function progressIn(entity: Entity): Versioned<Progress> {
  return { value: toProgress(entity), etag: entity.etag };
}

export function progressChange(
  partitionKey: string,
  { horizon, watermark, regaining = false, origin = '' }: Progress,
  etag: string | undefined,
): TransactionAction {
  const times = { horizon: spellTime(horizon), watermark: spellTime(watermark), regaining, origin };
  const entity = { partitionKey, rowKey: rows.PROGRESS_ROW, stateVersion: COMMON_VERSION, ...times };
  return etag === undefined ? ['create', entity] : ['update', entity, 'Merge', { etag }];
}

export function sweptChange(keys: rows.Keys, at: Millis, etag: string | undefined): TransactionAction {
  const entity = { ...keys, stateVersion: COMMON_VERSION, sweptAt: spellTime(at) };
  return etag === undefined ? ['create', entity] : ['update', entity, 'Merge', { etag }];
}

/** Not to be taken for that of a day, which the tally has. */
export function lakeMarkChange(partitionKey: string, mark: LedgerMark, etag: string | undefined): TransactionAction {
  const entity = { partitionKey, rowKey: rows.MARK_ROW, ...markRecord(mark) };
  return etag === undefined ? ['create', entity] : ['update', entity, 'Merge', { etag }];
}
