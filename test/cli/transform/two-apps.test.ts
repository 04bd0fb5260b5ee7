/** Name and key in a row are those of the folder that its own blob lies in, whatever else is in its window. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { run } from '../real.ts';

const base = await mkdtemp(join(tmpdir(), 'insights-two-apps-'));
after(() => rm(base, { recursive: true }));

const KEYS = ['01234567-89ab-cdef-0123-456789abcdef', 'fedcba98-7654-3210-fedc-ba9876543210'] as const;
/** Short names are the same; the second has the dashes of a copy. */
const FOLDERS = [`Shop_${KEYS[0].replaceAll('-', '')}`, `shop_${KEYS[1].toUpperCase()}`] as const;
const OWN = [
  ['Shop', KEYS[0]],
  ['shop', KEYS[1]],
] as const;

const record = (id: string, minute: number) =>
  `${JSON.stringify({
    message: [{ raw: id }],
    internal: { data: { id } },
    context: { data: { eventTime: `2026-03-04T05:${String(minute).padStart(2, '0')}:00Z` } },
  })}\n`;

/** Blobs of both folders in one hour, by turns in time and of one blob name. */
async function exported(root: string): Promise<string> {
  for (const [n, folder] of FOLDERS.entries())
    for (const part of [0, 1, 2]) {
      const path = join(root, folder, 'Messages/2026-03-04/05', `part_20260304_05${part}000.blob`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, [0, 1].map((each) => record(`${n}-${part}-${each}`, 10 * part + each)).join(''));
    }
  return root;
}

async function rowsIn(lake: string): Promise<Record<string, unknown>[]> {
  const names = (await readdir(lake, { recursive: true })).filter((each) => each.endsWith('.ndjson'));
  const texts = await Promise.all(
    names.filter((each) => !each.startsWith('_')).map((each) => readFile(join(lake, each), 'utf8')),
  );
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== '')).map((line) => JSON.parse(line));
}

async function assertOwn(lake: string, folders: readonly number[]): Promise<void> {
  const rows = await rowsIn(lake);
  assert.equal(rows.length, 6 * folders.length);
  for (const { message, appName, iKey } of rows)
    assert.deepEqual([appName, iKey], OWN[Number(String(message)[0])], String(message));
}

test('two folders of one short name: apart, or together where both are given it; rows keep their own', async () => {
  const root = await exported(join(base, 'both'));
  const together = FOLDERS.flatMap((folder) => ['--app', `${folder}=shop`]);
  for (const [apps, names] of [[[], 2] as const, [together, 1] as const]) {
    const lake = join(base, `both-lake-${names}`);
    const { code, out, err } = await run(['transform', root, '--out', lake, '--format', 'ndjson', ...apps]);
    assert.equal(code, 0, out + err);
    await assertOwn(lake, [0, 1]);
    assert.equal((await readdir(join(lake, 'traces'))).length, names);
  }
});

test('the same where the folder of one app is what is given, dashes or none', async () => {
  const root = await exported(join(base, 'one'));
  for (const [n, folder] of FOLDERS.entries()) {
    const lake = join(base, `one-lake-${n}`);
    const { code, out, err } = await run(['transform', join(root, folder), '--out', lake, '--format', 'ndjson']);
    assert.equal(code, 0, out + err);
    await assertOwn(lake, [n]);
  }
});

test('the same records with the same ids of two apps under one name are rows of each', async () => {
  const root = join(base, 'alike');
  for (const folder of FOLDERS)
    for (const name of ['a', 'b']) {
      const path = join(root, folder, `Messages/2026-03-04/05/${name}_20260304_051000.blob`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, record('x', 1) + record('y', 2));
    }
  const lake = join(base, 'alike-lake');
  const together = FOLDERS.flatMap((folder) => ['--app', `${folder}=shop`]);
  const { code, out, err } = await run(['transform', root, '--out', lake, '--format', 'ndjson', ...together]);
  assert.equal(code, 0, out + err);
  const rows = (await rowsIn(lake)).map(({ message, iKey }) => `${message} ${iKey}`);
  assert.deepEqual(rows.toSorted(), KEYS.flatMap((key) => [`x ${key}`, `y ${key}`]).toSorted());
});
