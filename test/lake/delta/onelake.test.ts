import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDefaultHttpClient } from '@azure/core-rest-pipeline';
import {
  AccountSASPermissions,
  AnonymousCredential,
  ContainerClient,
  generateAccountSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { startAzurite } from '../../../local/azurite.ts';
import { openDeltaLake } from '../../../shared/lake/delta/lake-tables.ts';
import { tableFilePath } from '../../../shared/lake/paths.ts';
import { createContainerStore } from '../../../shared/lake/store-container.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { ObjectStore, Window } from '../../../shared/model.ts';
import { createStorageHttp } from '../../../shared/net/storage-http.ts';

/** OneLake's own address, played by Azurite: what is asked of it from the first look at the lake to a cleaned table. */
test('on OneLake a lake of tables makes and changes nothing but files below its folder', async (t) => {
  const azurite = await startAzurite();
  t.after(() => azurite.close());
  await new ContainerClient(azurite.connectionString, 'workspace').create();
  const sas = generateAccountSASQueryParameters(
    {
      ...{ services: 'b', resourceTypes: 'sco', expiresOn: new Date(Date.now() + 86_400_000) },
      permissions: AccountSASPermissions.parse('rwdlac'),
    },
    new StorageSharedKeyCredential(azurite.account, azurite.key),
  ).toString();
  const asked: string[] = [];
  const plain = createDefaultHttpClient();
  const client = new ContainerClient('https://onelake.blob.fabric.microsoft.com/workspace', new AnonymousCredential(), {
    httpClient: createStorageHttp({
      sendRequest: (request) => {
        const { pathname, search } = new URL(request.url);
        asked.push(`${request.method} ${decodeURIComponent(pathname)}${search}`);
        request.url = `${azurite.blobUrl}${pathname}${search}${search === '' ? '?' : '&'}${sas}`;
        request.allowInsecureConnection = true;
        return plain.sendRequest(request);
      },
    }),
  });
  let ids = 0;
  const folder = 'lake.Lakehouse/Files/telemetry';
  const lake = createContainerStore({ client, prefix: folder, newId: () => `id-${++ids}` });
  let now = 0;
  const tables = openDeltaLake({
    ...{ lake, newId: () => `id-${++ids}`, columns: () => [{ name: 'timestamp', type: 'timestamp' }] },
    clock: { now: () => now, random: () => 0.5, sleep: async () => {} },
  });
  await lake.prepare();
  await tables.prepare();
  const window: Window = { app: 'ä b', signal: 'requests', source: 'query', start: 0, end: 3_600_000 };
  let known: { path: string; signal: 'requests'; rows: number; bytes: number }[] = [];
  for (let revision = 1; revision <= 52; revision++) {
    now += 86_400_000;
    const path = tableFilePath({ window, signal: 'requests', partition: 0, part: 1, revision });
    await lake.put(path, Buffer.from(`${revision}`), undefined);
    const written = [{ path, signal: 'requests' as const, rows: 1, bytes: 2 }];
    await tables.publish({ window, revision, written, known, afterDone: revision > 1 }, async () => {});
    known = written;
  }
  assert.deepEqual([...(await tables.listing('requests')).live.keys()], [known[0]?.path]);
  const changes = asked.filter((each) => !/^(GET|HEAD) /.test(each));
  assert.ok(changes.length > 100 && changes.some((each) => each.includes('_last_checkpoint')), `${changes.length}`);
  assert.deepEqual(
    changes.filter((each) => !each.slice(each.indexOf(' ') + 1).startsWith(`/workspace/${folder}/`)),
    [],
  );
  assert.deepEqual(
    asked.filter((each) => /restype=container/.test(each) && !/^GET .*comp=list/.test(each)),
    [],
    'of the workspace nothing is asked but what lies in the folder',
  );
});

test('where a put that wants nothing there replaces a file, no table is begun', async () => {
  const memory = createMemoryStore();
  const careless: ObjectStore = {
    ...memory,
    put: async (name, content) => memory.put(name, content, await memory.head(name)),
  };
  const clock = { now: () => 0, random: () => 0.5, sleep: async () => {} };
  const open = (lake: ObjectStore) => openDeltaLake({ lake, clock, newId: () => 'id', columns: () => [] });
  for (const probed of [false, true]) {
    if (probed) await careless.prepare();
    await assert.rejects(open(careless).prepare(), /If-None-Match: \* replaced a file.*choose another destination/);
    await open(memory).prepare();
  }
});
