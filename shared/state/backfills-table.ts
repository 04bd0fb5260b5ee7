/** Backfills in Table Storage: a row each, beside those of the lake. */
import type { TableClient } from '@azure/data-tables';
import type { Backfill, BackfillChoice, BackfillState, BackfillStore, Signal } from '../model.ts';
import { COMMON_VERSION, checkStateVersion, readTime, spellTime } from './entry-record.ts';
import { type Entity, firstOf, replacement, tableCalls } from './table-calls.ts';
import { lakePartition } from './table-entities.ts';

const KIND = 'backfill|';

export interface TableBackfillsOptions {
  readonly client: TableClient;
  readonly lakeId: string;
  /** A word that was never used before: tells a write of ours, whose answer was lost, from another's. */
  readonly newId: () => string;
}

/** Identifiers sort by when they begun (`startBackfill`), so the list is in order. */
export function createTableBackfills({ client, lakeId, newId }: TableBackfillsOptions): BackfillStore {
  const table = tableCalls(client);
  const partitionKey = lakePartition(lakeId);
  return {
    read: async (id) => {
      const entity = await table.get(partitionKey, `${KIND}${id}`);
      return entity && { value: backfillOf(entity), etag: entity.etag };
    },
    write: async (backfill, etag) => {
      const entity = { partitionKey, rowKey: `${KIND}${backfill.id}`, ...recordOf(backfill) };
      return firstOf(await table.decide([replacement(entity, etag)], newId()));
    },
    async *list() {
      for await (const entity of table.list(partitionKey, { from: KIND, to: `${KIND}~` })) yield backfillOf(entity);
    },
  };
}

const recordOf = ({
  id,
  app,
  signals,
  choice,
  concurrency,
  state,
  window,
  signal,
  slots,
  taken,
  roomless,
  ...times
}: Backfill) => ({
  ...{ stateVersion: COMMON_VERSION, id, app, choice, concurrency, state, window, signal, taken },
  ...(roomless && { roomless }),
  signals: signals.join(','),
  start: spellTime(times.start),
  end: spellTime(times.end),
  begunAt: spellTime(times.begunAt),
  day: spellTime(times.day),
  next: spellTime(times.next),
  slots: slots.map(({ turn, at }) => `${turn} ${spellTime(at)}`).join(','),
});

function backfillOf(entity: Entity): Backfill {
  checkStateVersion(entity);
  const [word, count] = [(name: string) => String(entity[name] ?? ''), (name: string) => Number(entity[name] ?? 0)];
  return {
    id: word('id'),
    app: word('app'),
    signals: word('signals').split(',') as Signal[],
    start: readTime(entity.start),
    end: readTime(entity.end),
    choice: word('choice') as BackfillChoice,
    concurrency: count('concurrency'),
    state: word('state') as BackfillState,
    begunAt: readTime(entity.begunAt),
    window: count('window'),
    day: readTime(entity.day),
    signal: count('signal'),
    next: readTime(entity.next),
    slots: word('slots')
      .split(',')
      .map((text) => ({ turn: Number(text.split(' ')[0]), at: readTime(text.split(' ')[1]) })),
    taken: count('taken'),
    ...(count('roomless') > 0 && { roomless: count('roomless') }),
  };
}
