/** One file, whatever tools and transfers have made of its bytes: its rows are in the lake once. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readLoose, writeLoose } from '../../../cli/transform/loose-registry.ts';
import { createFolderStore } from '../../../shared/lake/store-folder.ts';
import { run } from '../real.ts';
import { flat, lines, named, newLake, put } from './lake-of-commands.ts';

const twins: readonly (readonly [name: string, make: (text: string) => string | Uint8Array])[] = [
  ['line ends of two bytes', (text) => text.replaceAll('\n', '\r\n')],
  ['some line ends of two bytes', (text) => text.replace('\n', '\r\n')],
  ['a mark before it', (text) => `\uFEFF${text}`],
  ['both, packed', (text) => gzipSync(`\uFEFF${text.replaceAll('\n', '\r\n')}`)],
];

for (const [name, make] of twins)
  test(`${name}: one file, whichever comes first, together or one after the other, grown or not`, async () => {
    const text = lines(0, 5, flat);
    for (const [first, second, rows] of [
      [text, make(text), 5],
      [make(text), text, 5],
      [text, make(lines(0, 8, flat)), 8],
      [make(text), lines(0, 8, flat), 8],
    ] as const) {
      const [apart, together] = [newLake(), newLake()];
      const one = await put(join(apart.root, 'one'), { 'result.json': first });
      const two = await put(join(apart.root, 'two'), { 'other.json': second });
      assert.equal((await apart.transform(one)).code, 0);
      const { code, summary } = await apart.transform(two);
      assert.deepEqual([code, await apart.messages(), summary.incomplete], [0, named(0, rows), []]);
      assert.deepEqual([(await together.transform(one, two)).code, await together.messages()], [0, named(0, rows)]);
    }
  });

test('files that differ in more than that are two; a CR within a line is no line end', async () => {
  const { root, transform, messages } = newLake();
  const text = lines(0, 5, flat);
  const folder = await put(join(root, 'x'), {
    'one.json': text,
    'blank.json': text.replace('\n', '\r \n'),
    'other.json': text.replaceAll('\n', '\r\n').replace('m4', 'n4'),
  });
  assert.equal((await transform(folder)).code, 0);
  assert.equal((await messages()).length, 15);
});

/** As an earlier version remembers the one file of the lake: by all of its bytes. */
async function rememberBytes(lake: string, text: string): Promise<void> {
  const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const raw = Buffer.from(text);
  const sums = { bytes: raw.length, hash: hashOf(raw), head: hashOf(raw.subarray(0, 64)) };
  const store = createFolderStore(lake);
  const known = await readLoose(store);
  const windows = known.windows.map((each) => ({ ...each, files: each.files.map((file) => ({ ...file, ...sums })) }));
  assert.ok(await writeLoose(store, windows, known));
}

for (const [name, make] of twins.slice(0, 3))
  test(`a file that an earlier version knew with ${name} is that file, where it is or moved, grown or not`, async () => {
    const content = (rows: number): string => String(make(lines(0, rows, flat)));
    for (const [path, rows] of [
      ['x/result.json', 5],
      ['x/result.json', 6],
      ['y/other.json', 5],
      ['y/other.json', 6],
    ] as const) {
      const { root, lake, transform, messages } = newLake();
      await transform(await put(join(root, 'x'), { 'result.json': content(5) }));
      await rememberBytes(lake, content(5));
      for (const _ of ['first', 'again']) {
        const given = dirname(join(await put(root, { [path]: content(rows) }), path));
        const { code, summary } = await transform(given);
        const seen = [code, summary.notices, summary.incomplete, await messages()];
        assert.deepEqual(seen, [0, [], [], named(0, rows)], `${path} ${rows}`);
      }
    }
  });

test('a file that ends within a line end of two bytes goes on', async () => {
  const { root, transform, messages } = newLake();
  const text = lines(0, 5, flat).replaceAll('\n', '\r\n');
  await transform(await put(join(root, 'x'), { 'result.json': text.slice(0, text.indexOf('\n', 300)) }));
  const { code, summary } = await transform(await put(join(root, 'y'), { 'other.json': text }));
  assert.deepEqual([code, summary.notices, await messages()], [0, [], named(0, 5)]);
});

test('a file whose name is not UTF-8 is told as that, by transform and inspect; a folder without a record is not read', async () => {
  const { root, transform, messages } = newLake();
  const folder = await put(join(root, 'x'), { 'good.json': lines(0, 3, flat) });
  const name = Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.of(0xe9), Buffer.from('.json')]);
  writeFileSync(name, lines(3, 5, flat));
  const { code, summary } = await transform(folder);
  assert.deepEqual([code, await messages()], [1, named(0, 3)]);
  const told = /1 file or folder that cannot be opened: caf\uFFFD\.json \(its name is not UTF-8; give it another\)/;
  assert.match(summary.incomplete.join('\n'), told);
  const looked = await run(['inspect', folder]);
  assert.deepEqual([looked.code, told.test(looked.out)], [1, true], looked.out);
  const empty = await run(['inspect', await put(join(root, 'y'), { 'notes.md': '# none' })]);
  assert.deepEqual(
    [empty.code, /no record of a signal/.test(empty.out), /everything/.test(empty.out)],
    [3, true, false],
  );
});
