import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type Database, openDatabase } from '../../shared/engine/database.ts';
import { copyTo } from '../../shared/engine/encode.ts';
import { quote } from '../../shared/engine/sql.ts';
import type { Column } from '../../shared/signals/column.ts';
import { parquetOutput, workFolder } from './chunks.ts';

const work = workFolder();
let db: Database;
before(async () => {
  db = await openDatabase(work, { memoryLimit: 128 * 1024 * 1024, threads: 1, spillBytes: 0 });
});
after(() => db.close());

const columns: readonly Pick<Column, 'name' | 'type'>[] = [
  { name: 'a', type: 'string' },
  { name: 'b', type: 'dynamic' },
  { name: 'c', type: 'integer' },
  { name: 'd', type: 'boolean' },
];

async function written(from: string, format: 'csv' | 'ndjson'): Promise<string> {
  const path = join(work, 'own');
  const output = { ...parquetOutput, format };
  await db.run(
    copyTo(path, from, { output, signal: 'requests', columns, mark: '', run: undefined, rowBytes: 1, header: true }),
  );
  return readFileSync(path, 'utf8');
}

async function writtenByDuckdb(from: string, options: string): Promise<string> {
  const path = join(work, 'theirs');
  await db.run(
    `COPY (SELECT a, ${options === 'FORMAT json' ? 'b::JSON AS b' : 'b'}, c, d FROM ${from}) TO ${quote(path)} (${options})`,
  );
  return readFileSync(path, 'utf8');
}

const signs = fc.constantFrom(
  'a',
  'é',
  '"',
  "'",
  ',',
  '\n',
  '\r',
  '\t',
  '#',
  ';',
  '|',
  '\\',
  ' ',
  'NULL',
  'null',
  '\u0001',
  '\u0000',
  '\ufeff',
  '=',
);
const text = fc.option(fc.array(signs, { maxLength: 5 }).map((parts) => parts.join('')));
const rows = fc.array(
  fc.tuple(
    text,
    fc.option(fc.json({ maxDepth: 2 })),
    fc.option(fc.integer({ min: -9, max: 9 })),
    fc.option(fc.boolean()),
  ),
  {
    minLength: 20,
    maxLength: 60,
  },
);

test('text formats are those of DuckDB’s own writers, byte by byte', async () => {
  const literal = (value: string | null) =>
    value === null ? 'NULL' : quote(value).replaceAll('\0', "' || chr(0) || '");
  await fc.assert(
    fc.asyncProperty(rows, async (all) => {
      const values = all.map(
        ([a, b, c, d]) => `(${literal(a)}, json(${literal(b)})::VARCHAR, ${c}::INTEGER, ${d}::BOOLEAN)`,
      );
      const from = `(VALUES ${values.join(', ')}) found(a, b, c, d)`;
      assert.equal(await written(from, 'csv'), await writtenByDuckdb(from, 'FORMAT csv, HEADER true'));
      assert.equal(await written(from, 'ndjson'), await writtenByDuckdb(from, 'FORMAT json'));
    }),
    { numRuns: 30 },
  );
});
