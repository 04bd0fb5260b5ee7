/** What Azurite cannot do: refusals and hiccups of the real service, from a server that plays them. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHttpHeaders } from '@azure/core-rest-pipeline';
import { AnonymousCredential, ContainerClient } from '@azure/storage-blob';
import { createContainerStore } from '../../shared/lake/store-container.ts';
import { createStorageHttp } from '../../shared/net/storage-http.ts';

interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly body?: string;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly ifMatch: string | undefined;
  readonly body: string;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  return Buffer.concat(await Array.fromAsync(request)).toString();
}

/** Runs `use` against a store whose service gives the answers of `answer`. */
async function played<T>(
  answer: (request: Request, n: number) => Answer,
  use: (store: ReturnType<typeof createContainerStore>) => Promise<T>,
): Promise<T> {
  let n = 0;
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const received = await bodyOf(request).catch(() => undefined);
    // The client gave up on it.
    if (received === undefined) return;
    const {
      status,
      code,
      body = '',
    } = answer({ method, path: url, ifMatch: headers['if-match'], body: received }, n++);
    if (code) response.setHeader('x-ms-error-code', code);
    response.setHeader('etag', `"0x${n}"`).setHeader('content-type', 'application/xml');
    response.writeHead(status).end(method === 'HEAD' || body === '' ? undefined : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  try {
    const client = new ContainerClient(`http://127.0.0.1:${address.port}/account/lake`, new AnonymousCredential(), {
      retryOptions: { maxTries: 3, retryDelayInMs: 1, maxRetryDelayInMs: 2 },
    });
    return await use(createContainerStore({ client, prefix: '', newId: () => 'id' }));
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test('prepare recognises a container that cannot be overwritten', async () => {
  const answer = ({ method, ifMatch }: Request): Answer => {
    if (method === 'HEAD') return { status: 404, code: 'BlobNotFound' };
    return ifMatch === undefined ? { status: 201 } : { status: 409, code: 'BlobImmutableDueToPolicy' };
  };
  await played(answer, async (store) => {
    await assert.rejects(store.prepare(), {
      code: 'BlobImmutableDueToPolicy',
      message: /^prepare .*lake\/: the container must let blobs be overwritten: remove/,
    });
  });
});

test('prepare says which role is missing, also where the container is not there and must not be created', async () => {
  const refused: Answer = { status: 403, code: 'AuthorizationPermissionMismatch' };
  await played(
    () => refused,
    (store) =>
      assert.rejects(store.prepare(), {
        message: /^prepare .*: not allowed; check the container’s name and give .* role Storage Blob Data Contributor/,
      }),
  );
  await played(
    ({ path }) => (path.includes('restype=container') ? refused : { status: 404, code: 'ContainerNotFound' }),
    (store) =>
      assert.rejects(store.prepare(), {
        code: 'ContainerNotFound',
        message: /^prepare .*: there is no such container; check its name, or create it/,
      }),
  );
});

test('a put that the service has us repeat sends all bytes again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'put-'));
  await writeFile(join(folder, 'a'), 'hello ');
  await writeFile(join(folder, 'b'), 'world');
  const bodies: string[] = [];
  const answer = ({ body }: Request, n: number): Answer => {
    bodies.push(body);
    return n < 2 ? { status: 503, code: 'ServerBusy' } : { status: 201 };
  };
  const content = { files: [join(folder, 'a'), join(folder, 'b')], bytes: 11 };
  assert.equal(await played(answer, (store) => store.put('x', content, undefined)), '0x3');
  assert.deepEqual(bodies, ['hello world', 'hello world', 'hello world']);
  await rm(folder, { recursive: true });
});

test('lost races are lost races, other refusals are not', async () => {
  const table: [Answer, boolean][] = [
    [{ status: 412, code: 'ConditionNotMet' }, true],
    [{ status: 412 }, true],
    [{ status: 409, code: 'BlobAlreadyExists' }, true],
    [{ status: 400, code: 'InvalidBlockList' }, true],
    [{ status: 412, code: 'LeaseIdMissing' }, false],
    [{ status: 409, code: 'BlobImmutableDueToPolicy' }, false],
    [{ status: 409, code: 'InvalidBlobType' }, false],
    [{ status: 400, code: 'InvalidHeaderValue' }, false],
    [{ status: 404, code: 'ContainerNotFound' }, false],
  ];
  for (const [answer, lost] of table) {
    await played(
      () => answer,
      async (store) => {
        const put = store.put('x', new Uint8Array(1), 'tag');
        if (lost) assert.equal(await put, undefined, answer.code);
        else await assert.rejects(put, { code: answer.code });
      },
    );
  }
});

test('list and folders go through all pages', async () => {
  const blob = (name: string) =>
    `<Blob><Name>${name}</Name><Properties><Etag>0x1</Etag><Content-Length>1</Content-Length></Properties></Blob>`;
  const folder = (name: string) => `<BlobPrefix><Name>${name}</Name></BlobPrefix>`;
  const page = (blobs: string, marker: string): Answer => {
    return {
      status: 200,
      body: `<EnumerationResults><Blobs>${blobs}</Blobs><NextMarker>${marker}</NextMarker></EnumerationResults>`,
    };
  };
  const answer = ({ path }: Request): Answer => {
    const one = path.includes('delimiter') ? folder : blob;
    if (path.includes('marker=third')) return page(one('c/'), '');
    return path.includes('marker=second') ? page('', 'third') : page(one('a/') + one('b/'), 'second');
  };
  await played(answer, async (store) => {
    assert.deepEqual(
      (await Array.fromAsync(store.list(''))).map(({ name }) => name),
      ['a/', 'b/', 'c/'],
    );
    assert.deepEqual(await Array.fromAsync(store.folders('')), ['a/', 'b/', 'c/']);
  });
});

test('when one block fails, the rest are not sent', async () => {
  let blocks = 0;
  const answer = (): Answer => {
    blocks += 1;
    return { status: 403, code: 'AuthorizationPermissionMismatch' };
  };
  await played(answer, (store) =>
    assert.rejects(store.put('x', new Uint8Array(200 * 1024 * 1024), undefined), {
      code: 'AuthorizationPermissionMismatch',
    }),
  );
  assert.ok(blocks <= 4, `${blocks}`);
});

test('on OneLake, whose containers are workspaces, none is created', async () => {
  const asked: string[] = [];
  const client = new ContainerClient('https://onelake.blob.fabric.microsoft.com/workspace', new AnonymousCredential(), {
    httpClient: createStorageHttp({
      sendRequest: async (request) => {
        asked.push(`${request.method} ${new URL(request.url).search}`);
        const headers = createHttpHeaders({ 'x-ms-error-code': 'ContainerNotFound' });
        return { request, status: 404, headers, bodyAsText: '' };
      },
    }),
  });
  await assert.rejects(createContainerStore({ client, prefix: 'lake.Lakehouse/Files', newId: () => 'id' }).prepare());
  assert.deepEqual(
    asked.filter((each) => /restype=container/.test(each)),
    [],
  );
  assert.ok(asked.length > 0);
});
