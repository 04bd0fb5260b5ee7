import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { startAzurite } from '../../local/azurite.ts';

test('several at once; each answers at its addresses; a folder keeps its data', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'azurite-test-'));
  await using ends = new AsyncDisposableStack();
  ends.defer(() => rm(folder, { recursive: true, force: true }));
  const [one, two] = await Promise.all([startAzurite({ folder }), startAzurite()]);
  for (const each of [one, two]) ends.defer(each.close);
  await BlobServiceClient.fromConnectionString(one.connectionString).createContainer('kept');
  await TableClient.fromConnectionString(one.connectionString, 'kept', { allowInsecureConnection: true }).createTable();
  await new QueueClient(one.connectionString, 'kept').create();
  assert.equal(
    (await Array.fromAsync(BlobServiceClient.fromConnectionString(two.connectionString).listContainers())).length,
    0,
  );
  for (const url of [one.blobUrl, one.queueUrl, one.tableUrl])
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/devstoreaccount1$/);
  await Promise.all([one.close(), two.close()]);
  await one.close();

  const again = await startAzurite({ folder });
  ends.defer(again.close);
  const containers = await Array.fromAsync(
    BlobServiceClient.fromConnectionString(again.connectionString).listContainers(),
  );
  assert.deepEqual(
    containers.map(({ name }) => name),
    ['kept'],
  );
  assert.equal((await new QueueClient(again.connectionString, 'kept').getProperties()).approximateMessagesCount, 0);
});

test('it ends with the process that started it, however that ends', async (t) => {
  const script = `
    const { startAzurite } = await import(${JSON.stringify(new URL('../../local/azurite.ts', import.meta.url).href)});
    console.log((await startAzurite()).blobUrl);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => parent.kill('SIGKILL'));
  const [said] = await once(parent.stdout, 'data');
  const url = String(said).trim();
  assert.ok((await fetch(`${url}?comp=list`)).status >= 400);
  parent.kill('SIGKILL');
  // Until its port is closed; a runner that never sees that fails by its own limit.
  while (await fetch(url).then(Boolean, () => false)) await sleep(20);
});
