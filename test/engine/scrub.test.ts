import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type Database, openDatabase } from '../../shared/engine/database.ts';
import {
  type FieldTree,
  folded,
  isHiddenPath,
  keepingTree,
  placeTree,
  readings,
  removePath,
  treeOf,
} from '../../shared/engine/field-tree.ts';
import { scrubbed, untouched } from '../../shared/engine/scrub.ts';
import { scrubText } from '../../shared/engine/scrub-text.ts';
import { quote } from '../../shared/engine/sql.ts';
import { workFolder } from './chunks.ts';

let db: Database;
before(async () => {
  db = await openDatabase(workFolder(), { memoryLimit: 128 * 1024 * 1024, threads: 1, spillBytes: 0 });
});
after(() => db.close());

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

test('long and short values lose the same, and at a glance nothing is overlooked', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyJson as fc.Arbitrary<string>, { minLength: 20, maxLength: 40 }),
      trees,
      async (values, tree) => {
        const glance = untouched('v', tree) ?? 'false';
        const rows = await db.rows(
          `SELECT v, ${scrubbed('v', tree)}, ${glance} FROM (VALUES ${values.map((v) => `(${quote(v)})`).join(', ')}) t(v)`,
        );
        for (const [value, short, whole] of rows) {
          const long = scrubText(String(value), tree).join('');
          assert.equal(canonical(short === '' ? 'null' : String(short)), canonical(long), String(value));
          if (whole === true) assert.equal(canonical(long), canonical(String(value)));
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('text that is no JSON says nothing', () => {
  for (const text of ['', '{', '{"a"}', '{"a":1', '["a" {}]', '{"a":1 "b":2}', '{a:1}', '[{"a":"x}]'])
    assert.deepEqual(scrubText(text, treeOf(['x'])).join(''), 'null', text);
});

test('a key that is spelled with escapes is seen in a value that was taken out of its line', async () => {
  const tree = treeOf([]);
  removePath(tree, ['Undocumented', 'mail']);
  const value = String.raw`{"Undocumented":{"m\u0061il":"secret","other":1}}`;
  const [found] = await db.rows(
    `SELECT ${untouched('v', tree)}, ${scrubbed('v', tree)} FROM (SELECT ${quote(value)} AS v)`,
  );
  assert.deepEqual(found, [false, '{"Undocumented":{"other":1}}']);
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
    const rows = await db.rows(`SELECT chr(c::INTEGER), lower(chr(c::INTEGER)) FROM range(${from}, ${to}) t(c)`);
    assert.deepEqual(
      rows.filter(([letter, small]) => folded(String(letter)) !== small),
      [],
    );
  }
  const [[greek] = []] = await db.rows(`SELECT lower('ΚΩΔΙΚΟΣ')`);
  assert.equal(folded('ΚΩΔΙΚΟΣ'), greek);
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
