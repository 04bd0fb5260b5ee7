/** Inputs that are no plain files, that change their packing or their name, or that vanish. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { settleFiles } from '../../../cli/transform/copies.ts';
import { looseWindows } from '../../../cli/transform/loose.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import { contentsOf } from '../../../shared/source/blobs/loose/contents.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { run } from '../real.ts';

const base = await mkdtemp(join(tmpdir(), 'insights-odd-inputs-'));
after(() => rm(base, { recursive: true }));

const KEY = '1234567890abcdef1234567890abcdef';
const blob = `shop_${KEY}/Messages/2026-03-04/05/a_20260304_051000.blob`;
const record = (n: number) => ({
  time: `2026-03-04T05:${String(n).padStart(2, '0')}:00Z`,
  Type: 'AppTraces',
  Message: `m${n}`,
});
const some = (count: number, from = 0): string =>
  Array.from({ length: count }, (_, n) => `${JSON.stringify(record(from + n))}\n`).join('');

let folders = 0;
async function put(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const root = join(base, `in-${++folders}`);
  await mkdir(root);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
  return root;
}

async function transformed(inputs: readonly string[], lake: string, ...more: string[]) {
  const ran = await run(['transform', ...inputs, '--out', lake, '--format', 'ndjson', '--json', ...more]);
  const names = (await readdir(lake, { recursive: true }).catch(() => [])).filter((each) =>
    /^[a-z].*ndjson$/.test(each),
  );
  const texts = await Promise.all(names.map((name) => readFile(join(lake, name), 'utf8')));
  const summary = ran.out === '' ? undefined : JSON.parse(ran.out);
  return { ...ran, rows: texts.join('').split('\n').length - 1, notices: String(summary?.notices.join('; ')) };
}

test('a pipe is named and left out in a folder, and refused where it is what was given', async () => {
  const root = await put({ [blob]: some(3) });
  execFileSync('mkfifo', [join(root, 'pipe.json')]);
  await symlink('pipe.json', join(root, 'link.json'));
  const { code, rows, notices } = await transformed([root], `${root}-lake`);
  assert.deepEqual([code, rows], [0, 3]);
  assert.match(notices, /1 pipe, socket or device left out: pipe\.json/);
  for (const given of ['pipe.json', 'link.json'].map((name) => join(root, name)))
    for (const words of [
      ['transform', given, '--out', `${root}-none`],
      ['inspect', given],
    ]) {
      const refused = await run(words);
      assert.equal(refused.code, 3);
      assert.match(refused.err, /a pipe, socket or device, which cannot be read twice; save what it brings to a file/);
    }
});

test('a lake within what is given is none of it, by whatever links either is named', async () => {
  const root = await put({ [blob]: some(3), 'loose.json': some(2, 10) });
  const [within, linked] = [join(root, dirname(blob), 'lake'), `${root}-linked`];
  await mkdir(within);
  await symlink(root, linked);
  await symlink(within, `${root}-lake`);
  for (const [given, lake] of [
    [root, `${root}-lake`],
    [linked, within],
    [join(linked, blob), `${root}-lake`],
  ] as const) {
    const { rows, code } = await transformed([given], lake);
    assert.deepEqual([code, rows], [0, 5], `${given} ${lake}`);
  }
});

test('loose files that are renamed, copied, packed, packed otherwise and grown: each row once', async () => {
  const root = await put({ 'one.json': some(5), 'two.json': some(5, 20) });
  const at = (name: string) => join(root, name);
  const steps: readonly (readonly [what: string, rows: number, act: () => Promise<unknown>])[] = [
    ['as they are', 10, async () => {}],
    ['renamed', 10, () => rename(at('one.json'), at('eins.json'))],
    ['packed beside', 10, async () => writeFile(at('eins.json.gz'), gzipSync(await readFile(at('eins.json'))))],
    ['only packed', 10, () => rm(at('eins.json'))],
    ['grown, and packed', 12, () => writeFile(at('eins.json.gz'), gzipSync(some(7), { level: 1 }))],
    ['unpacked', 12, () => writeFile(at('eins.json'), some(7))],
    ['grown unpacked, the packed one older', 14, () => writeFile(at('eins.json'), some(9))],
    [
      'all of it packed, and nothing else',
      14,
      async () => {
        await writeFile(at('eins.json.gz'), gzipSync(some(9)));
        await rm(at('eins.json'));
      },
    ],
  ];
  for (const [what, rows, act] of steps) {
    await act();
    const done = await transformed([root], `${root}-lake`);
    assert.deepEqual([done.code, done.rows], [0, rows], `${what}: ${done.out}`);
  }
  await writeFile(at('eins.json.gz'), gzipSync(some(4)));
  for (const _ of [1, 2]) {
    const shorter = await transformed([root], `${root}-lake`);
    assert.deepEqual([shorter.code, shorter.rows], [1, 14], shorter.out);
  }
  const replaced = await transformed([root], `${root}-lake`, '--replace');
  assert.deepEqual([replaced.code, replaced.rows], [0, 9], replaced.out);
});

test('--app of a folder that is not there is refused; one that names nothing is told', async () => {
  const root = await put({ [blob]: some(3) });
  const unknown = await transformed([root], `${root}-lake`, '--app', `shpo_${KEY}=till`);
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /--app "?shpo_.*: there is no such export folder here; there are shop_1234/);
  const idle = await transformed([root], `${root}-lake`, '--app', 'till');
  assert.deepEqual([idle.code, idle.rows], [0, 3]);
  assert.match(idle.notices, /--app till names loose files, and there are none/);
  await writeFile(join(root, 'loose.json'), some(2, 30));
  assert.doesNotMatch((await transformed([root], `${root}-lake`, '--app', 'till')).notices, /--app till/);
});

test('a file that vanishes before it is read costs itself alone', async () => {
  const root = await put({ 'a.json': some(2), 'b.json': some(3) });
  const given = await Promise.all(
    ['a.json', 'b.json'].map(async (path) => ({
      path,
      place: join(root, path),
      contents: await contentsOf(join(root, path)),
    })),
  );
  await rm(join(root, 'a.json'));
  const closed = new Map<string, string>();
  const request = { app: 'x', length: 3_600_000, replace: false, closed, abort: new AbortController().signal };
  const { windows } = await looseWindows(given, request, createMemoryStore(), createMemoryLedger());
  assert.deepEqual(
    windows.flatMap(({ files }) => files.map(({ name }) => name)),
    ['b.json'],
  );
  assert.deepEqual([...closed], [[join(root, 'a.json'), 'ENOENT']]);
});

test('of copies, one that vanishes is told, and another stands for it', async () => {
  const root = await put({ 'b.json': some(3), 'c.json': some(3) });
  const files = ['a.json', 'b.json', 'c.json'].map((name) => ({
    name,
    key: 'x',
    isCopy: false,
    path: join(root, name),
  }));
  const closed = new Map<string, string>();
  const settled = await settleFiles(files, closed);
  assert.deepEqual(
    settled.files.map(({ name }) => name),
    ['b.json'],
  );
  assert.deepEqual([...closed.values()], ['ENOENT']);
});

test('what is no text at all is told once by inspect', async () => {
  const root = await put({
    [blob]: some(3),
    'more.zip': Buffer.from(`504b0304140000000800${'61620a'.repeat(99)}`, 'hex'),
  });
  const { code, out } = await run(['inspect', root]);
  assert.equal(code, 1);
  assert.equal(out.split('more.zip').length - 1, 1, out);
});

test('the lake is left out however it is called, and so is what lies there of another one', async () => {
  const root = await put({ [blob]: some(3) });
  await mkdir(join(root, 'lake'));
  await symlink(join(root, 'lake'), `${root}-link`);
  for (let time = 0; time < 2; time++) {
    const { code, rows, notices } = await transformed([root], `${root}-link`);
    assert.deepEqual([code, rows, notices], [0, 3, ''], 'files of the lake are no input');
  }
  for (const format of ['csv', 'parquet']) await transformed([root], join(root, format), '--format', format);
  await writeFile(join(root, 'csv', 'export.zip'), 'PK\u0003\u0004 and more');
  const { code, rows, notices, out } = await transformed([root], `${root}-other`);
  assert.deepEqual([code, rows], [1, 3]);
  assert.match(notices, /2 files of another lake left out: continuous_\w+\.csv, continuous_\w+\.parquet/);
  assert.match(out, /1 file without any record that can be read: export\.zip/, 'which no lake writes');
});

test('a lake in the very folder that is read is refused, before anything is written', async () => {
  const root = await put({ [blob]: some(3) });
  await symlink(root, `${root}-link`);
  for (const [input, out] of [
    [root, root],
    [root, `${root}-link`],
    [`${root}-link`, `${root}/`],
  ] as const) {
    const { code, err } = await run(['transform', input, '--out', out]);
    assert.equal(code, 2);
    assert.match(err, /transform: --out is .* itself, which is read; name a folder of its own, such as .*[\\/]lake/);
  }
  assert.deepEqual(await readdir(root), [`shop_${KEY}`]);
});

test('a lake among what a shell names with * is left out, each time; a folder of an export is not', async () => {
  const root = await put({ [blob]: some(3), 'other/x.json': some(2, 10) });
  const lake = join(root, 'lake');
  await mkdir(lake);
  for (let time = 0; time < 3; time++) {
    const all = (await readdir(root)).map((name) => join(root, name));
    const { code, rows, notices } = await transformed(all, lake);
    assert.deepEqual([code, rows, notices], [0, 5, '']);
  }
  const { code, err } = await run(['transform', join(root, 'other'), root, '--out', root]);
  assert.equal(code, 2);
  assert.match(err, /--out is .* itself, which is read/, 'or its rows would be missing without a word');
  assert.equal((await run(['transform', lake, `${lake}/`, '--out', lake])).code, 2, 'nothing else is given');
});
