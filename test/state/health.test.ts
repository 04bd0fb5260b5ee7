import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TableClient } from '@azure/data-tables';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import type { HealthStore, LakeHealth } from '../../shared/model.ts';
import { createMemoryHealth } from '../../shared/state/health-memory.ts';
import { createTableHealth } from '../../shared/state/health-table.ts';

const health: LakeHealth = {
  state: 'paused',
  since: 1_790_000_000_123,
  by: 'hand',
  reason: 'we move the account',
  probes: 3,
  probeAfter: 1_790_000_100_000,
  commits: [
    { at: 1_789_999_999_001, ok: true },
    { at: 1_789_999_999_002, ok: false },
  ],
};

/** What both do. `open`: another lake with each call, and each of its answers another instance. */
function healthContract(name: string, open: () => Promise<() => HealthStore>) {
  test(`health contract: ${name}: written over what has not changed only, and read by all`, async () => {
    const reopen = await open();
    const [one, other] = [reopen(), reopen()];
    assert.equal(await one.read(), undefined);
    const etag = await one.write(health, undefined);
    assert.ok(etag);
    assert.equal(await other.write({ ...health, state: 'active' }, undefined), undefined, 'it is there');
    assert.deepEqual(await other.read(), { value: health, etag });
    const fresh: LakeHealth = { ...health, state: 'active', since: 0, by: 'itself', reason: '', commits: [] };
    const next = await other.write(fresh, etag);
    assert.ok(next);
    assert.equal(await one.write(health, etag), undefined, 'changed since');
    assert.deepEqual(await one.read(), { value: fresh, etag: next });
  });
}

healthContract('memory', async () => {
  const store = createMemoryHealth();
  return () => store;
});

describe('in a table', () => {
  let azurite: Azurite;
  before(async () => {
    azurite = await startAzurite({ inMemory: true });
  });
  after(() => azurite.close());
  let [tables, words] = [0, 0];
  const client = (table: string) =>
    TableClient.fromConnectionString(azurite.connectionString, table, { allowInsecureConnection: true });
  healthContract('table', async () => {
    const table = `health${++tables}`;
    await client(table).createTable();
    return () => createTableHealth({ client: client(table), lakeId: 'lake', newId: () => `${++words}` });
  });

  test('each lake has its own, and a newer version of it is not touched', async () => {
    const table = client(`health${++tables}`);
    await table.createTable();
    const of = (lakeId: string) => createTableHealth({ client: table, lakeId, newId: () => `${++words}` });
    assert.ok(await of('one').write(health, undefined));
    assert.equal(await of('other').read(), undefined);
    await table.upsertEntity({ partitionKey: 'other', rowKey: 'health', stateVersion: 99 }, 'Replace');
    await assert.rejects(of('other').read(), /newer version/);
  });
});
