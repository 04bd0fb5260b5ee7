import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isJson } from '../../shared/engine/valid-json.ts';
import { query } from './chunks.ts';

const pieces = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"a"',
  '"',
  '\\',
  '\\u00e9',
  '\\ud83d\\ude00',
  '\\ud83d',
  '\\ude00',
  '1',
  '-0',
  '01',
  '1e5',
];
const more = ['1.', 'true', 'nul', 'null', ' ', '\r', '\t', '"x\\n"', 'é', '"\\q"', '""', '-', '\u0000', '\u007f'];
const piece = fc.constantFrom(...pieces, ...more);

const texts = fc.oneof(
  fc.array(piece, { maxLength: 9 }).map((parts) => parts.join('')),
  fc.json(),
  // JSON in which a letter is another.
  fc
    .tuple(fc.json(), fc.nat(), piece)
    .map(([json, at, other]) => `${json.slice(0, at % json.length)}${other}${json.slice((at % json.length) + 1)}`),
);

test('NaN is no JSON, though DuckDB takes it', () => {
  for (const text of ['NaN', '[Infinity]', '-inf']) assert.equal(isJson(Buffer.from(text)), false);
});

test('JSON is what DuckDB takes for JSON', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(texts, { minLength: 50, maxLength: 100 }), async (all) => {
      const list = all.map((text) => `('${text.replaceAll("'", "''").replaceAll('\0', "' || chr(0) || '")}')`);
      const rows = await query(`SELECT text, json_valid(text) AS valid FROM (VALUES ${list.join(', ')}) found(text)`);
      assert.equal(rows.length, all.length);
      for (const { text, valid } of rows) assert.equal(isJson(Buffer.from(String(text))), valid, JSON.stringify(text));
    }),
    { numRuns: 30 },
  );
});
