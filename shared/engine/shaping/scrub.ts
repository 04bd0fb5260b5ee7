import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  keyEnd,
  OPEN_ARRAY,
  OPEN_OBJECT,
  skipBlank,
  valueEnd,
} from '../../framing/strict.ts';
import { CELL, type Row } from '../decode/rows/row.ts';
import type { Sink } from '../sink.ts';
import { type FieldRules, nextEntry, treatmentAt } from './field-rules.ts';

/** What a scrubbing writes to. */
interface Scrubbing {
  readonly bytes: Uint8Array;
  readonly out: Sink;
  /** Whether members that nothing is left of go as well. */
  readonly prunes: boolean;
}

/**
 * Takes out of a dynamic cell what the rules hide. What stays is as it was, to the letter but for blanks beside commas.
 * A value that is neither object nor array is hidden whole, for it could be the same as JSON in a text. Null where
 * nothing is left.
 */
export function scrub(row: Row, cell: number, rules: FieldRules, prunes: boolean, out: Sink): void {
  if (row.kind[cell] !== CELL.text) return;
  const bytes = row.source[cell] as Uint8Array;
  const start = skipBlank(bytes, row.start[cell] as number);
  const isObject = bytes[start] === OPEN_OBJECT;
  if (isObject && !holdsHidden(bytes, start, rules)) return;
  const from = out.length;
  const scrubbing = { bytes, out, prunes };
  if (isObject) scrubObject(scrubbing, start, rules);
  else if (bytes[start] === OPEN_ARRAY) scrubArray(scrubbing, start, rules);
  if (out.length - from > 2) row.setText(cell, out.bytes, from, out.length);
  else {
    out.length = from;
    row.setNull(cell);
  }
}

/** Whether anything is to be taken out of an object: of most there is nothing. An empty one counts as such. */
function holdsHidden(bytes: Uint8Array, at: number, rules: FieldRules): boolean {
  let key = skipBlank(bytes, at + 1);
  if (bytes[key] === CLOSE_OBJECT) return true;
  while (bytes[key] !== CLOSE_OBJECT) {
    const treatment = treatmentAt(rules, bytes, key);
    if (treatment === 'goes') return true;
    const value = keyEnd(bytes, key);
    if (treatment !== 'stays' && (bytes[value] !== OPEN_OBJECT || holdsHidden(bytes, value, treatment))) return true;
    key = nextEntry(bytes, valueEnd(bytes, value, 0));
  }
  return false;
}

/** Returns whether anything is left in it. */
function scrubObject(scrubbing: Scrubbing, at: number, rules: FieldRules): boolean {
  const { bytes, out, prunes } = scrubbing;
  let any = false;
  out.byte(OPEN_OBJECT);
  for (let key = skipBlank(bytes, at + 1); bytes[key] !== CLOSE_OBJECT; ) {
    const treatment = treatmentAt(rules, bytes, key);
    const value = keyEnd(bytes, key);
    const end = valueEnd(bytes, value, 0);
    const before = out.length;
    if (treatment !== 'goes') {
      out.comma();
      if (treatment === 'stays') out.copy(bytes, key, end);
      else out.copy(bytes, key, value);
      if (treatment === 'stays' || scrubMember(scrubbing, value, treatment)) any = true;
      else out.length = before;
    }
    key = nextEntry(bytes, end);
  }
  out.byte(CLOSE_OBJECT);
  return any || !prunes;
}

/** False: nothing of it may be seen, or nothing is left. */
function scrubMember(scrubbing: Scrubbing, at: number, rules: FieldRules): boolean {
  if (scrubbing.bytes[at] === OPEN_OBJECT) return scrubObject(scrubbing, at, rules);
  return scrubbing.bytes[at] === OPEN_ARRAY && scrubArray(scrubbing, at, rules);
}

/** Of an array the objects stay: text in their place, or a list in a list, could hold anything. */
function scrubArray(scrubbing: Scrubbing, at: number, rules: FieldRules): boolean {
  const { bytes, out, prunes } = scrubbing;
  let any = false;
  out.byte(OPEN_ARRAY);
  for (let entry = skipBlank(bytes, at + 1); bytes[entry] !== CLOSE_ARRAY; ) {
    if (bytes[entry] === OPEN_OBJECT) {
      out.comma();
      any = scrubObject(scrubbing, entry, rules) || any;
    }
    entry = nextEntry(bytes, valueEnd(bytes, entry, 0));
  }
  out.byte(CLOSE_ARRAY);
  return any || !prunes;
}
