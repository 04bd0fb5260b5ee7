import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withFolderLock } from '../../shared/lake/folder-lock.ts';
import { nameFault, newNameFault } from '../../shared/lake/folder-names.ts';
import { createFolderStore } from '../../shared/lake/store-folder.ts';
import { storeContract, textOf } from '../contracts/store.ts';

let base = '';
before(async () => {
  base = await mkdtemp(join(tmpdir(), 'lake-'));
});
after(() => rm(base, { recursive: true, force: true }));

const newFolder = () => mkdtemp(join(base, 'store-'));
const bytes = (text: string) => new TextEncoder().encode(text);

storeContract('folder', { make: async () => createFolderStore(await newFolder()) });

function start(what: string, folder: string): ChildProcess {
  const args = [join(import.meta.dirname, 'folder-process.ts'), what, folder];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Kills a process once it has said something. */
async function killWhenReady(child: ChildProcess): Promise<void> {
  assert.ok(child.stdout);
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('folder: several processes', () => {
  test('the lock of a killed process is taken over; that of a living one is not', async (t) => {
    const folder = await newFolder();
    const store = createFolderStore(folder);
    const holder = start('hold', folder);
    t.after(() => holder.kill('SIGKILL'));
    assert.ok(holder.stdout);
    await once(holder.stdout, 'data');
    let done = false;
    const put = store.put('a', bytes('1'), undefined).then((tag) => {
      done = true;
      return tag;
    });
    await sleep(200);
    assert.equal(done, false);
    holder.kill('SIGKILL');
    assert.ok(await put);
    assert.equal(await textOf(store, 'a'), '1');
  });

  test('two stores on one folder in one process do not meet', async () => {
    const folder = await newFolder();
    const stores = [createFolderStore(folder), createFolderStore(folder)];
    const tags = await Promise.all(
      stores.flatMap((store, n) => [
        store.put('x', bytes(`${n}`), undefined),
        store.put(`y${n}`, bytes(`${n}`), undefined),
      ]),
    );
    assert.equal(tags.filter((tag) => tag !== undefined).length, 3);
    for (const n of [0, 1]) assert.equal(await textOf(createFolderStore(folder), `y${n}`), `${n}`);
  });

  test('counting in two processes loses nothing', async () => {
    const folder = await newFolder();
    const ends = await Promise.all(['count', 'count'].map((what) => once(start(what, folder), 'exit')));
    assert.deepEqual(ends, [
      [0, null],
      [0, null],
    ]);
    assert.equal(await textOf(createFolderStore(folder), 'counter'), '200');
  });

  test('two never hold the lock at once, however many are killed', async () => {
    const folder = await newFolder();
    for (let round = 0; round < 4; round += 1) {
      const children = Array.from({ length: 3 }, () => start('enter', folder));
      // Not all at the same moment: the survivors take over from the dead.
      for (const child of children) {
        const seen = await readFile(join(folder, 'log'), 'utf8').catch(() => '');
        while ((await readFile(join(folder, 'log'), 'utf8').catch(() => '')).length < seen.length + 1500)
          await sleep(5);
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    }
    const lines = (await readFile(join(folder, 'log'), 'utf8')).trim().split('\n');
    let last = 0;
    for (const [n, line] of lines.entries()) {
      const [way, turn, owner] = line.split(' ');
      // After `in` comes its own `out`, or the `in` of a successor where the owner was killed; turns only rise.
      if (way === 'out') assert.equal(lines[n - 1], `in ${turn} ${owner}`);
      else assert.ok(Number(turn) > last, `${line} after ${last}`);
      last = Number(turn);
    }
    assert.ok(lines.length > 200);
  });

  test('temporary files of dead processes are not listed, and go at the next start', async () => {
    const folder = await newFolder();
    await killWhenReady(start('litter', folder));
    const store = createFolderStore(folder);
    assert.deepEqual(
      (await Array.fromAsync(store.list(''))).map(({ name }) => name),
      ['a'],
    );
    assert.deepEqual(await Array.fromAsync(store.folders('')), []);
    assert.equal((await readdir(join(folder, '.insights-lake', 'tmp'))).length, 1);
    const yesterday = Date.now() / 1000 - 90_000;
    for (const name of ['1.2.abcdef01.3', '1.2.abcdef01.4'])
      await writeFile(join(folder, '.insights-lake', 'tmp', name), 'of another machine');
    await utimes(join(folder, '.insights-lake', 'tmp', '1.2.abcdef01.3'), yesterday, yesterday);
    await store.prepare();
    assert.deepEqual(await readdir(join(folder, '.insights-lake', 'tmp')), ['1.2.abcdef01.4']);
  });

  test('the lock of another machine is respected, until it is a minute old by the clock of the disk', async () => {
    const folder = join(await newFolder(), 'lock');
    await mkdir(folder);
    await writeFile(join(folder, '7'), 'H123.456.abcdef01');
    let entered = 0;
    const entering = withFolderLock(folder, `${folder}-scratch`, async (turn) => {
      entered = turn;
    });
    await sleep(150);
    assert.equal(entered, 0);
    const old = Date.now() / 1000 - 61;
    await utimes(join(folder, '7'), old, old);
    await entering;
    assert.equal(entered, 8);
  });
});

describe('folder: what else lies there', () => {
  test('a folder that is only read stays as it is', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'a.blob'), 'x');
    const store = createFolderStore(folder);
    assert.equal((await Array.fromAsync(store.list(''))).length, 1);
    assert.ok(await store.head('a.blob'));
    assert.equal(await textOf(store, 'a.blob'), 'x');
    assert.deepEqual(await readdir(folder), ['a.blob']);
    assert.deepEqual(await Array.fromAsync(createFolderStore(join(folder, 'none')).list('')), []);
  });

  test('files that something else writes have tags too, and other ones when they change', async () => {
    const folder = await newFolder();
    const store = createFolderStore(folder);
    await writeFile(join(folder, 'a'), 'one');
    const etag = await store.head('a');
    await sleep(20);
    await writeFile(join(folder, 'a'), 'two');
    assert.notEqual(await store.head('a'), etag);
    assert.equal(await store.put('a', bytes('x'), etag), undefined);
  });

  test('tags lean on neither clock nor inodes: the microseconds of the time count the puts', async () => {
    const folder = await newFolder();
    const store = createFolderStore(folder);
    const micros: number[] = [];
    for (const name of ['a', 'b', 'c']) {
      await store.put(name, bytes('x'), undefined);
      const { mtimeNs } = await stat(join(folder, name), { bigint: true });
      // Times are handed to the system as floating point, exact to a quarter of a microsecond.
      micros.push(Math.round(Number(mtimeNs % 1_000_000n) / 1000));
    }
    assert.deepEqual(micros, [1, 2, 3]);
  });

  test('links to files count, links to folders do not', async () => {
    const folder = await newFolder();
    await mkdir(join(folder, 'd'));
    await writeFile(join(folder, 'd', 'a'), 'one');
    await link(join(folder, 'd', 'a'), join(folder, 'hard'));
    await symlink(join(folder, 'd', 'a'), join(folder, 'soft'));
    await symlink(folder, join(folder, 'd', 'loop'));
    await symlink(join(folder, 'gone'), join(folder, 'broken'));
    const names = (await Array.fromAsync(createFolderStore(folder).list(''))).map(({ name }) => name);
    assert.deepEqual(names, ['d/a', 'hard', 'soft']);
  });
});

