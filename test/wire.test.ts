import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ContainerClient } from '@azure/storage-blob';
import { type Azurite, startAzurite } from '../local/azurite.ts';
import { parseConfig } from '../shared/config.ts';
import { wire } from '../shared/wire.ts';

describe('the app put together', () => {
  let azurite: Azurite;
  let folder: string;
  before(async () => {
    azurite = await startAzurite({ inMemory: true });
    folder = await mkdtemp(join(tmpdir(), 'wire-'));
  });
  after(async () => {
    await azurite.close();
    await rm(folder, { recursive: true, force: true });
  });

  const settings = (more: Record<string, string>) =>
    parseConfig({
      AzureWebJobsStorage: azurite.connectionString,
      ExportStorage: azurite.connectionString,
      EXPORT_CONTAINER: 'exports',
      APP_NAME: 'shop',
      APP_ID: '00000000-0000-0000-0000-000000000001',
      QUERY_ENDPOINT: 'http://127.0.0.1:9',
      QUERY_FROM: '2024-03-01',
      LAKE_FOLDER: join(folder, 'lake'),
      ...more,
    });
  const blob = `shop_${'0'.repeat(32)}/Requests/2024-03-02/10/a_20240302_100500.blob`;
  const record =
    '{"request":[{"id":"1","name":"GET"}],' +
    '"context":{"data":{"eventTime":"2024-03-02T10:04:00Z"}},"internal":{"data":{"id":"a"}}}\n';

  test('an app whose blobs arrive must not be queried for the same time', async () => {
    const container = new ContainerClient(azurite.connectionString, 'exports');
    await container.createIfNotExists();
    await container.getBlockBlobClient(blob).upload(record, record.length);

    const twice = await wire(settings({})).arrive(blob);
    assert.equal(twice?.state, 'failed');
    assert.match(twice?.error ?? '', /requests of app shop would come twice/);

    const apart = await wire(
      settings({ QUERY_FROM: '2024-04-01', EXPORT_UNTIL: '2024-04-01', LAKE_FOLDER: join(folder, 'other') }),
    ).arrive(blob);
    assert.deepEqual([apart?.state, apart?.counts.written], ['done', 1]);
  });

  test('conditions that are none: no call does anything, and each is named', async () => {
    const shape = { requests: { where: 'succes' }, traces: { where: 'severityLevel' } };
    const app = wire(
      settings({
        INSIGHTS_LAKE_CONFIG: JSON.stringify({ shape }),
        QUERY_FROM: '2024-04-01',
        EXPORT_UNTIL: '2024-04-01',
      }),
    );
    const message = [
      'settings: 2 are wrong',
      '- shape.requests.where must be a KQL condition on the columns of requests: there is no column succes (at ' +
        'character 1: succes); it is "succes"',
      '- shape.traces.where must be a KQL condition on the columns of traces: The expression must have the type ' +
        'bool (at character 1: severityLevel); it is "severityLevel"',
    ].join('\n');
    for (let time = 0; time < 2; time++) await assert.rejects(app.plan(), { message });
  });

  test('an event is in the ledger before the lake is looked for: a lake away is tried again', async () => {
    const container = new ContainerClient(azurite.connectionString, 'exports');
    await container.createIfNotExists();
    await container.getBlockBlobClient(blob).upload(record, record.length);
    const file = join(folder, 'no-folder');
    const apart = { QUERY_FROM: '2024-04-01', EXPORT_UNTIL: '2024-04-01', STATE_TABLE: 'lakeaway' };
    const app = () => wire(settings({ ...apart, LAKE_FOLDER: join(file, 'lake') }));
    await writeFile(file, 'in the way of a lake');
    const first = await app().arrive(blob);
    assert.ok(first);
    const states = [first.state];
    for (let time = 1; time < 5; time++) states.push((await app().arrive(blob))?.state ?? 'unknown');
    assert.deepEqual(
      states,
      ['failed', 'early', 'early', 'early', 'early'],
      'one failure, and nothing for the poison queue',
    );
    await rm(file);
    const back = app();
    const all = { start: Date.UTC(2024, 0), end: Date.UTC(2025, 0), app: '', signals: [] };
    assert.equal((await back.requeue(all)).failed, 1, 'the window is known, without the sweep');
    const outcome = await back.run(first.window);
    assert.deepEqual([outcome.state, outcome.counts.written], ['done', 1]);
  });

  test('what is no blob of an export is left alone', async () => {
    assert.equal(await wire(settings({})).arrive('notes/readme.txt'), undefined);
  });
});
