import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Row } from '../../shared/engine/decode/rows/row.ts';
import { fieldRules } from '../../shared/engine/shaping/field-rules.ts';
import {
  type FieldTree,
  folded,
  isHiddenPath,
  keepingTree,
  placeTree,
  readings,
  removePath,
  treeOf,
} from '../../shared/engine/shaping/field-tree.ts';
import { scrub } from '../../shared/engine/shaping/scrub.ts';
import { Sink } from '../../shared/engine/sink.ts';
import fc from '../seeds.ts';
import { query } from './chunks.ts';
import { scrubText } from './scrub-text.ts';

/** What is left of a value in a cell; null where nothing is. */
function scrubbed(value: string, tree: FieldTree): string | null {
  const row = new Row(1);
  const bytes = Buffer.from(`${value}\n`);
  row.setText(0, bytes, 0, bytes.length - 1);
  scrub(row, 0, fieldRules(tree), false, new Sink());
  return row.isNull(0) ? null : row.textOf(0);
}

const keys = fc.constantFrom('a', 'A', 'b', 'mail', 'Mail', 'İd', 'ΟΔΟΣ', 'a.b', 'x y', '"', '\\');
const leaf = fc.oneof(fc.constantFrom(null, true, 1.5, -3, '', 'text', '{"a":1}', '[', 'é\n"'), fc.constant('a'));
const { value: anyJson } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf.map((value) => JSON.stringify(value)),
    fc.array(tie('value') as fc.Arbitrary<string>, { maxLength: 3 }).map((parts) => `[${parts.join(' ,')}]`),
    fc
      .array(fc.tuple(keys, tie('value') as fc.Arbitrary<string>), { maxLength: 4 })
      .map((members) => `{${members.map(([key, value]) => `${JSON.stringify(key)} : ${value}`).join(', ')}}`),
  ),
}));
const trees: fc.Arbitrary<FieldTree> = fc
  .record({
    remove: fc.array(fc.array(keys, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
    keep: fc.option(
      fc.array(
        keys.filter((key) => !/["\\]/.test(key)),
        { maxLength: 4 },
      ),
      { nil: undefined, freq: 2 },
    ),
  })
  .map(({ remove, keep }) => {
    const tree = treeOf([]);
    for (const path of remove) removePath(tree, path);
    if (keep !== undefined) placeTree(tree, [], keepingTree(keep));
    return tree;
  });

/** As members in order, for a key may stand twice. */
const canonical = (text: string): string =>
  text.replaceAll(/"(?:[^"\\]|\\.)*"|\s/g, (part) => (part.trim() === '' ? '' : JSON.stringify(JSON.parse(part))));

test('what is left of a value is what a reader of its text leaves', () => {
  fc.assert(
    fc.property(anyJson as fc.Arbitrary<string>, trees, (value, tree) => {
      const text = canonical(scrubText(value, tree).join(''));
      const left = ['{}', '[]', 'null'].includes(text) ? null : text;
      const found = scrubbed(value, tree);
      assert.equal(found === null ? null : canonical(found), left, value);
    }),
    { numRuns: 1200 },
  );
});

test('text that is no JSON says nothing', () => {
  for (const text of ['', '{', '{"a"}', '{"a":1', '["a" {}]', '{"a":1 "b":2}', '{a:1}', '[{"a":"x}]'])
    assert.deepEqual(scrubText(text, treeOf(['x'])).join(''), 'null', text);
});

test('a key that is spelled with escapes is seen', () => {
  const tree = treeOf([]);
  removePath(tree, ['Undocumented', 'mail']);
  const value = String.raw`{"Undocumented":{"m\u0061il":"secret","other":1}}`;
  assert.equal(scrubbed(value, tree), '{"Undocumented":{"other":1}}');
});

test('names are folded as DuckDB folds them', async () => {
  const ranges = [
    [1, 0x600],
    [0x10a0, 0x1c80],
    [0x1e00, 0x2200],
    [0x2c00, 0x2e00],
    [0xff00, 0xfff0],
  ] as const;
  for (const [from, to] of ranges) {
    const rows = await query(
      `SELECT chr(c::INTEGER) AS letter, lower(chr(c::INTEGER)) AS small FROM range(${from}, ${to}) t(c)`,
    );
    assert.deepEqual(
      rows.filter(({ letter, small }) => folded(String(letter)) !== small),
      [],
    );
  }
  const [found] = await query(`SELECT lower('ΚΩΔΙΚΟΣ') AS greek`);
  assert.equal(folded('ΚΩΔΙΚΟΣ'), found?.greek);
});

test('a dotted path may hold names with dots', () => {
  assert.deepEqual(readings('a'), [['a']]);
  assert.deepEqual(readings('a.b.c'), [['a', 'b', 'c'], ['a.b', 'c'], ['a.b.c'], ['a', 'b.c']]);
  const tree = treeOf([]);
  for (const path of readings('a.b.c')) removePath(tree, path);
  for (const value of ['{"a":{"b":{"c":1}}}', '{"a.b":{"c":1}}', '{"a.b.c":1}', '{"a":{"b.c":1}}'])
    assert.match(scrubText(value, tree).join(''), /^[{}"a.b:]*$/, value);
  assert.equal(scrubText('{"a":{"b":{"d":1},"c":2},"c":3}', tree).join(''), '{"a":{"b":{"d":1},"c":2},"c":3}');
});

test('what two lists keep is what both keep', () => {
  const tree = treeOf([]);
  placeTree(tree, ['Properties'], treeOf([], ['mail', 'tenant']));
  placeTree(tree, [], keepingTree(['Properties.tenant', 'Properties.name', 'other']));
  const left = scrubText('{"Properties":{"mail":1,"tenant":2,"name":3},"other":4,"more":5}', tree).join('');
  assert.equal(left, '{"Properties":{"tenant":2},"other":4}');
  const hidden = ['Properties.mail', 'properties.NAME', 'more', 'Properties.tenant', 'other.deep'].map((path) =>
    isHiddenPath(path.split('.'), tree),
  );
  assert.deepEqual(hidden, [true, true, true, false, false]);
});
