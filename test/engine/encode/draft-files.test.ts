import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { DuckDBConnection } from '@duckdb/node-api';
import { createDraftFiles, emptyFile, type FileLimits } from '../../../shared/engine/encode/draft-files.ts';
import type { DraftFile, Format, Output } from '../../../shared/model.ts';
import { workFolder } from '../chunks.ts';
import { answer, openReader } from './duckdb.ts';
import { lineRows } from './lines.ts';
import { rowsOf, type Typed } from './rows.ts';

let reader: DuckDBConnection;
before(async () => {
  reader = await openReader();
});
after(() => reader.closeSync());

const columns: readonly Typed[] = [
  { name: 'id', type: 'string' },
  { name: 'text', type: 'string' },
];
const kind = { columns, facts: { some: 'fact' } };
const outputOf = (format: Format, gzip = false): Output => ({ format, gzip, partition: 'hour', path: '' });
const roomy: FileLimits = { partBytes: 1e9, stageBytes: 1e9, groupBytes: 1e9, heldBytes: 1e9 };
const draft = (work: string, format: Format, limits: Partial<FileLimits> = {}, gzip = false) =>
  createDraftFiles(work, outputOf(format, gzip), () => kind, { ...roomy, ...limits });
const rows = (...ids: string[]) =>
  rowsOf(
    columns,
    ids.map((id) => [id, 'x']),
  );
const rowsFor = (format: Format, ...ids: string[]) => {
  if (format === 'parquet') return rows(...ids);
  return lineRows(...ids.map((id) => (format === 'csv' ? `${id},x\n` : `{"id":"${id}","text":"x"}\n`)));
};
const shown = (files: readonly DraftFile[]) =>
  files.map(({ signal, partition, part, rows: count }) => [signal, partition, part, count]);

async function idsIn(file: DraftFile, format: Format): Promise<unknown[]> {
  const [path = ''] = file.content.files;
  assert.equal(statSync(path).size, file.content.bytes);
  if (format === 'parquet') return (await answer(reader, `SELECT id FROM read_parquet('${path}')`)).map(([id]) => id);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return format === 'csv' ? lines.slice(1).map((line) => line.split(',')[0]) : lines.map((line) => JSON.parse(line).id);
}

test('one file for a signal and partition, whatever the number of times that rows are added', async () => {
  for (const format of ['parquet', 'ndjson', 'csv'] as const)
    for (const groupBytes of [1, 1e9]) {
      const work = workFolder();
      const files = draft(work, format, { groupBytes });
      await files.add('requests', 0, rowsFor(format, 'a', 'b'), 10);
      await files.add('traces', 0, rowsFor(format, 'c'), 10);
      await files.add('requests', 1, rowsFor(format, 'd'), 10);
      await files.add('requests', 0, rowsFor(format, 'e'), 10);
      const found = await files.finish();
      assert.deepEqual(shown(found), [
        ['requests', 0, 1, 3],
        ['traces', 0, 1, 1],
        ['requests', 1, 1, 1],
      ]);
      assert.deepEqual(await Promise.all(found.map((file) => idsIn(file, format))), [['a', 'b', 'e'], ['c'], ['d']]);
      assert.equal(readdirSync(work).length, 3);
    }
});

test('beyond a size of the records the next part begins', async () => {
  const files = draft(workFolder(), 'parquet', { partBytes: 25 });
  assert.deepEqual(await files.add('requests', 0, rows('a'), 10), []);
  assert.deepEqual(await files.add('requests', 0, rows('b'), 10), []);
  const full = await files.add('requests', 0, rows('c'), 10);
  assert.deepEqual(shown(full), [['requests', 0, 1, 2]]);
  assert.deepEqual(shown(await files.finish()), [['requests', 0, 2, 1]]);
  assert.deepEqual(await files.finish(), []);
});

