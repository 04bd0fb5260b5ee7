/** Runs that die between their first file and the first entry of the log: the table is begun by the next. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { openDeltaLake } from '../../../shared/lake/delta/lake-tables.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import { run } from '../../cli/real.ts';
import { manualClock } from '../../pipeline/world.ts';

const base = await mkdtemp(join(tmpdir(), 'insights-unbegun-'));
after(() => rm(base, { recursive: true, force: true }));

const own = (n = 0) =>
  `traces/app=shop/date=2026-03-04/query_20260304T0300Z_20260304T0400Z_r1${n === 0 ? '' : `_${n}`}.parquet`;
const prepared = async (names: readonly string[]): Promise<unknown> => {
  const lake = createMemoryStore();
  for (const name of names) assert.ok(await lake.put(name, Buffer.from('x'), undefined));
  return openDeltaLake({ lake, clock: manualClock(), newId: () => 'id', columns: () => [] }).prepare();
};

test('files of runs that died before the first entry stop nobody', async () => {
  await prepared([own()]);
  await prepared([own(), own(1), 'requests/_delta_log/00000000000000000000.json']);
});

test('files of a lake without tables, and a table whose log is gone, are refused', async () => {
  const plain = 'traces/app=shop/date=2026-03-04/query_20260304T0300Z_20260304T0400Z.parquet';
  for (const names of [
    [plain],
    [own(), plain.replace('query', 'hour=03/query')],
    Array.from({ length: 21 }, (_, n) => own(n)),
  ])
    await assert.rejects(prepared(names), /traces\/ holds files without a table/);
});

test('a transform that could not begin the log: the next brings all, once', async () => {
  const [lake, exports] = [join(base, 'lake'), join(base, 'export')];
  const file = join(exports, 'shop_1234567890abcdef1234567890abcdef/Messages/2026-03-04/03/a.blob');
  await mkdir(dirname(file), { recursive: true });
  const context = { data: { eventTime: '2026-03-04T03:00:00Z' } };
  await writeFile(file, `${JSON.stringify({ message: [{ raw: 'm' }], internal: { data: { id: 'a' } }, context })}\n`);
  const log = join(lake, 'traces/_delta_log');
  await mkdir(dirname(log), { recursive: true });
  await writeFile(log, '');
  const transform = () => run(['transform', exports, '--out', lake, '--table', 'delta']);
  assert.notEqual((await transform()).code, 0);
  const files = (await readdir(lake, { recursive: true })).filter((name) => name.endsWith('_r1.parquet'));
  assert.equal(files.length, 1, 'the file was there before the log');
  await rm(log);
  const again = await transform();
  assert.equal(again.code, 0, again.err);
  assert.deepEqual((await readdir(log)).length, 1);
  assert.equal((await run(['audit', '--out', lake])).code, 0);
});

test('a table whose log somebody deleted is refused by what the ledger says; moved away, it is read again', async () => {
  const [lake, exports] = [join(base, 'gone'), join(base, 'gone-export')];
  const put = async (hour: string) => {
    const file = join(exports, `shop_1234567890abcdef1234567890abcdef/Messages/2026-03-04/${hour}/a.blob`);
    await mkdir(dirname(file), { recursive: true });
    const context = { data: { eventTime: `2026-03-04T${hour}:00:00Z` } };
    await writeFile(
      file,
      `${JSON.stringify({ message: [{ raw: 'm' }], internal: { data: { id: hour } }, context })}\n`,
    );
  };
  const transform = () => run(['transform', exports, '--out', lake, '--table', 'delta']);
  await put('03');
  assert.equal((await transform()).code, 0);
  await rm(join(lake, 'traces/_delta_log'), { recursive: true });
  await put('04');
  const tables = async () => (await readdir(join(lake, 'traces'), { recursive: true })).sort();
  const before = await tables();
  const refused = await transform();
  assert.equal(refused.code, 4, refused.err);
  assert.match(refused.err, /the log of traces\/ is gone \(_delta_log\).*restore it .*move the folder away/s);
  assert.deepEqual(await tables(), before, 'nothing has begun');
  await rename(join(lake, 'traces'), join(base, 'moved'));
  assert.equal((await transform()).code, 0);
  assert.notEqual((await run(['audit', '--out', lake])).code, 0, 'an hour is not there');
  await run(['audit', '--out', lake, '--repair']);
  await rm(join(lake, 'traces/_delta_log'), { recursive: true });
  await rm(join(lake, 'traces/app=shop'), { recursive: true });
  await writeFile(join(lake, 'traces/_delta_log'), '');
  assert.notEqual((await transform()).code, 0, 'it dies between its file and the log');
  await rm(join(lake, 'traces/_delta_log'));
  assert.equal((await transform()).code, 0, 'files of that run are not those that the ledger has');
  await run(['audit', '--out', lake, '--repair']);
  assert.equal((await transform()).code, 0);
  assert.equal((await run(['audit', '--out', lake])).code, 0, 'all is in the table again');
});
