import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityOf } from '../../shared/lake/path-identity.ts';
import { defaultPathTemplate, pathTemplateFaults } from '../../shared/lake/path-template.ts';
import { filePath, tableFilePath } from '../../shared/lake/paths.ts';
import { signals } from '../../shared/signals/tables.ts';
import fc from '../seeds.ts';

const hour = 3_600_000;
const templates = [
  defaultPathTemplate('hour'),
  defaultPathTemplate('day'),
  '{app}/{signal}/{yyyy}/{MM}/{dd}/{HH}/{source}_{start}_{end}.{ext}',
  'a.b/{yyyy}{MM}{dd}{HH}/{signal}/{app}_{source}_{start}_{end}.{ext}',
  'x/{signal}/{source}_{yyyy}-{MM}-{dd}_{HH}/{app}/{start}_{end}.{ext}',
  '{signal}/{app}/{yyyy}/{yyyy}-{MM}-{dd}/{end}_{start}_{source}.{ext}',
];

const file = fc.record({
  app: fc.oneof(
    fc.constantFrom('shop', 'Shop_x', "o'neil", 'ü 日本 🚀', 'a/b', 'a%2Fb', '.hidden', 'x.', 'a_20260101T0000Z_b'),
    fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => text.isWellFormed()),
  ),
  owner: fc.constantFrom(...signals),
  signal: fc.constantFrom(...signals),
  source: fc.constantFrom('query', 'continuous', 'diagnostics', 'dataExport', 'file-0a1b2c'),
  start: fc.integer({ min: 0, max: Date.UTC(2100, 0) }),
  length: fc.constantFrom(1, 60_000, 1500, hour, 24 * hour),
  partition: fc.integer({ min: 0, max: 40_000 }),
  part: fc.constantFrom(1, 2, 17),
  format: fc.constantFrom('parquet', 'ndjson', 'csv'),
  gzip: fc.boolean(),
});

test('what a path says is what it was made of, whatever the template', () => {
  for (const template of templates) {
    const partition = template.includes('{HH}') ? ('hour' as const) : ('day' as const);
    assert.deepEqual(pathTemplateFaults(template, { format: 'parquet', gzip: false, partition }), []);
    fc.assert(
      fc.property(file, ({ app, owner, signal, source, start, length, partition: day, part, format, gzip }) => {
        const window = { app, signal: owner, source, start, end: start + length };
        const identity = {
          window,
          signal,
          partition: day * 24 * hour,
          part,
          format,
          gzip: gzip && format !== 'parquet',
        };
        let path: string;
        try {
          path = filePath(template, identity);
        } catch {
          return; // too long
        }
        assert.deepEqual(identityOf(path, [template]), { window, signal, revision: 0 }, path);
      }),
      { numRuns: 300 },
    );
  }
});

test('a file of a table tells its revision', () => {
  const window = { app: 'shop', signal: 'requests', source: 'query', start: 0, end: hour } as const;
  for (const part of [1, 3])
    for (const revision of [1, 12]) {
      const path = tableFilePath({ window, signal: 'traces', partition: 0, part, revision });
      assert.deepEqual(identityOf(path, []), { window, signal: 'traces', revision });
    }
});

test('what nobody of ours made is not explained', () => {
  for (const path of [
    'requests/part-00000-6f.snappy.parquet',
    'requests/app=shop/date=2026-01-01/hour=00/query_20260101T0000Z.parquet',
    'requests/app=shop/date=2026-01-01/hour=00/query_20260101T0100Z_20260101T0000Z.parquet',
    'requests/app=shop/date=2026-01-01/hour=00/query_20260101T0000Z_20260101T0100Z.orc',
    'requests/app=shop/date=2026-13-01/hour=00/query_20260101T0000Z_20260101T0100Z.parquet',
    'nothing/app=shop/date=2026-01-01/hour=00/query_20260101T0000Z_20260101T0100Z.parquet',
    'requests/app=shop/date=2026-01-01/hour=00/query_20260101T000000Z_20260101T0100Z.parquet',
    'requests/app=%zz/date=2026-01-01/hour=00/query_20260101T0000Z_20260101T0100Z.parquet',
    'requests/app=shop/date=2026-01-01/hour=00/query_20260101T0000Z_20260101T0100Z_1.parquet',
  ])
    assert.equal(identityOf(path, templates), undefined, path);
});
