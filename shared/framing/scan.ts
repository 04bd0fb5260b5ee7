import { escapeLength, utf8Length, wordEnd } from './strings.ts';

/**
 * `done`: the value ends before `at`. `more`: it goes on beyond the bytes at hand. `wrapper`: the array of a
 * `{"records":[…]}` or
 * `{"value":[…]}` opens at `at`. `bad`: not JSON, for the reason given.
 */
export type Verdict = 'done' | 'more' | 'wrapper' | 'bad';

type Expect = 'value' | 'firstElement' | 'firstKey' | 'key' | 'colon' | 'next' | 'inKey' | 'inText' | 'end';

/** Where a look at one JSON value (RFC 8259, strictly) stands. All indexes count from the start of the value. */
export interface Scan {
  at: number;
  depth: number;
  expect: Expect;
  /** Per open level: 1 an object, 0 an array. */
  readonly objects: Uint8Array;
  /** Where the last key of the outermost object starts, and whether an array behind it holds the records. */
  keyAt: number;
  keyIsRecords: boolean;
  /**
   * All keys before were those that stand around a list, `@odata.context` and the like: only then is `value` a wrapper
   * and no field.
   */
  around: boolean;
  /** Where escapes stand for half a surrogate pair, which strict readers refuse. */
  readonly lone: number[];
  reason: string;
}

export const REASONS = {
  notJson: 'not JSON',
  cut: 'cut short',
  end: 'cut short by the end',
  control: 'control character in a string',
  utf8: 'invalid UTF-8',
  deep: 'nested deeper than 256 levels',
  key: 'not JSON: a key was expected',
  beside: 'beside the records of a wrapper',
  page: 'one page of several: the address in nextLink has more records',
} as const;

const DEEPEST = 256;
const bytesOf = (text: string): readonly number[] => [...text].map((character) => character.charCodeAt(0));
const RECORDS = bytesOf('"records"');
const VALUE = bytesOf('"value"');
const AROUND = ['"nextLink"', '"count"', '"odata.metadata"', '"odata.nextLink"'].map(bytesOf);
const AT = 0x40;

/** `inWrapper`: the scan starts after a member of an object whose head has been read. */
export function newScan(inWrapper = false): Scan {
  const scan: Scan = {
    at: 0,
    depth: inWrapper ? 1 : 0,
    expect: inWrapper ? 'next' : 'value',
    objects: new Uint8Array(DEEPEST),
    keyAt: 0,
    keyIsRecords: false,
    around: !inWrapper,
    lone: [],
    reason: '',
  };
  scan.objects[0] = 1;
  return scan;
}

/**
 * Goes on from where the scan stands. `bytes` starts with the value and only ever grows; `last`: it will not grow any
 * more.
 */
export function scanValue(scan: Scan, bytes: Uint8Array, last: boolean): Verdict {
  for (;;) {
    if (scan.expect === 'inKey' || scan.expect === 'inText') {
      const verdict = scanText(scan, bytes);
      if (verdict !== 'done') return verdict;
    }
    if (scan.expect === 'end') return 'done';
    while (isSpace(bytes[scan.at])) scan.at++;
    const byte = bytes[scan.at];
    if (byte === undefined) return 'more';
    const verdict = STEPS[scan.expect](scan, bytes, byte, last);
    if (verdict !== 'done') return verdict;
  }
}

const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Steps answer `done` when the scan may go on. */
const STEPS: Record<Expect, (scan: Scan, bytes: Uint8Array, byte: number, last: boolean) => Verdict> = {
  value: startValue,
  firstElement: (scan, bytes, byte, last) => (byte === 0x5d ? close(scan) : startValue(scan, bytes, byte, last)),
  firstKey: (scan, _bytes, byte) => (byte === 0x7d ? close(scan) : startKey(scan, byte)),
  key: (scan, _bytes, byte) => startKey(scan, byte),
  colon: (scan, _bytes, byte) => (byte === 0x3a ? advance(scan, 'value') : bad(scan, REASONS.notJson)),
  next: startNext,
  inKey: () => 'done',
  inText: () => 'done',
  end: () => 'done',
};

function advance(scan: Scan, expect: Expect): Verdict {
  scan.at++;
  scan.expect = expect;
  return 'done';
}

function bad(scan: Scan, reason: string): Verdict {
  scan.reason = reason;
  return 'bad';
}

function startValue(scan: Scan, bytes: Uint8Array, byte: number, last: boolean): Verdict {
  if (byte === 0x22) return advance(scan, 'inText');
  if (byte === 0x7b) return open(scan, 1, 'firstKey');
  if (byte === 0x5b)
    return scan.depth === 1 && scan.objects[0] === 1 && scan.keyIsRecords ? 'wrapper' : open(scan, 0, 'firstElement');
  const end = wordEnd(bytes, scan.at, last);
  if (end === 0) return 'more';
  if (end < 0) return bad(scan, REASONS.notJson);
  scan.at = end;
  scan.expect = scan.depth === 0 ? 'end' : 'next';
  return 'done';
}

function startKey(scan: Scan, byte: number): Verdict {
  if (byte !== 0x22) return bad(scan, REASONS.key);
  if (scan.depth === 1) scan.keyAt = scan.at;
  return advance(scan, 'inKey');
}

function startNext(scan: Scan, _bytes: Uint8Array, byte: number): Verdict {
  const inObject = scan.objects[scan.depth - 1] === 1;
  if (byte === 0x2c) return advance(scan, inObject ? 'key' : 'value');
  return byte === (inObject ? 0x7d : 0x5d) ? close(scan) : bad(scan, REASONS.notJson);
}

function open(scan: Scan, object: 0 | 1, expect: Expect): Verdict {
  if (scan.depth === DEEPEST) return bad(scan, REASONS.deep);
  scan.objects[scan.depth++] = object;
  return advance(scan, expect);
}

function close(scan: Scan): Verdict {
  scan.depth--;
  return advance(scan, scan.depth === 0 ? 'end' : 'next');
}

/** Goes on inside a string; stops between characters, so that a cut never falls into one. */
function scanText(scan: Scan, bytes: Uint8Array): Verdict {
  const lone = (at: number) => scan.lone.push(at);
  let at = scan.at;
  for (;;) {
    let byte = bytes[at];
    while (byte !== undefined && byte > 0x1f && byte < 0x80 && byte !== 0x22 && byte !== 0x5c) byte = bytes[++at];
    scan.at = at;
    if (byte === undefined) return 'more';
    if (byte === 0x22) return endText(scan, bytes);
    if (byte < 0x20) return bad(scan, byte === 0x0a || byte === 0x0d ? REASONS.cut : REASONS.control);
    const length = byte === 0x5c ? escapeLength(bytes, at, lone) : utf8Length(bytes, at);
    if (length === 0) return 'more';
    if (length < 0) return bad(scan, byte === 0x5c ? REASONS.notJson : REASONS.utf8);
    at += length;
  }
}

function endText(scan: Scan, bytes: Uint8Array): Verdict {
  if (scan.expect === 'inText') return advance(scan, scan.depth === 0 ? 'end' : 'next');
  if (scan.depth === 1) {
    scan.keyIsRecords = isKey(RECORDS, scan, bytes) || (scan.around && isKey(VALUE, scan, bytes));
    scan.around &&= bytes[scan.keyAt + 1] === AT || AROUND.some((key) => isKey(key, scan, bytes));
  }
  return advance(scan, 'colon');
}

const isKey = (key: readonly number[], { at, keyAt }: Scan, bytes: Uint8Array): boolean =>
  at - keyAt === key.length - 1 && key.every((byte, index) => bytes[keyAt + index] === byte);
