import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { withFolderLock } from '../../shared/lake/folder-lock.ts';
import { contentPieces } from '../../shared/lake/local-content.ts';
import { fileTag, type Locked, putFile } from '../../shared/lake/put-file.ts';

const folder = await mkdtemp(join(tmpdir(), 'put-file-'));
after(() => rm(folder, { recursive: true }));

const bytes = (text: string) => new TextEncoder().encode(text);
/** A lock that answers in this order whether it is still ours. */
const lockOf =
  (...answers: boolean[]): Locked =>
  (use) =>
    use(1, async () => answers.shift() ?? assert.fail('asked once more'));

async function put(name: string, ...answers: boolean[]) {
  const path = join(folder, name);
  await writeFile(path, 'old');
  const tag = await fileTag(path);
  const done = putFile(path, join(folder, `${name}.tmp`), bytes('new'), tag, lockOf(...answers));
  return { done, path };
}

test('a lock that was taken over before the rename: the put has lost, and nothing has changed', async () => {
  const { done, path } = await put('before', false);
  assert.equal(await done, undefined);
  assert.equal(await readFile(path, 'utf8'), 'old');
});

test('a lock that was taken over in the moment of the rename: the put fails, and says why', async () => {
  const { done } = await put('within', true, false);
  await assert.rejects(done, { code: 'LockLost', message: /may have replaced a newer file/ });
});

test('a lock that stays ours', async () => {
  const { done, path } = await put('ours', true, true);
  assert.equal(await done, await fileTag(path));
  assert.equal(await readFile(path, 'utf8'), 'new');
});

/** Memory and the temporary folder are two file systems where there is such a memory, and one elsewhere. */
for (const place of ['/dev/shm', tmpdir()])
  test(`a finished file of ${place} is in the lake, whatever becomes of its own name`, async (t) => {
    const work = await mkdtemp(join(place, 'put-file-')).catch(() => undefined);
    if (work === undefined) return t.skip(`no ${place}`);
    t.after(() => rm(work, { recursive: true, force: true }));
    const [file, path] = [join(work, 'part'), join(folder, 'finished')];
    await writeFile(file, 'finished');
    const tag = await fileTag(path);
    const put = await putFile(path, join(folder, 'finished.tmp'), { files: [file], bytes: 8 }, tag, lockOf(true, true));
    assert.equal(put, await fileTag(path));
    await rm(file);
    assert.equal(await readFile(path, 'utf8'), 'finished');
    assert.equal((await stat(path)).nlink, 1);
  });

test('files that follow each other come in pieces that are good until the next one', async () => {
  const files = [join(folder, 'one'), join(folder, 'two')] as const;
  const text = 'piece '.repeat(300_000);
  await writeFile(files[0], text);
  await writeFile(files[1], 'end');
  const pieces: string[] = [];
  for await (const piece of contentPieces({ files, bytes: text.length + 3 }))
    pieces.push(Buffer.from(piece).toString());
  assert.equal(pieces.join(''), `${text}end`);
  assert.equal(pieces.length, 3);
});

test('a file of a name that is taken does not replace what has it', async () => {
  const [file, temporary] = [join(folder, 'part'), join(folder, 'taken.tmp')];
  await writeFile(file, 'mine');
  await writeFile(temporary, 'theirs');
  const content = { files: [file], bytes: 4 };
  await assert.rejects(putFile(join(folder, 'taken'), temporary, content, undefined, lockOf()), { code: 'EEXIST' });
  assert.equal(await readFile(temporary, 'utf8'), 'theirs');
});

test('a holder sees that others have taken the lock over', async () => {
  const [lock, scratch] = [join(folder, 'lock'), join(folder, 'scratch')];
  const seen = await withFolderLock(lock, scratch, async (turn, isOurs) => {
    const before = await isOurs();
    // As another machine does it that takes this one for dead.
    await writeFile(join(lock, String(turn + 1)), 'H1.2.0badc0de');
    return [before, await isOurs()];
  });
  assert.deepEqual(seen, [true, false]);
  assert.deepEqual((await readdir(lock)).sort(), ['1', '2']);
});
