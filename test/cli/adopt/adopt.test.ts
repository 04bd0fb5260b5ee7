import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { openTable } from '../../../shared/lake/delta/table.ts';
import { createFolderStore } from '../../../shared/lake/store-folder.ts';
import { run } from '../real.ts';

/**
 * A ledger that was lost, halved, restored or swapped: what commands say, and what is in the lake when adopt has run.
 */
const base = await mkdtemp(join(tmpdir(), 'insights-adopt-'));
after(() => rm(base, { recursive: true, force: true }));
const duckdb = await (await DuckDBInstance.create(':memory:')).connect();

const KEY = '1234567890abcdef1234567890abcdef';
const record = (id: number, hour: number) =>
  `${JSON.stringify({
    message: [{ raw: `m${id}` }],
    internal: { data: { id: `id-${id}` } },
    context: {
      data: { eventTime: `2026-03-04T${String(hour).padStart(2, '0')}:${String(id % 60).padStart(2, '0')}:00Z` },
    },
  })}\n`;

/** Hour folder → ids, each with the hour of its event. */
type Source = Readonly<Record<number, readonly (readonly [id: number, hour: number])[]>>;
const plain: Source = Object.fromEntries(
  [3, 4, 5, 6].map((hour) => [hour, Array.from({ length: 10 }, (_, n) => [hour * 100 + n, hour] as const)]),
);
const idsOf = (source: Source) =>
  Object.values(source)
    .flat()
    .map(([id]) => `m${id}`)
    .sort();

const kinds = {
  parquet: ['--format', 'parquet'],
  ndjson: ['--format', 'ndjson', '--gzip'],
  csv: ['--format', 'csv'],
  delta: ['--table', 'delta'],
} as const;
type Kind = keyof typeof kinds;

let lakes = 0;
async function newLake(kind: Kind) {
  const root = join(base, `${++lakes}`);
  const [lake, exports] = [join(root, 'lake'), join(root, 'export')];
  const give = async (source: Source) => {
    await rm(exports, { recursive: true, force: true });
    for (const [hour, rows] of Object.entries(source)) {
      const file = join(exports, `shop_${KEY}/Messages/2026-03-04/${hour.padStart(2, '0')}/a.blob`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, rows.map(([id, at]) => record(id, at)).join(''));
    }
  };
  const transform = (...more: string[]) => run(['transform', exports, '--out', lake, ...kinds[kind], ...more]);
  const adopt = (...more: string[]) => run(['adopt', '--out', lake, ...more]);
  const rows = () => messagesIn(lake, kind);
  await give(plain);
  return { lake, exports, give, transform, adopt, rows, ledger: join(lake, '_insights-lake', 'ledger') };
}

async function messagesIn(lake: string, kind: Kind): Promise<string[]> {
  const names = (await readdir(lake, { recursive: true })).map((name) => name.replaceAll('\\', '/'));
  const isRow = /\.(parquet|ndjson|ndjson\.gz|csv|csv\.gz)$/;
  let files = names.filter((name) => isRow.test(name) && !name.startsWith('_') && !name.includes('_delta_log'));
  if (kind === 'delta') {
    const table = openTable({ store: createFolderStore(lake), root: 'traces/', pause: async () => {} });
    files = await table.read((snapshot) =>
      [...snapshot.files.keys()].map((path) => `traces/${decodeURIComponent(path)}`),
    );
  }
  const found: string[] = [];
  for (const name of files) {
    const reader = name.endsWith('.parquet') ? 'read_parquet' : /csv/.test(name) ? 'read_csv' : 'read_json';
    const path = join(lake, name).replaceAll("'", "''");
    const options = reader === 'read_json' ? ", columns={message: 'VARCHAR'}" : '';
    const { columnNames, getRows } = await rowsOf(`select message from ${reader}('${path}'${options})`);
    if (columnNames.includes('message')) found.push(...getRows.map((row) => String(row[0])));
  }
  return found.sort();
}

async function rowsOf(sql: string) {
  try {
    const result = await duckdb.runAndReadAll(sql);
    return { columnNames: result.columnNames(), getRows: result.getRows() };
  } catch (error) {
    if (/empty|No magic|no columns/i.test(String(error))) return { columnNames: [], getRows: [] };
    throw error;
  }
}

