import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Row } from '../../shared/engine/decode/rows/row.ts';
import { fieldRules } from '../../shared/engine/shaping/field-rules.ts';
import { type FieldTree, keepingTree, placeTree, removePath, treeOf } from '../../shared/engine/shaping/field-tree.ts';
import { scrub } from '../../shared/engine/shaping/scrub.ts';
import { Sink } from '../../shared/engine/sink.ts';
import fc from '../seeds.ts';

/** A tree that hides these dotted paths. */
function hiding(...paths: readonly string[]): FieldTree {
  const tree = treeOf([]);
  for (const path of paths) removePath(tree, path.split('.'));
  return tree;
}

function scrubbed(text: string, tree: FieldTree, prunes = false): string | null {
  const row = new Row(1);
  // Behind the text stands what is not to be read.
  const bytes = Buffer.from(`${text}\u{1F600}"}]`);
  row.setText(0, bytes, 0, Buffer.byteLength(text));
  scrub(row, 0, fieldRules(tree), prunes, new Sink());
  return row.isNull(0) ? null : row.textOf(0);
}

const keeping = (...paths: readonly string[]): FieldTree => {
  const tree = treeOf([]);
  placeTree(tree, [], keepingTree(paths));
  return tree;
};

const table: readonly (readonly [text: string, tree: FieldTree, left: string | null, pruned?: string | null])[] = [
  ['{"a":1,"b":2}', hiding('a'), '{"b":2}'],
  ['{"a":1,"b":2}', hiding('b'), '{"a":1}'],
  ['{"a":1,"b":2}', hiding('a', 'b'), null],
  ['{"a":1,"b":2}', hiding('c'), '{"a":1,"b":2}'],
  ['{ "a" : 1 , "b" : { "c" : 2 } }', hiding('a'), '{"b" : { "c" : 2 }}'],
  ['{ "a" : 1 }', hiding('c'), '{ "a" : 1 }'],
  ['{}', hiding('a'), null],
  ['[]', hiding('a'), null],
  ['{"A":1,"\\u0061":2,"b":3}', hiding('a'), '{"b":3}'],
  ['{"ΚΩΔΙΚΟΣ":1,"İd":2,"b":3}', hiding('κωδικοσ', 'id'), '{"b":3}'],
  ['{"a":1,"a":2,"b":3}', hiding('a'), '{"b":3}'],
  ['{"a\\"b":1,"c":2}', hiding('a"b'), '{"c":2}'],
  ['{"a":{"b":1,"c":[1,{"d":2}]},"e":"x"}', hiding('a.b'), '{"a":{"c":[1,{"d":2}]},"e":"x"}'],
  ['{"a":{"b":1},"e":"x"}', hiding('a.b'), '{"a":{},"e":"x"}', '{"e":"x"}'],
  ['{"a":{"b":{"c":{"d":1}}},"e":"x"}', hiding('a.b.c.d'), '{"a":{"b":{"c":{}}},"e":"x"}', '{"e":"x"}'],
  ['{"a":[{"b":1},{"c":2}]}', hiding('a.b'), '{"a":[{},{"c":2}]}', '{"a":[{},{"c":2}]}'],
  ['{"a":[{"b":1},{"b":2}],"e":1}', hiding('a.b'), '{"a":[{},{}],"e":1}', '{"e":1}'],
  // What stands in place of an object could be the same object as text.
  ['{"a":"{\\"b\\":1}","e":"x"}', hiding('a.b'), '{"e":"x"}'],
  ['{"a":1,"e":"x"}', hiding('a.b'), '{"e":"x"}'],
  ['{"a":null,"e":"x"}', hiding('a.b'), '{"e":"x"}'],
  ['{"a":["{\\"b\\":1}",[{"b":1}],{"c":1}],"e":"x"}', hiding('a.b'), '{"a":[{"c":1}],"e":"x"}'],
  ['"{\\"a\\":1}"', hiding('a'), null],
  ['7', hiding('a'), null],
  ['[{"a":1,"b":2},{"b":3}]', hiding('a'), '[{"b":2},{"b":3}]'],
  ['[1,{"b":3}]', hiding('a'), '[{"b":3}]'],
  ['{"a":1,"b":{"c":1,"d":2},"e":3}', keeping('b.c'), '{"b":{"c":1}}'],
  ['{"a":1,"b.c":2,"b":3}', keeping('b.c'), '{"b.c":2}'],
  ['{"a":1}', keeping('x'), null],
];

for (const [text, tree, left, pruned = left] of table) {
  test(`scrubbed: ${text}`, () => {
    assert.equal(scrubbed(text, tree), left);
    assert.equal(scrubbed(text, tree, true), pruned);
  });
}

test('what is hidden is not there, and all else is, whatever the JSON', () => {
  const value = fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' });
  const record = fc.dictionary(fc.oneof(fc.constantFrom('a', 'b', 'secret'), fc.string()), value);
  fc.assert(
    fc.property(record, fc.boolean(), (object, spaced) => {
      const text = JSON.stringify(object, undefined, spaced ? ' ' : '').replaceAll('\n', ' ');
      const { secret, SECRET, ...others } = object;
      const left = scrubbed(text, hiding('secret'));
      const rest = Object.fromEntries(Object.entries(others).filter(([name]) => name.toLowerCase() !== 'secret'));
      assert.deepEqual(left === null ? {} : JSON.parse(left), JSON.parse(JSON.stringify(rest)));
    }),
    { numRuns: 300 },
  );
});
