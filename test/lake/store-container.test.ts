import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  AnonymousCredential,
  BlobServiceClient,
  ContainerClient,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { createContainerStore } from '../../shared/lake/store-container.ts';
import { storeContract, textOf } from '../contracts/store.ts';

let azurite: Azurite;
let containers = 0;
before(async () => {
  azurite = await startAzurite();
});
after(() => azurite.close());

const newContainer = async () => {
  const client = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(
    `test-${++containers}`,
  );
  await client.create();
  return client;
};
const storeIn = (client: ContainerClient, prefix = '') => createContainerStore({ client, prefix, newId: randomUUID });

storeContract('folder of a container of Azurite', { make: async () => storeIn(await newContainer(), '/lake one/ü/') });

describe('container', () => {
  test('a prefix sees and touches nothing else', async () => {
    const client = await newContainer();
    const whole = storeIn(client);
    const part = storeIn(client, 'lake');
    await whole.put('lake2/x', new Uint8Array(1), undefined);
    await part.put('x', new Uint8Array(2), undefined);
    assert.deepEqual(
      (await Array.fromAsync(part.list(''))).map(({ name }) => name),
      ['x'],
    );
    assert.deepEqual(await Array.fromAsync(whole.folders('')), ['lake/', 'lake2/']);
    assert.match(part.place, /^http:\/\/127.*\/test-\d+\/lake\/$/);
  });

  test('prepare creates the container, and proves that it can be overwritten', async () => {
    const client = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('created');
    await Promise.all([storeIn(client).prepare(), storeIn(client, 'p').prepare()]);
    const etag = await storeIn(client).head('_insights-lake/probe');
    await storeIn(client).prepare();
    assert.notEqual(await storeIn(client).head('_insights-lake/probe'), etag);
  });

  test('folder markers are no objects', async () => {
    const client = await newContainer();
    await client.getBlockBlobClient('a').upload('', 0, { metadata: { hdi_isfolder: 'true' } });
    await client.getBlockBlobClient('a/b').upload('x', 1);
    const store = storeIn(client);
    assert.deepEqual(
      (await Array.fromAsync(store.list(''))).map(({ name }) => name),
      ['a/b'],
    );
    await assert.rejects(store.head('a'), /look up .*: there is a folder of this name; /);
  });

  test('blobs of the archive tier are listed, and reading them fails recognisably', async () => {
    const client = await newContainer();
    await client.getBlockBlobClient('old').upload('x', 1, { tier: 'Archive' });
    const [found] = await Array.fromAsync(storeIn(client).list(''));
    assert.equal(found?.archived, true);
    await assert.rejects(textOf(storeIn(client), 'old'), { code: 'BlobArchived' });
  });

  test('blocks that another attempt left behind do no harm', async () => {
    const client = await newContainer();
    const blob = client.getBlockBlobClient('x');
    await blob.stageBlock(Buffer.from(`${randomUUID()}-00000`).toString('base64'), 'stale', 5);
    const store = storeIn(client);
    assert.equal(await store.head('x'), undefined);
    assert.deepEqual(await Array.fromAsync(store.list('')), []);
    const big = new Uint8Array(65 * 1024 * 1024).fill(7);
    assert.ok(await store.put('x', big, undefined));
    assert.equal((await Array.fromAsync(store.list('')))[0]?.bytes, big.byteLength);
  });

  test('failures say what to do and keep secrets', async () => {
    const missing = new ContainerClient(
      `${azurite.blobUrl}/none`,
      new StorageSharedKeyCredential(azurite.account, azurite.key),
    );
    const refused = new ContainerClient(`${azurite.blobUrl}/none?sv=2024-01-01&sig=SECRET`, new AnonymousCredential());
    const nobody = new ContainerClient('http://127.0.0.1:1/account/none?sig=SECRET', new AnonymousCredential(), {
      retryOptions: { maxTries: 1 },
    });
    const badName = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('A_b');
    const cases: [() => Promise<unknown>, string, RegExp][] = [
      [
        () => storeIn(missing).head('x'),
        'ContainerNotFound',
        /^look up http.*\/none\/x: there is no such container; check its name/,
      ],
      [
        () => storeIn(missing).put('x', new Uint8Array(1), undefined),
        'ContainerNotFound',
        /^put http.*\/none\/x: there is no such container/,
      ],
      [
        () => Array.fromAsync(storeIn(missing).list('')),
        'ContainerNotFound',
        /^list http.*\/none\/: there is no such container/,
      ],
      [() => storeIn(refused).prepare(), 'AuthorizationFailure', /^prepare http.*\/none\/: not allowed; .*role/],
      [() => storeIn(nobody).prepare(), 'ECONNREFUSED', /^prepare http.*\/none\/: nothing listens there/],
      [() => storeIn(badName).prepare(), 'InvalidResourceName', /name is not allowed/],
    ];
    for (const [failing, code, message] of cases) {
      const error: unknown = await failing().then(
        () => assert.fail('must fail'),
        (caught) => caught,
      );
      assert.ok(error instanceof Error && 'code' in error);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.doesNotMatch(`${error.message} ${error.stack} ${JSON.stringify(error)}`, /SECRET|\n.*RequestId/);
      assert.equal(error.message.includes('\n'), false);
    }
  });
});