describe('a ledger that does not fit', () => {
  test('a lake in a folder of another is no part of it: neither audits or adopts what the other has', async () => {
    const outer = await newLake('parquet');
    const inner = join(outer.lake, 'archive', 'inner');
    assert.equal((await run(['transform', outer.exports, '--out', inner])).code, 0);
    assert.equal((await outer.transform()).code, 0, 'there was a lake in its folder before it');
    for (const lake of [outer.lake, inner]) {
      const audited = await run(['audit', '--out', lake]);
      assert.equal(audited.code, 0, audited.out + audited.err);
      assert.match(
        (await run(['adopt', '--out', lake])).out,
        /4 windows are as the ledger says.*4 files.*nothing is to be done/s,
      );
    }
    await rm(outer.ledger, { recursive: true });
    const adopted = await outer.adopt('--write');
    assert.match(adopted.out, /4 are new to it, with 40 rows/);
    assert.equal((await outer.transform()).code, 0);
  });

  test('lost but for its table: adopt opens no file, and all is as it was', async () => {
    const { lake, transform, adopt, rows, ledger } = await newLake('parquet');
    assert.equal((await transform()).code, 0);
    for (const name of await readdir(ledger))
      if (!/^(date=|days)/.test(name)) await rm(join(ledger, name), { recursive: true });
    const adopted = await adopt('--write');
    assert.match(adopted.out, /4 are new to it, with 40 rows.*4 files.*4 of them are as the ledger's table says/s);
    const again = await transform();
    assert.equal(again.code, 0, again.err);
    assert.deepEqual(await rows(), idsOf(plain));
    assert.equal((await run(['audit', '--out', lake])).code, 0);
  });

  for (const kind of Object.keys(kinds) as Kind[]) {
    test(`${kind}: dropped, then adopted: the same and another window length find all as it was`, async () => {
      const { lake, transform, adopt, rows, ledger } = await newLake(kind);
      assert.equal((await transform()).code, 0);
      const before = await rows();
      assert.deepEqual(before, idsOf(plain));
      await rm(ledger, { recursive: true });
      for (const more of [[], ['--window', '1d']]) {
        const refused = await transform(...more);
        assert.equal(refused.code, 4, refused.err);
        assert.match(refused.err, /files of windows lie in this lake.*knows of none.*insights-lake adopt/s);
      }
      const audited = await run(['audit', '--out', lake]);
      assert.match(audited.err, /insights-lake adopt/);
      const dry = await adopt();
      assert.equal(dry.code, 0, dry.err);
      assert.match(dry.out, /shop traces \(continuous.*4 are new to it, with 40 rows/);
      assert.match(dry.out, /nothing was changed; --write does it/);
      assert.equal((await transform()).code, 4, 'a dry run changes nothing');
      const written = await adopt('--write');
      assert.match(written.out, /the ledger is the one of this lake now/);
      assert.deepEqual(await rows(), before);
      assert.equal((await run(['audit', '--out', lake])).code, 0);
      for (const more of [['--window', '1d'], []]) {
        const again = await transform(...more);
        assert.equal(again.code, 0, again.err + again.out);
        assert.deepEqual(await rows(), before);
      }
      assert.match((await adopt()).out, /lake and ledger belong together(.|\n)*nothing is to be done/);
    });

    test(`${kind}: a copy from before, after a window's rows have moved twice`, async () => {
      const { lake, give, transform, adopt, rows, ledger } = await newLake(kind);
      assert.equal((await transform()).code, 0);
      const copy = `${lake}-copy`;
      await cp(ledger, copy, { recursive: true });
      for (const hour of [9, 11]) {
        await give({ ...plain, 5: (plain[5] ?? []).map(([id]) => [id, hour] as const) });
        assert.equal((await transform()).code, 0);
      }
      await rm(ledger, { recursive: true });
      await cp(copy, ledger, { recursive: true });
      const moved = { ...plain, 5: (plain[5] ?? []).map(([id]) => [id, 13] as const) };
      await give(moved);
      const refused = await transform();
      assert.match(refused.err, /older than the lake.*insights-lake adopt/s);
      assert.equal((await adopt('--write')).code, 0);
      const { code, err, out } = await transform();
      assert.equal(code, 0, err + out);
      assert.deepEqual(await rows(), idsOf(moved));
    });

    test(`${kind}: half of its windows lost`, async () => {
      const { transform, adopt, rows, ledger } = await newLake(kind);
      assert.equal((await transform()).code, 0);
      const folder = (await readdir(ledger, { recursive: true })).find((name) => /windows$/.test(name)) ?? '';
      const windows = (await readdir(join(ledger, folder))).sort();
      assert.equal(windows.length, 4);
      for (const name of windows.slice(0, 2)) await rm(join(ledger, folder, name));
      const dry = await adopt();
      assert.match(dry.out, /2 windows are as the ledger says, 2 are new to it/);
      for (const more of [['--window', '1d'], []]) {
        const { code, err } = await transform(...more);
        if (code !== 0) assert.match(err, /insights-lake adopt/);
      }
      assert.equal((await adopt('--write')).code, 0);
      for (const more of [['--window', '1d'], []]) assert.equal((await transform(...more)).code, 0);
      assert.deepEqual(await rows(), idsOf(plain));
    });

    test(`${kind}: another lake's`, async () => {
      const [one, other] = [await newLake(kind), await newLake(kind)];
      await other.give({ 7: [[700, 7]] });
      for (const { transform } of [one, other]) assert.equal((await transform()).code, 0);
      await rm(one.ledger, { recursive: true });
      await cp(other.ledger, one.ledger, { recursive: true });
      assert.match((await one.transform()).err, /the ledger .* describes another one/);
      const adopted = await one.adopt('--write');
      assert.match(adopted.out, /of 1 no file is left/);
      assert.equal((await one.transform()).code, 0);
      assert.deepEqual(await one.rows(), idsOf(plain));
    });

    test(`${kind}: fewer blobs than an adopted window was made of leave it as it is`, async () => {
      const { give, transform, adopt, rows, ledger } = await newLake(kind);
      assert.equal((await transform()).code, 0);
      await rm(ledger, { recursive: true });
      assert.equal((await adopt('--write')).code, 0);
      await give({ ...plain, 4: (plain[4] ?? []).slice(0, 3) });
      const { code, err } = await transform();
      assert.equal(code, 1, err);
      assert.deepEqual(await rows(), idsOf(plain));
      assert.equal((await transform('--replace')).code, 0);
      assert.deepEqual((await rows()).length, 33);
    });
  }

  test('plain files of two grids over the same time: one stands, and its run empties the other', async () => {
    const { lake, transform, adopt, rows, ledger } = await newLake('parquet');
    assert.equal((await transform()).code, 0);
    const second = await newLake('parquet');
    assert.equal((await second.transform('--window', '1d')).code, 0);
    await cp(join(second.lake, 'traces'), join(lake, 'traces'), { recursive: true });
    assert.equal((await rows()).length, 80);
    await rm(ledger, { recursive: true });
    const dry = await adopt();
    assert.match(dry.out, /covered twice: .*03:00/);
    assert.equal((await adopt('--write')).code, 0);
    assert.equal((await transform()).code, 0);
    assert.deepEqual(await rows(), idsOf(plain));
  });

  test('adopt that is killed anywhere goes on', async () => {
    const { lake, transform, adopt, rows, ledger } = await newLake('ndjson');
    assert.equal((await transform()).code, 0);
    await rm(ledger, { recursive: true });
    assert.equal((await adopt('--write')).code, 0);
    const mark = join(ledger, 'mark.json');
    await writeFile(mark, JSON.stringify({ stateVersion: 1, lake: 'next', count: 9, adopting: true }));
    const [first] = (await readdir(ledger, { recursive: true })).filter((name) => /windows.*json$/.test(name));
    await rm(join(ledger, first ?? ''));
    assert.match((await transform()).err, /not whole yet: insights-lake adopt was interrupted/);
    assert.equal((await adopt('--write')).code, 0);
    assert.equal((await transform()).code, 0);
    assert.deepEqual(await rows(), idsOf(plain));
    assert.match((await run(['audit', '--out', lake])).out, /the lake is as its ledger says/);
  });

  test('a file that the ledger does not know: audit sees it, and after adopt a run replaces it', async () => {
    const { lake, transform, adopt, rows } = await newLake('ndjson');
    assert.equal((await transform()).code, 0);
    const names = (await readdir(lake, { recursive: true })).map((name) => name.replaceAll('\\', '/'));
    const [file = ''] = names.filter((name) => /hour=05.*ndjson\.gz$/.test(name) && !name.startsWith('_'));
    const stray = join(lake, file.replace('hour=05', 'hour=17'));
    await mkdir(dirname(stray), { recursive: true });
    await cp(join(lake, file), stray);
    assert.equal((await rows()).length, 50);
    const audited = await run(['audit', '--out', lake]);
    assert.equal(audited.code, 1);
    assert.match(
      audited.out,
      /no window knows the file .*hour=17.*\n(.|\n)*insights-lake adopt gives such files to their windows/,
    );
    assert.match((await adopt('--write')).out, /1 run again/);
    assert.equal((await transform()).code, 0);
    assert.deepEqual(await rows(), idsOf(plain));
    assert.equal((await run(['audit', '--out', lake])).code, 0);
  });

  test('files that nobody of ours wrote are named, and stay', async () => {
    const { lake, transform, adopt } = await newLake('parquet');
    assert.equal((await transform()).code, 0);
    await writeFile(join(lake, 'traces', 'part-0000.snappy.parquet'), 'PAR1');
    const { out } = await adopt('--write', '--json');
    const found = JSON.parse(out);
    assert.deepEqual([found.unexplained, found.strangers], [['traces/part-0000.snappy.parquet'], 1]);
    assert.equal(found.feeds[0].same, 4);
  });
});
