import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createEngine, engineDefaults } from '../../shared/engine/engine.ts';
import { contentPieces } from '../../shared/lake/local-content.ts';
import type { Chunk, DraftFile, Output } from '../../shared/model.ts';
import { hashOf } from '../../shared/pure/hash-of.ts';
import fc from '../seeds.ts';
import { hour, jsonLines, parquetRows, windowOf, workFolder } from './chunks.ts';

/** Answers of a window, in chunks, whose end may say that they are none. */
interface Given {
  /** Of each chunk how many rows it has. */
  readonly chunks: readonly number[];
  readonly counts: boolean;
}

const columns = ['timestamp', 'itemId', 'name', 'strange', 'duration'].map((name) => ({ name, type: 'string' }));
/** Half of the hours are others than the window's; a row in five is no row, one in five stands there twice. */
const rowOf = (n: number): readonly unknown[] => {
  const time = new Date(hour + (n % 4) * 1800_000).toISOString();
  return [
    time,
    `i${n % 5 === 4 ? n - 1 : n}`,
    `name ${n % 5 === 4 ? n - 1 : n} ${'x'.repeat(n % 50)}`,
    { [`k${n % 3}`]: 1 },
    n % 7,
  ];
};

function chunksOf(given: readonly Given[]): Chunk[] {
  let made = 0;
  return given.flatMap(({ chunks, counts }) =>
    chunks.map((count, at): Chunk => {
      const rows = Array.from({ length: count }, () => rowOf(made++));
      const text = jsonLines(rows).replaceAll(/^\[.*"i\d*3".*\n/gm, '["no row\n');
      const isLast = at === chunks.length - 1;
      const answer = isLast ? (counts ? 'whole' : 'void') : 'open';
      const bytes = new Uint8Array(Buffer.from(answer === 'void' ? '' : text));
      const alone = isLast && at === 0 && counts ? {} : { answer };
      return { bytes, layout: 'query', columns, segments: [], faults: [], ...alone } as Chunk;
    }),
  );
}

async function drafted(chunks: readonly Chunk[], output: Output, small: number) {
  const limits = { partBytes: small * 8, stageBytes: small * 4, groupBytes: small, heldBytes: small * 2 };
  const work = workFolder();
  const draft = await createEngine({ ...engineDefaults, ...limits, output }).begin(
    windowOf('requests', 'query'),
    work,
    1,
  );
  const files: DraftFile[] = [];
  for (const chunk of chunks) files.push(...(await draft.add(structuredClone(chunk))));
  files.push(...(await draft.finish()));
  await draft.close();
  const { counts, drift } = draft;
  const [own, faults] = [files.filter(isOwn), files.filter((file) => !isOwn(file))];
  const parts = readdirSync(work).filter((name) => name.startsWith('part-'));
  assert.equal(parts.length, own.length, 'no other file is left');
  for (const { hash, content } of own)
    assert.equal(hash, await hashOf(contentPieces(content)), 'the hash of its bytes');
  for (const { content } of files) assert.equal(readFileSync(content.files[0] ?? '').length, content.bytes);
  const byHour = Map.groupBy(own, ({ partition }) => partition).values();
  for (const some of byHour)
    assert.deepEqual(
      some.map(({ part }) => part).toSorted((a, b) => a - b),
      some.map((_, at) => at + 1),
    );
  const statistics = own.map((file) => file.statistics && JSON.parse(file.statistics));
  if (output.table)
    assert.deepEqual(
      statistics.map(({ numRecords }) => numRecords),
      own.map(({ rows }) => rows),
    );
  const nulls = statistics.reduce((sum, each) => sum + (each?.nullCount.operation_Name ?? 0), 0);
  const rows = (await rowsOf(own, output)).toSorted();
  assert.equal(
    rows.length,
    own.reduce((sum, file) => sum + file.rows, 0),
  );
  return { rows, counts, drift, nulls, quarantine: faults.map(textOf) };
}

const isOwn = ({ signal }: DraftFile): boolean => signal !== 'quarantine';
const textOf = ({ content }: DraftFile): string => readFileSync(content.files[0] ?? '', 'utf8');

async function rowsOf(files: readonly DraftFile[], { format, gzip }: Output): Promise<string[]> {
  if (format === 'parquet')
    return files.length === 0
      ? []
      : (await parquetRows(files.flatMap(({ content }) => content.files))).map((row) => JSON.stringify(row));
  const bytes = files.map(({ content }) => readFileSync(content.files[0] ?? ''));
  return bytes.flatMap((each) => (gzip ? gunzipSync(each) : each).toString().trimEnd().split('\n'));
}

const anyAnswers = fc.array(
  fc.record({ chunks: fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }), counts: fc.boolean() }),
  { maxLength: 6 },
);

const outputs: readonly (readonly [what: string, output: Output, runs: number])[] = [
  ['NDJSON', { format: 'ndjson', gzip: false, partition: 'hour', path: '' }, 60],
  ['packed NDJSON', { format: 'ndjson', gzip: true, partition: 'day', path: '' }, 20],
  ['Parquet', { format: 'parquet', gzip: false, partition: 'hour', path: '' }, 12],
  ['a table', { format: 'parquet', gzip: false, partition: 'hour', path: '', table: 'delta' } as Output, 12],
];

for (const [what, output, numRuns] of outputs)
  test(`what came of an answer that proves to be none is taken back: ${what}`, async () => {
    const property = fc.asyncProperty(anyAnswers, fc.constantFrom(100, 1000, 100_000), async (answers, small) => {
      const chunks = chunksOf(answers);
      const complete: Chunk[] = [];
      let open: Chunk[] = [];
      for (const chunk of chunks) {
        open = chunk.answer === 'void' ? [] : [...open, chunk];
        if (chunk.answer === 'open') continue;
        complete.push(...open);
        open = [];
      }
      assert.deepEqual(await drafted(chunks, output, small), await drafted(complete, output, small));
    });
    await fc.assert(property, { numRuns });
  });

test('nothing of an open answer is given away before its end', async () => {
  const limits = { partBytes: 500, stageBytes: 500, groupBytes: 100, heldBytes: 100 };
  const output: Output = { format: 'ndjson', gzip: false, partition: 'hour', path: '' };
  const engine = createEngine({ ...engineDefaults, ...limits, output });
  const draft = await engine.begin(windowOf('requests', 'query'), workFolder(), 1);
  const [first, second, last] = chunksOf([{ chunks: [40, 40, 1], counts: true }]);
  assert.ok(first && second && last);
  assert.deepEqual([await draft.add(first), await draft.add(second)], [[], []]);
  assert.ok((await draft.add(last)).length >= 2);
  await draft.close();
});
