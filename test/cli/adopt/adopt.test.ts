import assert from 'node:assert/strict';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { run } from '../real.ts';
import { idsOf, type Kind, kinds, newLake, plain, removeLakes } from './lakes.ts';

/**
 * A ledger that was lost, halved, restored or swapped: what commands say, and what is in the lake when adopt has run.
 */
after(removeLakes);

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

    for (const more of [[], ['--window', '1d']])
      test(`${kind}: all of its windows lost but what was planned last, and all rows moved: ${more}`, async () => {
        const { lake, transform, rows, ledger, give } = await newLake(kind);
        assert.equal((await transform()).code, 0);
        const names = (await readdir(ledger, { recursive: true })).filter((name) => /\bwindows\W.*json$/.test(name));
        assert.equal(names.length, 4);
        for (const name of names) await rm(join(ledger, name));
        const later = (source: readonly (readonly [number, number])[]) =>
          source.map(([id, at]) => [id, at + 10] as const);
        const moved = Object.fromEntries(Object.entries(plain).map(([hour, source]) => [hour, later(source)]));
        await give(moved);
        const { code, err } = await transform(...more);
        assert.equal(code, 0, err);
        assert.deepEqual(await rows(), idsOf(moved));
        assert.equal((await run(['audit', '--out', lake])).code, 0);
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
