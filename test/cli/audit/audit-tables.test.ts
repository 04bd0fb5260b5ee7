import assert from 'node:assert/strict';
import { appendFile, copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { entryName } from '../../../shared/lake/delta/actions.ts';
import { openTable } from '../../../shared/lake/delta/table.ts';
import { createFolderStore } from '../../../shared/lake/store-folder.ts';
import { run } from '../real.ts';

/** `insights-lake audit --out <folder>` on a lake of Delta tables that other hands have changed. */
const base = await mkdtemp(join(tmpdir(), 'insights-audit-'));
after(() => rm(base, { recursive: true, force: true }));

const KEY = '1234567890abcdef1234567890abcdef';
const record = (id: string, hour: string) =>
  `${JSON.stringify({
    message: [{ raw: `m${id}` }],
    internal: { data: { id } },
    context: { data: { eventTime: `2026-03-04T${hour}:00:00Z` } },
  })}\n`;

/** A lake of three windows; `live`: the files that readers see, by their paths in it. */
async function newLake(name: string) {
  const [lake, exports] = [join(base, name, 'lake'), join(base, name, 'export')];
  for (const hour of ['03', '04', '05']) {
    const file = join(exports, `shop_${KEY}/Messages/2026-03-04/${hour}/a.blob`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, record(`a${hour}`, hour) + record(`b${hour}`, hour));
  }
  const transform = () => run(['transform', exports, '--out', lake, '--table', 'delta']);
  const audit = (...more: string[]) => run(['audit', '--out', lake, ...more]);
  const store = createFolderStore(lake);
  const snapshot = <T>(use: Parameters<ReturnType<typeof openTable>['read']>[0]) =>
    openTable({ store, root: 'traces/', pause: async () => {} }).read(use) as Promise<T>;
  const live = async () =>
    (await snapshot<string[]>(({ files }) => [...files.keys()].map((path) => `traces/${path}`))).sort();
  /** An entry of another engine, behind the head. */
  const commit = async (actions: readonly object[]) => {
    const version = await snapshot<number>(({ version: head }) => head + 1);
    const text = actions.map((action) => `${JSON.stringify(action)}\n`).join('');
    await store.put(`traces/${entryName(version)}`, Buffer.from(text), undefined);
  };
  const made = await transform();
  assert.equal(made.code, 0, made.err);
  const files = await live();
  assert.equal(files.length, 3);
  const mended = async () => {
    const repaired = await audit('--repair');
    assert.equal(repaired.code, 1, 'it tells of what it found');
    assert.match(repaired.out, /\n1 windows run again\n/);
    const again = await transform();
    assert.equal(again.code, 0, again.err);
    assert.match(again.out, /shop +traces +3 +1 +6 /, 'one of the three has run');
    const after = await audit();
    assert.equal(after.code, 0, after.out);
    assert.equal((await live()).length, 3);
    return after.out;
  };
  return { lake, files, transform, audit, live, commit, mended, file: join(lake, files[1] ?? '') };
}

describe('audit of a lake of tables, by the command line', () => {
  test('as its ledger says', async () => {
    const { audit } = await newLake('same');
    const found = await audit();
    assert.equal(found.code, 0, found.err);
    assert.match(found.out, /the lake is as its ledger says/);
    const json = JSON.parse((await audit('--json')).out);
    assert.deepEqual([json.exitCode, json.strangers, json.unknown, json.dead], [0, [], [], 0]);
  });

  test('a live file that somebody deleted comes back', async () => {
    const { audit, files, file, mended } = await newLake('deleted');
    await rm(file);
    const found = await audit();
    assert.equal(found.code, 1);
    assert.ok(found.out.includes(`  missing: ${files[1]} (`), found.out);
    assert.match(found.out, /with --repair the windows of these files run again/);
    await mended();
  });

  test('a live file that somebody altered is written anew, under another name', async () => {
    const { audit, files, file, mended } = await newLake('altered');
    await appendFile(file, 'x');
    const found = await audit();
    assert.equal(found.code, 1);
    assert.ok(found.out.includes(`  differs: ${files[1]} (`), found.out);
    assert.match(await mended(), /1 of these files are dead/);
  });

  test('a file that nobody knows is named, and stays', async () => {
    const { audit, files, file } = await newLake('stranger');
    const stranger = file.replace('_r1.', '_r7.');
    await copyFile(file, stranger);
    for (const more of [[], ['--repair']]) {
      const found = await audit(...more);
      assert.equal(found.code, 1);
      assert.ok(found.out.includes(`no window knows the file ${files[1]?.replace('_r1.', '_r7.')}\n`), found.out);
    }
    await rm(stranger);
    assert.equal((await audit()).code, 0);
  });

  test('a file that readers see and no window knows', async () => {
    const { audit, files, commit, lake } = await newLake('shown');
    const path = 'app=shop/date=2026-03-04/part-0.parquet';
    await copyFile(join(lake, files[0] ?? ''), join(lake, 'traces', path));
    const add = { path, size: 1, modificationTime: 0, dataChange: true };
    await commit([{ add: { ...add, partitionValues: { app: 'shop', date: '2026-03-04' } } }]);
    const found = await audit('--repair');
    assert.equal(found.code, 1);
    assert.ok(found.out.includes(`readers of the table see a file that no window knows: traces/${path}\n`), found.out);
  });

  const removes = (paths: readonly string[]) =>
    paths.map((path) => ({ remove: { path: path.slice('traces/'.length), dataChange: true, deletionTimestamp: 0 } }));

  test('a file that another engine took from the log: named, and mended', async () => {
    const { audit, files, commit, mended, live } = await newLake('hidden');
    await commit(removes([files[1] ?? '']));
    const found = await audit();
    assert.equal(found.code, 1);
    assert.ok(found.out.includes(`  not in the log of its table: ${files[1]} (`), found.out);
    await mended();
    assert.deepEqual((await live())[1], files[1]?.replace('_r1.', '_r2.'));
  });

  test('files that another engine merged: a run refuses to double them, until their partition is deleted', async () => {
    const { audit, files, commit, transform, live, lake } = await newLake('merged');
    const path = 'app=shop/date=2026-03-04/part-0.parquet';
    const add = { path, size: 1, modificationTime: 0, dataChange: false };
    await commit([
      ...removes(files.slice(0, 2)),
      { add: { ...add, partitionValues: { app: 'shop', date: '2026-03-04' } } },
    ]);
    assert.equal((await audit('--repair')).code, 1);
    const refused = await transform();
    assert.notEqual(refused.code, 0);
    assert.match(refused.err + refused.out, /part-0\.parquet lies where.*OPTIMIZE.*delete its partition in the table/s);
    assert.deepEqual(await live(), [files[2], `traces/${path}`].toSorted());
    await commit(removes([files[2] ?? '', `traces/${path}`]));
    assert.equal((await run(['rerun', '--out', lake, '--start'])).code, 0);
    const again = await transform();
    assert.equal(again.code, 0, again.err);
    assert.match(again.out, /shop +traces +3 +3 +6 /);
    assert.equal((await live()).length, 3);
    assert.equal((await audit()).code, 0);
  });

  test('an entry of the ledger that is missing: its files are seen and belong to nobody, until adopt', async () => {
    const { audit, files, lake } = await newLake('ledger');
    const ledger = join(lake, '_insights-lake', 'ledger');
    const entries = (await readdir(ledger, { recursive: true })).filter((name) => /windows.2026-03-04T04/.test(name));
    assert.ok(entries.length > 0);
    for (const name of entries) await rm(join(ledger, name), { recursive: true, force: true });
    const found = await audit();
    assert.equal(found.code, 1);
    assert.ok(found.out.includes(`readers of the table see a file that no window knows: ${files[1]}\n`), found.out);
    const adopted = await run(['adopt', '--out', lake, '--write']);
    assert.equal(adopted.code, 0, adopted.err);
    assert.equal((await audit()).code, 0);
  });

  test('a table of an older version, and rows that lie in another signal: a lost ledger gets them back', async () => {
    // Records of traces in the folder of requests: the table of requests was not told, before it was mended.
    const [lake, exports] = [join(base, 'old', 'lake'), join(base, 'old', 'export')];
    const file = join(exports, `shop_${KEY}/Requests/2026-03-04/03/a.blob`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, record('a', '03'));
    const transform = () => run(['transform', exports, '--out', lake, '--table', 'delta']);
    assert.equal((await transform()).code, 0);
    const shown = () => openTable({ store: createFolderStore(lake), root: 'traces/', pause: async () => {} });
    const paths = () => shown().read(({ files }) => [...files.keys()]);
    assert.match(String(await paths()), /continuous-from-requests_20260304T0300Z_20260304T0400Z_r1/);
    await rm(join(lake, 'requests'), { recursive: true });
    await rm(join(lake, '_insights-lake', 'ledger'), { recursive: true });
    const refused = await transform();
    assert.equal(refused.code, 4);
    assert.match(refused.err, /insights-lake adopt/);
    const adopted = await run(['adopt', '--out', lake, '--write']);
    assert.equal(adopted.code, 0, adopted.err);
    const audited = await run(['audit', '--out', lake]);
    assert.equal(audited.code, 0, audited.out + audited.err);
    // Nothing of it is left behind when the window runs again and has no rows there.
    await writeFile(file, record('b', '03').repeat(2));
    assert.equal((await transform()).code, 0);
    assert.match(String(await paths()), /^[^,]*_r2\.parquet$/);
    assert.equal((await run(['audit', '--out', lake])).code, 0);
  });

  test('an entry of the log that is missing: neither an audit nor a run takes what is before it for all', async () => {
    const { audit, lake, transform, live } = await newLake('log');
    const [entry, aside] = [join(lake, 'traces', entryName(1)), join(base, 'aside.json')];
    await rename(entry, aside);
    const missing = /traces\/_delta_log: entry 1 is missing, though 2 is there; restore it/;
    for (const more of [[], ['--repair']]) {
      const found = await audit(...more);
      assert.equal(found.code, 1);
      assert.match(found.err, missing);
    }
    await appendFile(join(base, 'log', 'export', `shop_${KEY}/Messages/2026-03-04/04/a.blob`), record('c', '04'));
    const refused = await transform();
    assert.notEqual(refused.code, 0);
    assert.match(refused.err + refused.out, missing);
    await rename(aside, entry);
    assert.equal((await transform()).code, 0);
    assert.equal((await audit()).code, 0);
    assert.equal((await live()).length, 3);
  });
});
