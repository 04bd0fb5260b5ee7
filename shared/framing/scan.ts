import { isUtf8 } from 'node:buffer';
import { BEHIND } from './bytes.ts';
import {
  acrossLines,
  breaks,
  broken,
  CLOSE_OBJECT,
  COMMA,
  keyEnd,
  OPEN_ARRAY,
  OPEN_OBJECT,
  REASONS,
  skipBlank,
  valueEnd,
} from './strict.ts';

/**
 * `done`: the value ends before `at`. `more`: it goes on beyond the bytes at hand. `wrapper`: the array of a
 * `{"records":[…]}` or `{"value":[…]}` opens at `at`. `bad`: not JSON, for the reason given.
 */
export type Sight = 'done' | 'more' | 'wrapper' | 'bad';

/** Where the look at one JSON value stands, which may go over lines. All indexes count from the start of the value. */
export interface Scan {
  /** Behind the last member that was read; at the end where the value ended or broke. */
  at: number;
  /** What stands at `at`: the value, a member, or what follows one. */
  expect: 'value' | 'firstKey' | 'key' | 'next';
  /** How many bytes there were when it was last looked at. */
  seen: number;
  /** Up to here the bytes are known to be UTF-8. */
  valid: number;
  /** Where the key of a wrapper's array starts. */
  keyAt: number;
  /**
   * All keys before were those that stand around a list, `@odata.context` and the like: only then is `value` a wrapper
   * and no field.
   */
  around: boolean;
  /** Where escapes stand for half a surrogate pair, which strict readers refuse. */
  readonly halves: number[];
  reason: string;
}

const RECORDS = /^"records"/;
const VALUE = /^"value"/;
/** A part of a number or of a word. */
const WORD = /[0-9a-zE.+-]/;
const AROUND = /^"(?:@|nextLink"|count"|odata\.metadata"|odata\.nextLink")/;
const LONGEST_KEY = 64;
/** An escape or a word that the end of the bytes has cut. */
const CUT = /^(?:\\(?:u[0-9a-fA-F]{0,3})?|t(?:ru?)?|f(?:a(?:ls?)?)?|nu?l?)$/;

/** `inWrapper`: the scan starts after a member of an object whose head has been read. */
export const newScan = (inWrapper = false): Scan => ({
  ...{ at: 0, expect: inWrapper ? 'next' : 'value', seen: 0, valid: 0, keyAt: 0 },
  ...{ around: !inWrapper, halves: [], reason: '' },
});

/**
 * Goes on from where the scan stands. `bytes` starts with the value, only ever grows, and has room for BEHIND NUL bytes
 * behind it, so that no look at a token meets the end of memory; `last`: it will not grow any more. A member is read
 * again from its start when there are twice as many bytes of it: so the time is linear in them.
 */
export function scanValue(scan: Scan, bytes: Uint8Array, last: boolean): Sight {
  if (!last && bytes.length - scan.at < 2 * (scan.seen - scan.at)) return 'more';
  const { length } = bytes;
  scan.seen = length;
  const room = new Uint8Array(bytes.buffer, bytes.byteOffset, length + BEHIND).fill(0, length);
  while ((scan.halves.at(-1) ?? -1) >= scan.at) scan.halves.pop();
  const reading = scan.expect === 'value' && bytes[0] !== OPEN_OBJECT ? other : members;
  const sight = acrossLines(scan.halves, () => reading(scan, room));
  const { at, reason } = broken;
  const isCut =
    sight === 'bad' ? isCutAt(bytes, at) : !last && scan.at === length && WORD.test(textOf(bytes, length - 1, length));
  const to = isCut ? wholeEnd(bytes, length) : sight === 'bad' ? at : scan.at;
  const wrong = notUtf8(bytes, scan.valid, to);
  scan.valid = to;
  if (wrong >= 0) return bad(scan, wrong, REASONS.utf8);
  if (isCut && reading === other) scan.at = 0;
  if (isCut) return 'more';
  return sight === 'bad' ? bad(scan, at, reason) : sight;
}

function bad(scan: Scan, at: number, reason: string): 'bad' {
  scan.at = at;
  scan.reason = reason;
  return 'bad';
}

/** The members of the outermost object, or of what is left of one. */
function members(scan: Scan, bytes: Uint8Array): Sight {
  if (scan.expect === 'value') {
    scan.expect = 'firstKey';
    scan.at = 1;
  }
  for (;;) {
    const at = skipBlank(bytes, scan.at);
    if (bytes[at] === CLOSE_OBJECT && scan.expect !== 'key') {
      scan.at = at + 1;
      return 'done';
    }
    if (scan.expect === 'next') {
      if (bytes[at] !== COMMA) return refused(at);
      scan.at = at + 1;
      scan.expect = 'key';
      continue;
    }
    const value = keyEnd(bytes, at);
    if (value < 0) return 'bad';
    const key = scan.around || bytes[value] === OPEN_ARRAY ? textOf(bytes, at, Math.min(value, at + LONGEST_KEY)) : '';
    if (bytes[value] === OPEN_ARRAY && (RECORDS.test(key) || (scan.around && VALUE.test(key)))) {
      scan.keyAt = at;
      scan.at = value;
      return 'wrapper';
    }
    const end = valueEnd(bytes, value, 1);
    if (end < 0) return 'bad';
    // A number that ends with the bytes may go on.
    if (end === bytes.length - BEHIND) return refused(end);
    scan.around &&= AROUND.test(key);
    scan.at = end;
    scan.expect = 'next';
  }
}

/** What is no object, and so no record. */
function other(scan: Scan, bytes: Uint8Array): Sight {
  const end = valueEnd(bytes, 0, 0);
  if (end < 0) return 'bad';
  if (WORD.test(textOf(bytes, end - 1, end)) && WORD.test(textOf(bytes, end, end + 1))) return refused(0);
  scan.at = end;
  return 'done';
}

function refused(at: number): 'bad' {
  breaks(at, REASONS.notJson);
  return 'bad';
}

const textOf = ({ buffer, byteOffset }: Uint8Array, from: number, to: number): string =>
  Buffer.from(buffer, byteOffset + from, to - from).toString('latin1');

/** Whether the token at `at`, which is none, may become one with more bytes. */
const isCutAt = (bytes: Uint8Array, at: number): boolean =>
  at >= bytes.length || (bytes.length - at < 6 && CUT.test(textOf(bytes, at, bytes.length)));

/** The end without a character of which there is only a part. */
function wholeEnd(bytes: Uint8Array, end: number): number {
  for (let back = 1; back < 4 && back <= end; back++) {
    const byte = bytes[end - back] as number;
    if (byte < 0x80) return end;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? end - back : end;
  }
  return end;
}

/** The character with which bytes cease to be UTF-8; -1: they are. */
function notUtf8(bytes: Uint8Array, from: number, to: number): number {
  if (from >= to || isUtf8(bytes.subarray(from, to))) return -1;
  let [good, wrong] = [from, to];
  while (wrong - good > 1) {
    const middle = (good + wrong) >> 1;
    if (isUtf8(bytes.subarray(from, Math.max(from, wholeEnd(bytes, middle))))) good = middle;
    else wrong = middle;
  }
  return wholeEnd(bytes, good);
}
