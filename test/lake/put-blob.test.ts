import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BlockBlobClient } from '@azure/storage-blob';
import { putBlob } from '../../shared/lake/put-blob.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'put-blob-'));
});
after(() => rm(folder, { recursive: true }));

const MIB = 1024 * 1024;
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('a file of any size is uploaded in the same memory again and again', async () => {
  const bytes = Buffer.from(Uint8Array.from({ length: 1021 }, (_, n) => (n * n) % 251));
  const whole = Buffer.alloc(90 * MIB + 17, bytes);
  const cut = 40 * MIB + 3;
  const files = [join(folder, 'a'), join(folder, 'b')];
  for (const [n, file] of files.entries())
    await writeFile(file, n === 0 ? whole.subarray(0, cut) : whole.subarray(cut));
  const memory = new Set<ArrayBufferLike>();
  const staged = new Map<string, Buffer>();
  let put = Buffer.alloc(0);
  const blob = {
    stageBlock: async (id: string, body: Uint8Array, length: number) => {
      assert.equal(body.length, length);
      memory.add(body.buffer);
      await new Promise(setImmediate);
      staged.set(id, Buffer.from(body));
    },
    commitBlockList: async (ids: readonly string[]) => {
      put = Buffer.concat(ids.map((id) => staged.get(id) ?? Buffer.alloc(0)));
      return { etag: 'new' };
    },
  };
  const content = { files, bytes: whole.length };
  const client = blob as unknown as BlockBlobClient;
  assert.equal(await putBlob(client, content, { ifNoneMatch: '*' }, () => 'attempt'), 'new');
  assert.equal(sha(put), sha(whole));
  const sum = [...memory].reduce((all, { byteLength }) => all + byteLength, 0);
  assert.ok(sum <= 16 * MIB, `${sum} bytes at most`);
});

test('an upload that ends early leaves no file open', { skip: process.platform !== 'linux' }, async () => {
  const file = join(folder, 'early');
  await writeFile(file, Buffer.alloc(MIB));
  const isOpen = async () => {
    const names = await readdir('/proc/self/fd');
    const targets = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
    return targets.includes(file);
  };
  let opened = 0;
  const blob = {
    // Two tries, neither of which reads all: refused, and broken off.
    upload: async (body: () => Readable) => {
      for (let n = 0; n < 2; n++) {
        await once(body(), 'readable');
        opened += Number(await isOpen());
      }
      throw Object.assign(new Error('refused'), { code: 'ServerBusy' });
    },
  };
  const client = blob as unknown as BlockBlobClient;
  const put = putBlob(client, { files: [file], bytes: MIB }, { ifNoneMatch: '*' }, () => 'attempt');
  await assert.rejects(put, /refused/);
  assert.equal(opened, 2);
  for (let tries = 0; (await isOpen()) && tries < 1000; tries++) await sleep(10);
  assert.equal(await isOpen(), false);
});
