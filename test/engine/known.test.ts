import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Signal } from '../../shared/model.ts';
import { signals, signalTables } from '../../shared/signals/tables.ts';
import { chunkOf, decode, windowOf } from './chunks.ts';
import { elementPaths, rootPaths } from './sentinels.ts';

/**
 * Records that hold only what is documented are decoded by a shorter way than others. A blank before a colon is all it takes to leave that
 * way, so both ways can be asked about the same record.
 */

/** An object as its members: a key may stand twice. */
type Value =
  | { readonly members: readonly (readonly [string, Value])[] }
  | { readonly values: readonly Value[] }
  | { readonly json: string };

const scalar = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .string({ unit: fc.constantFrom('a', '1', '"', '\\', ':', '{', '}', ' ', 'é', '\n'), maxLength: 6 })
      .map(String),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(1, 0, 2.5, true, false, '2024-05-10T06:00:02.4211412Z', 'Error', 'Pass'),
  },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, '{}', '[]', '\\":', '":{', '{"a":1}') },
);
const leaf: fc.Arbitrary<Value> = scalar.map((value) => ({ json: JSON.stringify(value) }));
const odd: fc.Arbitrary<Value> = fc.oneof(
  fc.constant<Value>({ members: [] }),
  fc.constant<Value>({ values: [] }),
  leaf.map((value): Value => ({ values: [value] })),
  leaf.map((value): Value => ({ members: [['inside', value]] })),
);
const value = fc.oneof({ weight: 100, arbitrary: leaf }, { weight: 1, arbitrary: odd });

const documented = (all: readonly string[]) =>
  all.filter((path) => !/undocumented|newGroup|serverDevice|screenResolution/.test(path));

/** An object with some of these paths; seldom another key, or one of them twice. */
function objectOf(all: readonly string[]): fc.Arbitrary<Value> {
  const heads = [...new Set(all.map((path) => path.split('.')[0] ?? ''))];
  const members = heads.map((head): fc.Arbitrary<readonly (readonly [string, Value])[]> => {
    const below = all.filter((path) => path.startsWith(`${head}.`)).map((path) => path.slice(head.length + 1));
    const whole =
      below.length === 0
        ? value
        : fc.oneof({ weight: 60, arbitrary: objectOf(below) }, { weight: 1, arbitrary: value });
    return fc.oneof(
      { weight: 80, arbitrary: whole.map((one) => [[head, one] as const]) },
      { weight: 60, arbitrary: fc.constant([]) },
      {
        weight: 1,
        arbitrary: fc.tuple(whole, whole).map(([one, other]) => [[head, one] as const, [head, other] as const]),
      },
      { weight: 1, arbitrary: whole.map((one) => [[`${head}\\`, one] as const]) },
    );
  });
  return fc.tuple(...members).map((found) => ({ members: found.flat() }));
}

const dimensions = fc
  .array(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'x y', '":'), value), { maxLength: 3 }), { maxLength: 2 })
  .map((objects): Value => ({ values: objects.map((members): Value => ({ members })) }));

function recordOf(signal: Signal): fc.Arbitrary<Value> {
  const context = documented(
    rootPaths.filter((path) => path.startsWith('context.')).map((path) => path.slice('context.'.length)),
  );
  const own = documented(elementPaths[signal]);
  return fc
    .record({
      first: objectOf(own),
      others: fc.array(fc.oneof({ weight: 3, arbitrary: objectOf(own) }, { weight: 1, arbitrary: leaf }), {
        maxLength: 1,
      }),
      context: objectOf(context),
      custom: fc.record({ dimensions, metrics: dimensions }),
      more: fc.oneof(
        { weight: 9, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: value.map((one) => [['unknown', one] as const]) },
      ),
    })
    .map(({ first, others, context: known, custom, more }) => ({
      members: [
        [signalTables[signal].element, { values: [first, ...others] }],
        ['internal', { members: [['data', { members: [['id', { json: '"item"' }]] }]] }],
        [
          'context',
          { members: [...('members' in known ? known.members : []), ['custom', { members: Object.entries(custom) }]] },
        ],
        ...more,
      ],
    }));
}

function textOf(one: Value, colon: string): string {
  if ('json' in one) return one.json;
  if ('values' in one) return `[${one.values.map((each) => textOf(each, colon)).join(',')}]`;
  return `{${one.members.map(([key, each]) => `${JSON.stringify(key)}${colon}${textOf(each, colon)}`).join(',')}}`;
}

/** Keys in order of the alphabet, all the way down. */
const sorted = (one: unknown): unknown => {
  if (Array.isArray(one)) return one.map(sorted);
  if (typeof one !== 'object' || one === null) return one;
  return Object.fromEntries(
    Object.entries(one)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
};

type Row = Readonly<Record<string, unknown>>;
const orderOf = (row: Row): string => `${row.itemId} ${JSON.stringify(row)}`;

for (const signal of signals) {
  test(`${signal}: a record is the same by the short way and by the long one`, async () => {
    const records = fc.sample(recordOf(signal), { numRuns: 400, seed: 11 });
    const rowsBy = async (colon: string) => {
      const lines = records
        .map((record, index) => `${textOf(record, colon).replace('"item"', `"${index}"`)}\n`)
        .join('');
      const { rows, quarantine } = await decode(windowOf(signal), (work) => [chunkOf(work, lines)]);
      assert.deepEqual(quarantine, []);
      const canonical = rows.map((row): Row => ({ ...row, extra: sorted(JSON.parse(String(row.extra))) }));
      return canonical.sort((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));
    };
    const [short, long] = [await rowsBy(':'), await rowsBy(' :')];
    assert.equal(short.length, long.length);
    const differing = short.flatMap((row, index) =>
      Object.entries(row).flatMap(([name, one]) => {
        const other = long[index]?.[name];
        return JSON.stringify(one) === JSON.stringify(other)
          ? []
          : [{ item: row.itemId, name, short: one, long: other }];
      }),
    );
    assert.deepEqual(differing.slice(0, 3), []);
  });
}
