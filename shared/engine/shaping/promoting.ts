import { CLOSE_OBJECT, keyEnd, OPEN_OBJECT, QUOTE, skipBlank, valueEnd } from '../../framing/strict.ts';
import type { Promotion, SignalShape } from '../../model.ts';
import { BOOLEANS, meaningOf } from '../decode/cells/conversions.ts';
import { putUnescaped } from '../decode/cells/escapes.ts';
import { FIT, number, readReal, readWhole } from '../decode/cells/numbers.ts';
import { readTime, time } from '../decode/cells/times.ts';
import { CELL, type Row } from '../decode/rows/row.ts';
import type { Sink } from '../sink.ts';
import { nameAt, nextEntry } from './field-rules.ts';

/** Fills the cells of promoted fields, which lie behind those of the signal's own columns. */
export function createPromoting({ promote }: SignalShape, own: readonly string[], scratch: Sink): (row: Row) => void {
  const promotions = promote.map(({ from, type }, index) => {
    const [column, path] = pathOf(from);
    return { from: own.indexOf(column), path, type, to: own.length + index };
  });
  return (row) => {
    for (const { from, path, type, to } of promotions) {
      row.setNull(to);
      if (row.kind[from] !== CELL.text) continue;
      const bytes = row.source[from] as Uint8Array;
      const at = fieldIn(bytes, row.start[from] as number, path);
      if (at >= 0) putValue(row, to, type, bytes, at, scratch);
    }
  };
}

/** Keys of dimensions and measurements may hold anything, dots too; below `extra` a dot leads deeper. */
function pathOf(from: string): readonly [column: string, path: readonly string[]] {
  const dot = from.indexOf('.');
  const [column, field] = [from.slice(0, dot), from.slice(dot + 1)];
  return [column, column === 'extra' ? field.split('.') : [field]];
}

/** Where the value at a path stands; -1: there is none. Of a key that stands twice the first counts. */
function fieldIn(bytes: Uint8Array, from: number, path: readonly string[]): number {
  let at = from;
  for (const name of path) {
    if (bytes[at] !== OPEN_OBJECT) return -1;
    at = memberAt(bytes, at, name);
    if (at < 0) return -1;
  }
  return at;
}

function memberAt(bytes: Uint8Array, from: number, name: string): number {
  let key = skipBlank(bytes, from + 1);
  while (bytes[key] !== CLOSE_OBJECT) {
    const value = keyEnd(bytes, key);
    if (nameAt(bytes, key) === name) return value;
    key = nextEntry(bytes, valueEnd(bytes, value, 0));
  }
  return -1;
}

/** The value's text, as the column has it; null where it does not fit. */
function putValue(row: Row, cell: number, type: Promotion['type'], from: Uint8Array, at: number, out: Sink): void {
  let [bytes, start, end] = [from, at, valueEnd(from, at, 0)];
  if (bytes[start] === LETTER_N) return;
  if (bytes[start] === QUOTE) {
    start = out.length;
    putUnescaped(from, at + 1, end - 1, out);
    [bytes, end] = [out.bytes, out.length];
  }
  if (type === 'string') row.setText(cell, bytes, start, end);
  else if (type === 'real') {
    if (readReal(bytes, start, end) !== FIT.no) row.setReal(cell, number.value);
  } else if (type === 'boolean') {
    const value = meaningOf(BOOLEANS, bytes, start, end);
    if (value !== undefined) row.setBoolean(cell, value);
  } else if (type === 'timestamp') {
    if (readTime(bytes, start, end)) row.setBig(cell, BigInt(time.millis) * 1000n + BigInt(time.micros));
  } else if (readWhole(bytes, start, end) === FIT.yes) {
    if (number.whole === undefined) row.setLong(cell, number.value);
    else row.setBig(cell, number.whole);
  }
}

/** With which null begins. */
const LETTER_N = 0x6e;
