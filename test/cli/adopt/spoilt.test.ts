/** Somebody writes over a file of a lake, or cuts it: its window runs again, whatever the file can be read as. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { run } from '../real.ts';
import { classic, lines, named, newLake, put } from '../transform/lake-of-commands.ts';

const formats = [['--format', 'ndjson', '--gzip'], ['--format', 'csv', '--gzip'], ['--format', 'ndjson'], []];
const damages: readonly (readonly [string, (was: Buffer) => Buffer])[] = [
  ['other bytes', () => Buffer.from('spoilt')],
  ['its beginning', (was) => was.subarray(0, 60)],
  ['nothing', () => Buffer.alloc(0)],
  ['a byte that is another', (was) => Buffer.concat([was.subarray(0, 40), Buffer.of(7), was.subarray(41)])],
];

for (const format of formats)
  for (const [what, damage] of damages)
    test(`${format.slice(1).join(' ') || 'parquet'}: ${what} in the place of a file`, async () => {
      const { root, lake } = newLake();
      const folder = await put(join(root, 'in'), { [classic('a.blob')]: lines(0, 5) });
      const transform = ['transform', folder, '--out', lake, ...format];
      assert.equal((await run(transform)).code, 0);
      const names = await readdir(lake, { recursive: true });
      const name = names.find((each) => each.startsWith('traces') && /\.(parquet|ndjson|csv)(\.gz)?$/.test(each));
      const file = join(lake, name ?? '');
      const was = await readFile(file);
      await writeFile(file, damage(was));
      assert.equal((await run(['adopt', '--out', lake])).code, 0);
      assert.equal((await run(['audit', '--out', lake, '--repair'])).code, 1);
      const { code, err } = await run(transform);
      assert.equal(code, 0, err);
      assert.equal((await run(['audit', '--out', lake])).code, 0);
      const plain = (bytes: Buffer) => (file.endsWith('.gz') ? gunzipSync(bytes) : bytes);
      if (format.length > 0) assert.deepEqual(plain(await readFile(file)), plain(was));
      // Of equal length it is what audits tell: adopt goes by lengths.
      if (damage(was).length === was.length) return;
      await writeFile(file, damage(was));
      assert.equal((await run(['adopt', '--out', lake, '--write'])).code, 0);
      assert.equal((await run(transform)).code, 0);
      assert.equal((await run(['audit', '--out', lake])).code, 0);
      if (format.length > 0) assert.deepEqual(plain(await readFile(file)), plain(was));
    });

for (const document of ['windows/', 'progress.json', 'mark.json'])
  test(`a spoilt document of the ledger (${document}): what is said brings the lake on`, async () => {
    const { root, lake, transform, messages } = newLake();
    const folder = await put(join(root, 'in'), { [classic('a.blob')]: lines(0, 5), 'loose.json': lines(5, 9) });
    assert.equal((await transform(folder)).code, 0);
    const ledger = join(lake, '_insights-lake/ledger/');
    const names = (await readdir(ledger, { recursive: true })).filter((name) => name.endsWith('.json'));
    await writeFile(join(ledger, names.find((name) => name.includes(document)) ?? ''), 'spoilt');
    const spoilt = await run(['transform', folder, '--out', lake, '--format', 'ndjson']);
    assert.deepEqual([spoilt.code, await messages()], [4, named(0, 9)]);
    assert.match(
      spoilt.err,
      /no JSON document any more; restore it, or remove _insights-lake\/ledger\/ and have .* adopt/,
    );
    await rm(ledger, { recursive: true });
    assert.equal((await run(['adopt', '--out', lake, '--write'])).code, 0);
    assert.equal((await transform(folder, '--window', '6h')).code, 0);
    assert.deepEqual(await messages(), named(0, 9));
    assert.equal((await run(['audit', '--out', lake])).code, 0);
  });
