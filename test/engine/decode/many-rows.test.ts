/** Records of a thousand rows: what these share is held once, and they are handed over before all of them are made. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf } from '../../../shared/engine/encode/check-rows.ts';
import type { Vector } from '../../../shared/engine/vectors.ts';
import type { Signal } from '../../../shared/model.ts';
import { columnsOf } from '../../../shared/signals/columns-of.ts';
import { windowOf } from '../chunks.ts';
import { decodeRows, recordsOf } from './rows.ts';

const MANY = 1200;
const LONG = 120_000;
const long = (letter: string) => letter.repeat(LONG);

type Json = Readonly<Record<string, unknown>>;

const ELEMENTS: Readonly<Partial<Record<Signal, readonly [name: string, make: (n: number) => Json]>>> = {
  requests: ['request', (n) => ({ id: `e${n}`, name: 'GET /' })],
  exceptions: ['basicException', (n) => ({ id: `e${n}`, exceptionType: 'X', assembly: `a${n}` })],
  customMetrics: ['metric', (n) => ({ name: `m${n}`, value: n, count: 1 })],
  performanceCounters: ['performanceCounter', (n) => ({ categoryName: 'c', [`counter ${n}`]: { value: n } })],
};

interface Made {
  readonly signal?: Signal;
  readonly id?: string;
  readonly count?: number;
  readonly dimensions?: readonly Json[];
  readonly more?: Json;
  readonly element?: (n: number) => Json;
}

function recordOf({ signal = 'requests', id = 'x', count = MANY, dimensions = [], more = {}, element }: Made): string {
  const [name, make] = ELEMENTS[signal] ?? ['request', () => ({})];
  const elements = Array.from({ length: count }, (_, n) => ({ ...make(n), ...element?.(n) }));
  const context = { data: { eventTime: '2026-11-21T03:00:00Z' }, custom: { dimensions } };
  return `${JSON.stringify({ [name]: elements, internal: { data: { id } }, context, ...more })}\n`;
}

function decoded(records: readonly string[], signal: Signal = 'requests') {
  const found = decodeRows(windowOf(signal), [recordsOf(records.join(''))]);
  const column = columnsOf(signal).findIndex(({ name }) => name === 'customDimensions');
  const dimensions = found.groups.map(({ rows }) => rows.vectors[column] as Vector);
  return { ...found, dimensions, largest: Math.max(...found.groups.map(({ rows }) => bytesOf(rows))) };
}

for (const signal of Object.keys(ELEMENTS) as Signal[])
  test(`${signal}: a long dimension of a record of ${MANY} rows is held once`, () => {
    for (const dimensions of [[{ big: long('d') }], [{ a: 1 }, { big: long('e') }, { b: 2 }]]) {
      const { rows, largest } = decoded([recordOf({ signal, dimensions })], signal);
      assert.ok(rows.length >= (signal === 'exceptions' ? 1 : MANY), `${rows.length} rows`);
      const merged = JSON.stringify(Object.assign({}, ...dimensions));
      assert.deepEqual([...new Set(rows.map((row) => row.customDimensions))], [merged]);
      assert.ok(largest < 8 * LONG, `${largest} bytes`);
    }
  });

test('what rows of a record do not share is handed over while they are made, all of it', () => {
  const text = recordOf({ more: { big: long('u') }, element: (n) => ({ odd: n }) });
  const { rows, groups, largest } = decoded([text, recordOf({ id: 'y', count: 2 })]);
  assert.equal(rows.length, MANY + 2);
  for (const [n, { extra }] of rows.slice(0, MANY).entries())
    assert.equal(extra, `{"request":{"odd":${n}},"big":"${long('u')}"}`);
  assert.deepEqual(
    rows.map(({ id }) => id),
    [...Array(MANY).keys(), 0, 1].map((n) => `e${n}`),
  );
  assert.ok(groups.length > 10 && largest < 24 * 1024 * 1024, `${groups.length} groups, ${largest} bytes`);
});

test('long texts beside short ones, none, and others: each row has its own', () => {
  const made = [long('a'), 'short', long('a'), long('b'), undefined, long('b'), long('a')].map((big, n) =>
    recordOf({ id: `i${n}`, count: 3, dimensions: big === undefined ? [] : [{ big }] }),
  );
  const wanted = made.flatMap((record) => {
    const [first] = JSON.parse(record).context.custom.dimensions;
    return Array(3).fill(first === undefined ? null : JSON.stringify(first));
  });
  const { rows } = decoded(made);
  assert.deepEqual(
    rows.map(({ customDimensions }) => customDimensions),
    wanted,
  );
});

test('a column that was plain text, of ever other long ones, holds what repeats once again', () => {
  const others = Array.from({ length: 600 }, (_, n) =>
    recordOf({ id: `o${n}`, count: 1, dimensions: [{ n, big: 'o'.repeat(20_000) }] }),
  );
  const many = Array.from({ length: 3 }, (_, n) => recordOf({ id: `m${n}`, dimensions: [{ n, big: long('m') }] }));
  const { rows, dimensions } = decoded([...others, ...many]);
  assert.equal(rows.length, others.length + 3 * MANY);
  const kinds = dimensions.map(({ kind }) => kind);
  assert.deepEqual([kinds[0], kinds.at(-1)], ['text', 'dictionary']);
  for (const [n, { customDimensions }] of rows.entries()) {
    const m = Math.floor((n - others.length) / MANY);
    const wanted = n < others.length ? { n, big: 'o'.repeat(20_000) } : { n: m, big: long('m') };
    assert.equal(customDimensions, JSON.stringify(wanted));
  }
});

const MIB = 1024 * 1024;

test('a text that a thousand rows share is not written out for each where others follow that are ever new', () => {
  for (const [count, length, others] of [
    [MANY, LONG, 600],
    [4000, 3000, 1400],
  ] as const) {
    const shared = { big: 's'.repeat(length) };
    const following = Array.from({ length: others }, (_, n) =>
      recordOf({ id: `o${n}`, count: 1, dimensions: [n % 7 === 6 ? shared : { n }] }),
    );
    const { rows, dimensions, largest } = decoded([recordOf({ count, dimensions: [shared] }), ...following]);
    assert.equal(rows.length, count + others);
    assert.ok(largest < 9 * MIB, `${largest} bytes`);
    assert.deepEqual([...new Set(dimensions.map(({ kind }) => kind))], ['dictionary']);
    for (const [n, { customDimensions }] of rows.entries()) {
      const other = n - count;
      assert.equal(customDimensions, JSON.stringify(other < 0 || other % 7 === 6 ? shared : { n: other }));
    }
  }
});

test('several columns of a table write out no more together than one', () => {
  const text = 's'.repeat(4000);
  const names = ['name', 'url', 'source'];
  const shared = (n: number) => Object.fromEntries(names.map((name) => [name, n < 1000 ? text : `${name} ${n}`]));
  const { rows, largest } = decoded([recordOf({ count: 1000 + 600, element: shared })]);
  assert.ok(largest < 10 * MIB, `${largest} bytes`);
  for (const [n, row] of rows.entries()) for (const name of names) assert.equal(row[name], shared(n)[name]);
});

test('a record that is read slowly is handed over while its rows are made, and what follows it is read', () => {
  const COUNT = 100;
  // What is left over of these is ever new: the column is plain text.
  const before = Array.from({ length: 600 }, (_, n) => recordOf({ id: `b${n}`, count: 1, more: { n } }));
  const odd = recordOf({ id: 'odd', count: COUNT, more: { junk: 'j'.repeat(MIB) } })
    .replace('{"request":[', '{"request":[\n')
    .replace('"eventTime"', '"eventTime":"2026-11-21T03:00:00Z","eventTime"');
  const { rows, groups, faults, largest } = decoded([...before, odd, recordOf({ id: 'after', count: 2 })]);
  assert.deepEqual([rows.length, faults], [before.length + COUNT + 2, []]);
  assert.ok(largest < 24 * MIB, `${largest} bytes in one of ${groups.length} groups`);
  for (const { extra } of rows.slice(before.length, -2)) assert.ok(String(extra).includes('j'.repeat(MIB)));
  assert.deepEqual(
    rows.slice(before.length).map(({ id }) => id),
    [...Array(COUNT).keys(), 0, 1].map((n) => `e${n}`),
  );
});

test('records of two readers, at the same place of memory that is used again, are told apart', () => {
  const classic = recordOf({ count: 1, element: () => ({ name: 'n'.repeat(200), url: long('c') }) });
  const flat = { time: '2026-11-21T03:00:00Z', AppRoleName: '', type: 'AppRequests', Id: 'f', Url: long('f') };
  const start = classic.indexOf(long('c'));
  const first = JSON.stringify(flat).replace('"AppRoleName":""', () => {
    const room = start - JSON.stringify(flat).indexOf(long('f'));
    return `"AppRoleName":"${'r'.repeat(room)}"`;
  });
  assert.equal(first.indexOf(long('f')), start);
  const chunk = recordsOf(classic);
  const bytes = chunk.bytes;
  function* chunks() {
    yield chunk;
    bytes.fill(0x20);
    bytes.set(Buffer.from(first.slice(0, bytes.length - 1)));
    bytes[bytes.length - 1] = 0x0a;
    yield chunk;
  }
  const { rows, faults } = decodeRows(windowOf('requests'), chunks());
  assert.deepEqual(faults, []);
  assert.deepEqual(
    rows.map(({ url }) => url),
    [long('c'), long('f')],
  );
});
