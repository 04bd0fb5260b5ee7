import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ownerWord } from '../../shared/lake/folder-owner.ts';
import { workFolders } from '../../shared/lake/work-folders.ts';

const script = join(import.meta.dirname, 'work-folders-process.ts');
/** Of a process with a number that no system gives away, started here. */
const deadWord = ownerWord().replace(/^\d+\.\d+/, '4999999.1');
const name = 'insights-lake-work-abc123';
const week = 7 * 86_400_000;

describe('work folders', () => {
  let base: string;
  const running: ChildProcess[] = [];
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'work-folders-test-'));
  });
  afterEach(async () => {
    for (const child of running.splice(0)) child.kill('SIGKILL');
    await rm(base, { recursive: true, force: true });
  });

  /** Where a run of another process works; it is under way until it is killed. */
  async function start(): Promise<{ folder: string; kill: () => Promise<void> }> {
    const child = spawn(process.execPath, [script, base, 'stay'], { stdio: ['ignore', 'pipe', 'inherit'] });
    running.push(child);
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    return {
      folder: text.toString().trim(),
      kill: async () => {
        child.kill('SIGKILL');
        await once(child, 'exit');
      },
    };
  }
  const use = () => workFolders(base)(async (folder) => folder);
  const leave = async (folder: string, owner: string, age = 0) => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'owner'), owner);
    await writeFile(join(folder, 'precious'), 'rows');
    const then = new Date(Date.now() - age);
    await utimes(folder, then, then);
  };

  test('a run has a folder that only this user can enter, and it is gone afterwards', async () => {
    let seen = '';
    const answer = await workFolders(base)(async (folder) => {
      seen = folder;
      await writeFile(join(folder, 'chunk'), 'x');
      if (process.platform !== 'win32')
        for (const each of [folder, dirname(folder)]) assert.equal(statSync(each).mode & 0o777, 0o700);
      return 7;
    });
    assert.equal(answer, 7);
    assert.equal(existsSync(seen), false);
    await assert.rejects(
      workFolders(base)(() => Promise.reject(new Error('no'))),
      /^Error: no$/,
    );
    assert.deepEqual(
      (await readdir(base)).map((each) => each.replace(/.{6}$/, '')),
      ['insights-lake-work-', 'insights-lake-work-'],
    );
  });

  test('what is called insights-lake there is not ours: a lake, a checkout, a link to one', async () => {
    for (const place of ['insights-lake/requests/a.parquet', 'insights-lake/.git/HEAD', 'insights-lake/12/34/rows']) {
      await mkdir(dirname(join(base, place)), { recursive: true });
      await writeFile(join(base, place), 'mine');
    }
    await use();
    assert.deepEqual((await readdir(join(base, 'insights-lake'))).sort(), ['.git', '12', 'requests']);
    await rename(join(base, 'insights-lake'), join(base, 'elsewhere'));
    await symlink(join(base, 'elsewhere'), join(base, 'insights-lake'));
    await use();
    assert.equal(await readFile(join(base, 'elsewhere/12/34/rows'), 'utf8'), 'mine');
  });

  test('goes only by proof: what says nothing, is alive, a link, or of another machine stays', async () => {
    await mkdir(join(base, `${name}`));
    await leave(join(base, 'insights-lake-work-alive1'), ownerWord());
    await leave(join(base, 'insights-lake-work-words1'), 'somebody');
    await leave(join(base, 'insights-lake-work-other1'), '12.34.0badc0de');
    await leave(join(base, 'insights-lake-work-longername'), deadWord);
    await leave(join(base, 'target'), deadWord);
    await symlink(join(base, 'target'), join(base, 'insights-lake-work-linked'));
    await mkdir(join(base, 'insights-lake-work-inside'));
    await symlink(join(base, 'target', 'owner'), join(base, 'insights-lake-work-inside', 'owner'));
    await writeFile(join(base, 'insights-lake-work-afile1'), deadWord);
    const before = await readdir(base);
    await use();
    const after = await readdir(base);
    assert.deepEqual(
      before.filter((each) => !after.includes(each)),
      [],
    );
    assert.equal(await readFile(join(base, 'target', 'precious'), 'utf8'), 'rows');
  });

  test('those of dead processes go, and after a week those of processes that cannot be asked', async () => {
    await leave(join(base, name), deadWord);
    await leave(join(base, 'insights-lake-work-other1'), '12.34.0badc0de', week + 60_000);
    await leave(join(base, 'insights-lake-work-other2'), '12.34.0badc0de', week - 60_000);
    await use();
    assert.deepEqual(
      (await readdir(base)).filter((each) => /(abc123|other\d)$/.test(each)),
      ['insights-lake-work-other2'],
    );
  });

  test('a process that ends leaves nothing; what a killed one left goes with the next, not before', async () => {
    execFileSync(process.execPath, [script, base]);
    assert.deepEqual(await readdir(base), []);
    const [first, second] = [await start(), await start()];
    assert.notEqual(dirname(first.folder), dirname(second.folder));
    await first.kill();
    await use();
    assert.equal(existsSync(dirname(first.folder)), false);
    assert.equal(await readFile(join(second.folder, 'chunk'), 'utf8'), 'telemetry');
  });

  test('two containers with one temporary folder have the same process number, and never one folder', async (t) => {
    const inside = [
      '--user',
      '--map-root-user',
      '--pid',
      '--fork',
      '--kill-child',
      process.execPath,
      script,
      base,
      'stay',
    ];
    const children = [0, 1].map(() => spawn('unshare', inside, { stdio: ['ignore', 'pipe', 'ignore'] }));
    running.push(...children);
    const folders = await Promise.all(
      children.map((child) =>
        Promise.race([
          once(child.stdout, 'data').then(([text]) => String(text).trim()),
          once(child, 'error').then(() => ''),
          once(child, 'exit').then(() => ''),
        ]),
      ),
    );
    if (folders.includes('')) return t.skip('process namespaces cannot be made here');
    assert.notEqual(dirname(folders[0] ?? ''), dirname(folders[1] ?? ''));
    for (const folder of folders) assert.equal(await readFile(join(folder, 'chunk'), 'utf8'), 'telemetry');
  });

  test('a folder that was cleared away is made anew', async () => {
    const withFolder = workFolders(base);
    const first = await withFolder(async (folder) => dirname(folder));
    await rm(first, { recursive: true });
    assert.notEqual(await withFolder(async (folder) => dirname(folder)), first);
  });

  test('a place that cannot be written is named, with what to do', async () => {
    await writeFile(join(base, 'file'), '');
    await assert.rejects(
      workFolders(join(base, 'file'))(async () => {}),
      /make a work folder in .*file: it cannot be written \(\w+\); let this user write there, or have TMPDIR/,
    );
  });

  test('a disk that fills up during a run is named, and not blamed on source or lake', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    await assert.rejects(
      workFolders(base)(() => Promise.reject(full)),
      /write to a work folder in .*: the disk for temporary files is full; .*TMPDIR name another folder \(ENOSPC\)$/,
    );
    const lake = Object.assign(new Error('put x: the disk is full; make room (ENOSPC)'), { code: 'ENOSPC' });
    await assert.rejects(
      workFolders(base)(() => Promise.reject(lake)),
      /^Error: put x: /,
    );
  });
});