test('the largest leave early when the disk would get too full', async () => {
  const files = draft(workFolder(), 'ndjson', { groupBytes: 1, stageBytes: 70 });
  assert.deepEqual(await files.add('requests', 0, rowsFor('ndjson', 'a'), 1), []);
  assert.deepEqual(await files.add('requests', 1, rowsFor('ndjson', 'b', 'c'), 1), []);
  const left = await files.add('requests', 0, rowsFor('ndjson', 'd'), 1);
  assert.deepEqual(shown(left), [['requests', 0, 1, 2]]);
  assert.deepEqual(shown(await files.finish()), [['requests', 1, 1, 2]]);
});

test('memory is bounded: the largest are written when all together hold too much', async () => {
  const work = workFolder();
  const files = draft(work, 'parquet', { heldBytes: 4000 });
  for (const id of ['a', 'b', 'c']) await files.add('requests', 0, rows(id), 1);
  assert.equal(readdirSync(work).length, 0);
  await files.add('requests', 1, rows('d'), 1);
  assert.equal(readdirSync(work).length, 1);
  assert.deepEqual(shown(await files.finish()), [
    ['requests', 0, 1, 3],
    ['requests', 1, 1, 1],
  ]);
});

test('gzip: members that follow each other', async () => {
  for (const format of ['ndjson', 'csv'] as const) {
    const files = draft(workFolder(), format, { groupBytes: 1 }, true);
    await files.add('requests', 0, rowsFor(format, 'a'), 1);
    await files.add('requests', 0, rowsFor(format, 'b'), 1);
    const [file] = await files.finish();
    const expected = format === 'csv' ? 'id,text\na,x\nb,x\n' : '{"id":"a","text":"x"}\n{"id":"b","text":"x"}\n';
    assert.equal(gunzipSync(readFileSync(file?.content.files[0] ?? '')).toString(), expected);
  }
});

test('a file that lost bytes on the way is no file', async () => {
  const work = workFolder();
  const files = draft(work, 'parquet', { groupBytes: 1 });
  await files.add('requests', 0, rows('a'), 1);
  truncateSync(join(work, 'part-0'), 4);
  await assert.rejects(files.finish(), /bytes instead of/);
});

test('rows that are not those of the columns are refused', async () => {
  const files = draft(workFolder(), 'parquet');
  const { vectors } = rows('a', 'b');
  await assert.rejects(files.add('requests', 0, { count: 2, vectors: vectors.slice(1) }, 1), /1 vectors for 2 columns/);
  await assert.rejects(files.add('requests', 0, { count: 3, vectors }, 1), /column id \(string\): not 3 rows of text/);
  const wrong = rowsOf([{ name: 'id', type: 'long' }, columns[1] as Typed], [[1n, 'x']]);
  await assert.rejects(files.add('requests', 0, wrong, 1), /not 1 rows of long/);
});

test('files without rows', async () => {
  assert.equal(Buffer.from(emptyFile(outputOf('csv'), kind)).toString(), 'id,text\n');
  assert.equal(gunzipSync(emptyFile(outputOf('csv', true), kind)).toString(), 'id,text\n');
  assert.equal(gunzipSync(emptyFile(outputOf('ndjson', true), kind)).length, 0);
  const parquet = Buffer.from(emptyFile(outputOf('parquet'), kind));
  assert.equal(parquet.subarray(0, 4).toString() + parquet.subarray(-4).toString(), 'PAR1PAR1');
});

test('files of a table say what its log tells of them; others do not', async () => {
  const statisticsOf = async (output: Output) => {
    const files = createDraftFiles(workFolder(), output, () => kind, roomy);
    await files.add('requests', 0, rows('a', 'b'), 1);
    return (await files.finish()).map(({ statistics }) => statistics);
  };
  const table: Output = { ...outputOf('parquet'), table: 'delta' };
  assert.deepEqual(await statisticsOf(table), [
    '{"numRecords":2,"minValues":{},"maxValues":{},"nullCount":{"id":0,"text":0}}',
  ]);
  assert.deepEqual(await statisticsOf(outputOf('parquet')), [undefined]);
});
