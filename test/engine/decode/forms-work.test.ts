/**
 * What records cost of which each has a form of its own, counted: words that are read, bytes that are compared, and
 * numbers that are kept of what was found. Four times the records are four times as much, whatever is made to differ.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { windowOf } from '../chunks.ts';
import { decodeRows, recordsOf } from './rows.ts';

const FIELDS = ['name', 'url', 'source', 'resultCode', 'success', 'duration', 'performanceBucket', 'itemCount'];
const FEW = 750;

const record = (element: string, dimensions = ''): string =>
  `{"request":[{${element}}],"internal":{"data":{"id":"i"}},"context":{"data":{"eventTime":"2026-11-21T03:10:00Z"},` +
  `"custom":{"dimensions":[{${dimensions}}]}}}`;
const isSet = (n: number, bit: number): boolean => ((n >> bit) & 1) === 1;
/** Numbers from 0 on, no two of which are near each other where the next are. */
const spread = (n: number): number => Math.imul(n, 0x9e3779b1) >>> 0;

const HOSTILE: Readonly<Record<string, (n: number) => string>> = {
  'a key of its own': (n) => record(`"id":"1","k${n}":1`),
  'a key of its own at the end': (n) => record('"id":"1"', `"a":"b","k${n}":"c"`),
  'long keys with one end': (n) => record(`"${n}${'k'.repeat(150)}":1,"id":"1"`),
  'long keys with one beginning': (n) => record(`"${'k'.repeat(150)}${n}":1,"id":"1"`),
  'null or a value': (n) =>
    record(FIELDS.map((name, bit) => `"${name}":${isSet(spread(n), bit + 8) ? 'null' : '"x"'}`).join()),
  'there or not': (n) =>
    record(
      `"id":"1"`,
      [...Array(14).keys()]
        .filter((bit) => isSet(spread(n), bit + 9))
        .map((bit) => `"d${bit}":"x"`)
        .join(),
    ),
  'blanks between values': (n) =>
    record(FIELDS.map((name, bit) => `"${name}":${' '.repeat((n >> bit) % 5)}"x"`).join()),
  'another order': (n) =>
    record(
      FIELDS.toSorted((one, other) => (spread(n * 31 + one.length) % 97) - (spread(n * 17 + other.length) % 97))
        .map((name) => `"${name}":"x"`)
        .join(),
    ),
};

/** Work of so many records, as it is counted. */
function workOf(lines: readonly string[]): number {
  let work = 0;
  const { getInt32, getBigInt64 } = DataView.prototype;
  const { compare } = Buffer;
  const { from } = Int32Array;
  DataView.prototype.getInt32 = function (...args) {
    work++;
    return getInt32.apply(this, args);
  };
  DataView.prototype.getBigInt64 = function (...args) {
    work++;
    return getBigInt64.apply(this, args);
  };
  Buffer.compare = (one, other) => {
    work += Math.min(one.length, other.length);
    return compare(one, other);
  };
  Int32Array.from = function (this: Int32ArrayConstructor, ...args: Parameters<typeof from>) {
    const made = Reflect.apply(from, this, args);
    work += made.length;
    return made;
  } as typeof from;
  try {
    const { counts, faults } = decodeRows(windowOf('requests'), [recordsOf(lines.join('\n'))], { dedupe: 'none' });
    assert.deepEqual([counts.read, faults.length], [lines.length, 0]);
    return work;
  } finally {
    Object.assign(DataView.prototype, { getInt32, getBigInt64 });
    Object.assign(Buffer, { compare });
    Object.assign(Int32Array, { from });
  }
}

for (const [what, line] of Object.entries(HOSTILE))
  test(`four times the records are four times the work: ${what}`, (t) => {
    const lines = Array.from({ length: 4 * FEW }, (_, n) => line(n));
    assert.ok(new Set(lines).size > FEW / 4, 'forms differ');
    const [few, many] = [workOf(lines.slice(0, FEW)), workOf(lines)];
    t.diagnostic(`${Math.round(few / FEW)} a record of ${FEW}, ${Math.round(many / FEW / 4)} of ${4 * FEW}`);
    assert.ok(few > FEW * 10, 'something is counted');
    assert.ok(many < few * 5, `${few} for ${FEW} records, ${many} for ${4 * FEW}`);
  });
