import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TableClient } from '@azure/data-tables';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import type { Backfill, BackfillStore } from '../../shared/model.ts';
import { createMemoryBackfills } from '../../shared/state/backfills-memory.ts';
import { createTableBackfills } from '../../shared/state/backfills-table.ts';

const at = Date.UTC(2026, 0, 1);
const backfill: Backfill = {
  id: '20260101t000000-1a2b',
  app: 'shop',
  signals: ['requests', 'traces'],
  start: at,
  end: at + 86_400_000,
  choice: 'failed',
  concurrency: 2,
  state: 'running',
  begunAt: at + 1,
  window: 3_600_000,
  day: at,
  signal: 1,
  next: at + 7_200_000,
  slots: [
    { turn: 3, at: at + 2 },
    { turn: 4, at: at + 3 },
  ],
  taken: 7,
};

/** What both do. `open`: another lake with each call, and each of its answers another instance. */
function backfillsContract(name: string, open: () => Promise<() => BackfillStore>) {
  test(`backfills contract: ${name}`, async () => {
    const reopen = await open();
    const [one, other] = [reopen(), reopen()];
    assert.equal(await one.read(backfill.id), undefined);
    const etag = await one.write(backfill, undefined);
    assert.ok(etag);
    assert.equal(await other.write(backfill, undefined), undefined, 'it is there');
    assert.deepEqual(await other.read(backfill.id), { value: backfill, etag });
    const later: Backfill = { ...backfill, id: '20260102t000000-0000', begunAt: at + 86_400_000, state: 'done' };
    assert.ok(await other.write(later, undefined));
    assert.ok(await other.write({ ...backfill, state: 'paused', roomless: 3 }, etag));
    assert.equal(await one.write(backfill, etag), undefined, 'changed since');
    assert.deepEqual(await Array.fromAsync(one.list()), [{ ...backfill, state: 'paused', roomless: 3 }, later]);
  });
}

backfillsContract('memory', async () => {
  const store = createMemoryBackfills();
  return () => store;
});

describe('in a table', () => {
  let azurite: Azurite;
  before(async () => {
    azurite = await startAzurite({ inMemory: true });
  });
  after(() => azurite.close());
  let [tables, words] = [0, 0];
  backfillsContract('table', async () => {
    const client = TableClient.fromConnectionString(azurite.connectionString, `backfills${++tables}`, {
      allowInsecureConnection: true,
    });
    await client.createTable();
    return () => createTableBackfills({ client, lakeId: 'lake', newId: () => `${++words}` });
  });
});
