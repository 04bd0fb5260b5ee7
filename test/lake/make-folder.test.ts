import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeFolder } from '../../shared/lake/make-folder.ts';
import { createFolderStore } from '../../shared/lake/store-folder.ts';

const base = await mkdtemp(join(tmpdir(), 'insights-folder-'));
after(() => rm(base, { recursive: true }));

test('a folder and all above it; which was the first; many at once', async () => {
  assert.equal(await makeFolder(join(base, 'a/b/c')), join(base, 'a'));
  assert.equal(await makeFolder(join(base, 'a/b/c')), undefined);
  assert.equal(await makeFolder(join(base, 'a/b/d/e')), join(base, 'a/b/d'));
  await Promise.all(Array.from({ length: 20 }, (_, at) => makeFolder(join(base, `many/x/${at % 3}`))));
  assert.ok((await stat(join(base, 'many/x/2'))).isDirectory());
});

test('a file in the way', async () => {
  await writeFile(join(base, 'file'), '');
  await assert.rejects(makeFolder(join(base, 'file')), { code: 'EEXIST' });
  await assert.rejects(makeFolder(join(base, 'file/below')), { code: 'ENOTDIR' });
});

test('where no folder can be made it ends, with what to do', { skip: !existsSync('/proc/self') }, async () => {
  await assert.rejects(makeFolder('/proc/nope/deeper'), { code: 'NO_FOLDER' });
  await assert.rejects(createFolderStore('/proc/nope').prepare(), /\/proc\/nope: no folder can be made there; choose/);
});
