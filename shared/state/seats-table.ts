/** The seats of a budget in Table Storage: a partition of a few rows, the same for all that share the table. */
import type { TableClient } from '@azure/data-tables';
import type { Seat, Seats, Versioned } from '../model.ts';
import { COMMON_VERSION, readTime, spellTime } from './entry-record.ts';
import { type Entity, firstOf, replacement, tableCalls } from './table-calls.ts';

const [SEAT, REST] = ['seat|', 'rest'];

/** No lake is called as these partitions are: theirs are twelve hexadecimal digits. */
export function createTableSeats(client: TableClient, partitionKey: 'budget' | 'budget-basic' = 'budget'): Seats {
  const table = tableCalls(client);
  return {
    read: async () => {
      const seats = new Map<number, Versioned<Seat>>();
      let restUntil = 0;
      for await (const entity of table.list(partitionKey, { from: REST, to: `${SEAT}~` })) {
        if (entity.rowKey === REST) restUntil = readTime(entity.until);
        else seats.set(Number(String(entity.rowKey).slice(SEAT.length)), { value: seatOf(entity), etag: entity.etag });
      }
      return { seats, restUntil };
    },
    write: async (number, { holder, until, used }, etag) => {
      const times = { until: spellTime(until), used: JSON.stringify(used) };
      const entity = { partitionKey, rowKey: `${SEAT}${number}`, stateVersion: COMMON_VERSION, holder, ...times };
      return firstOf(await table.commit([replacement(entity, etag)]));
    },
    rest: async (until) => {
      const known = await table.get(partitionKey, REST);
      if (known !== undefined && readTime(known.until) >= until) return;
      await table.upsert({ partitionKey, rowKey: REST, stateVersion: COMMON_VERSION, until: spellTime(until) });
    },
  };
}

const seatOf = ({ holder, until, used }: Entity): Seat => ({
  holder: String(holder),
  until: readTime(until),
  used: JSON.parse(String(used ?? '[]')),
});