describe('folder: failures', () => {
  test('names', async () => {
    const outside = ['../x', 'a/../x', '/etc/x', 'a//b', '.', '', 'a/', '.insights-lake/lock/1', 'a\0b'];
    for (const name of outside) assert.ok(nameFault(name, false), name);
    for (const name of ['a\\b', 'c:x'])
      assert.deepEqual([nameFault(name, false), nameFault(name, true) !== undefined], [undefined, true]);
    for (const name of ['a:b', 'a?', 'con', 'x/LPT1.txt', 'a.', 'a /b', 'a\tb', 'a|b'])
      assert.ok(newNameFault(name), name);
    for (const name of ['a.b', 'console', 'app=x/ü 1.parquet', '_q/%20'])
      assert.equal(newNameFault(name), undefined, name);
    const store = createFolderStore(await newFolder());
    const message = { code: 'InvalidName', message: /^(put|read|look up|remove|list) .*x\/?: .*not allowed/ };
    await assert.rejects(store.put('../x', bytes('1'), undefined), message);
    await assert.rejects(store.head('../x'), message);
    await assert.rejects(store.remove('../x', 'a'), message);
    await assert.rejects(textOf(store, '../x'), message);
    await assert.rejects(Array.fromAsync(store.list('../x/')), message);
    await assert.rejects(Array.fromAsync(store.folders('../x/')), message);
  });

  test('one line that says what to do', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'file'), 'x');
    await mkdir(join(folder, 'd', 'e'), { recursive: true });
    const store = createFolderStore(folder);
    const cases: [() => Promise<unknown>, string, RegExp][] = [
      [
        () => createFolderStore(join(folder, 'file')).prepare(),
        'ENOTDIR',
        /^prepare .*file: a part of the path is a file/,
      ],
      [
        () => createFolderStore(join(folder, 'file', 'x')).prepare(),
        'ENOTDIR',
        /^prepare .*x: a part of the path is a file/,
      ],
      [
        () => store.put('file/x', bytes('1'), undefined),
        'EEXIST',
        /^put .*file\/x: there is a file where a folder must be/,
      ],
      [() => store.put('d/e', bytes('1'), undefined), 'EISDIR', /^put .*d\/e: there is a folder of this name/],
      [() => store.put(`${'x'.repeat(300)}`, bytes('1'), undefined), 'ENAMETOOLONG', /^put .*: the name is too long/],
      [() => textOf(store, 'none'), 'ENOENT', /^read .*none: it is gone/],
    ];
    for (const [failing, code, message] of cases) await assert.rejects(failing, { code, message });
    const left = await readdir(join(folder, '.insights-lake', 'tmp'));
    assert.deepEqual(left, []);
  });

  test('a folder that may not be written', {
    skip: process.getuid?.() === 0 && 'root may write everywhere',
  }, async () => {
    const folder = await newFolder();
    await chmod(folder, 0o500);
    await assert.rejects(createFolderStore(folder).prepare(), {
      code: 'EACCES',
      message: /^prepare .*: not allowed; give this user/,
    });
  });
});
