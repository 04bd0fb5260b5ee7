import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TableClient } from '@azure/data-tables';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import type { Seats } from '../../shared/model.ts';
import { createMemorySeats } from '../../shared/state/seats-memory.ts';
import { createTableSeats } from '../../shared/state/seats-table.ts';

/** What both do. */
function seatsContract(name: string, open: () => Promise<() => Seats>) {
  describe(`seats contract: ${name}`, () => {
    test('a seat is written over what has not changed only, and read by all', async () => {
      const reopen = await open();
      const [one, other] = [reopen(), reopen()];
      assert.deepEqual(await one.read(), { seats: new Map(), restUntil: 0 });
      const seat = { holder: 'a', until: 1_790_000_000_123, used: [1_789_999_999_001, 1_789_999_999_002] };
      const etag = await one.write(3, seat, undefined);
      assert.ok(etag);
      assert.equal(await other.write(3, { ...seat, holder: 'b' }, undefined), undefined, 'it is there');
      assert.deepEqual((await other.read()).seats, new Map([[3, { value: seat, etag }]]));
      const free = { holder: '', until: 0, used: [] };
      const next = await other.write(3, free, etag);
      assert.ok(next);
      assert.equal(await one.write(3, seat, etag), undefined, 'changed since');
      assert.ok(await one.write(10, seat, undefined));
      const { seats } = await one.read();
      assert.deepEqual([...seats.keys()].sort(), [10, 3]);
      assert.deepEqual(seats.get(3), { value: free, etag: next });
    });

    test('all rest until the latest that any was told', async () => {
      const reopen = await open();
      await reopen().rest(1_790_000_000_000);
      await reopen().rest(1_780_000_000_000);
      assert.equal((await reopen().read()).restUntil, 1_790_000_000_000);
      await reopen().rest(1_790_000_000_001);
      assert.equal((await reopen().read()).restUntil, 1_790_000_000_001);
    });
  });
}

seatsContract('memory', async () => {
  const seats = createMemorySeats();
  return () => seats;
});

describe('in a table', () => {
  let azurite: Azurite;
  before(async () => {
    azurite = await startAzurite({ inMemory: true });
  });
  after(() => azurite.close());
  let tables = 0;
  seatsContract('table', async () => {
    const table = `seats${++tables}`;
    const client = () =>
      TableClient.fromConnectionString(azurite.connectionString, table, { allowInsecureConnection: true });
    await client().createTable();
    return () => createTableSeats(client());
  });
});
