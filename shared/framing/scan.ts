import { isUtf8 } from 'node:buffer';
import { BEHIND } from './bytes.ts';
import {
  acrossLines,
  breaks,
  broken,
  CLOSE_OBJECT,
  keyEnd,
  nextEntry,
  OPEN_ARRAY,
  OPEN_OBJECT,
  REASONS,
  skipBlank,
  valueEnd,
} from './strict.ts';

/**
 * What bytes begin with. `done`: a value, which ends before `at`. `more`: it goes on beyond the bytes at hand.
 * `wrapper`: the array of a `{"records":[…]}` or `{"value":[…]}`, which opens at `at`, its key at `keyAt`. `bad`: no
 * JSON; it breaks at `at`.
 */
export interface Sight {
  readonly kind: 'done' | 'more' | 'wrapper' | 'bad';
  readonly at: number;
  readonly keyAt?: number;
  readonly reason?: string;
  /** Where escapes stand for half a surrogate pair, which strict readers refuse. */
  readonly halves?: readonly number[];
}

const RECORDS = /^"records"/;
const VALUE = /^"value"/;
/** A part of a number or of a word. */
const WORD = /[0-9a-zE.+-]/;
const AROUND = /^"(?:@|nextLink"|count"|odata\.metadata"|odata\.nextLink")/;
const LONGEST_KEY = 64;
/** An escape or a word that the end of the bytes has cut. */
const CUT = /^(?:\\(?:u[0-9a-fA-F]{0,3})?|t(?:ru?)?|f(?:a(?:ls?)?)?|nu?l?)$/;

/**
 * The JSON value that `bytes` begin with, which may go over lines; with `inWrapper` what is left of an object, behind a
 * member. Behind `bytes` there is room for BEHIND NUL bytes, so that no look at a token meets the end of memory.
 * `last`: no more bytes will come.
 */
export function look(bytes: Uint8Array, inWrapper: boolean, last: boolean): Sight {
  const { length } = bytes;
  const room = new Uint8Array(bytes.buffer, bytes.byteOffset, length + BEHIND).fill(0, length);
  const halves: number[] = [];
  const isObject = inWrapper || bytes[0] === OPEN_OBJECT;
  const found = acrossLines(halves, () => (isObject ? members(room, inWrapper) : other(room)));
  const { at } = found ?? broken;
  // A number or a word that ends with the bytes may go on, too.
  const isCut =
    found === undefined ? isCutAt(bytes, at) : !last && at === length && WORD.test(textOf(bytes, at - 1, at));
  const wrong = notUtf8(bytes, isCut ? wholeEnd(bytes, length) : at);
  if (wrong >= 0) return { kind: 'bad', at: wrong, reason: found?.kind === 'done' ? REASONS.encoding : REASONS.utf8 };
  if (isCut) return { kind: 'more', at: length };
  return found === undefined ? { kind: 'bad', at, reason: broken.reason } : { ...found, halves };
}

/** The members of the outermost object. */
function members(bytes: Uint8Array, inWrapper: boolean): Sight | undefined {
  let at = inWrapper ? nextEntry(bytes, 0, CLOSE_OBJECT) : skipBlank(bytes, 1);
  /** All keys were those that stand around a list, `@odata.context` and the like: only then is `value` a wrapper. */
  let around = !inWrapper;
  while (at >= 0 && bytes[at] !== CLOSE_OBJECT) {
    const value = keyEnd(bytes, at);
    if (value < 0) return undefined;
    const isArray = bytes[value] === OPEN_ARRAY;
    const key = around || isArray ? textOf(bytes, at, Math.min(value, at + LONGEST_KEY)) : '';
    if (isArray && (RECORDS.test(key) || (around && VALUE.test(key)))) return { kind: 'wrapper', at: value, keyAt: at };
    around &&= AROUND.test(key);
    at = valueEnd(bytes, value, 1);
    if (at >= 0) at = nextEntry(bytes, at, CLOSE_OBJECT);
  }
  return at < 0 ? undefined : { kind: 'done', at: at + 1 };
}

/** What is no object, and so no record. */
function other(bytes: Uint8Array): Sight | undefined {
  const at = valueEnd(bytes, 0, 0);
  if (at < 0) return undefined;
  if (WORD.test(textOf(bytes, at - 1, at)) && WORD.test(textOf(bytes, at, at + 1))) return refused(0);
  return { kind: 'done', at };
}

function refused(at: number): undefined {
  breaks(at, REASONS.notJson);
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

/** The character with which bytes cease to be UTF-8; -1: they are, up to `to`. */
function notUtf8(bytes: Uint8Array, to: number): number {
  if (isUtf8(bytes.subarray(0, to))) return -1;
  let [good, wrong] = [0, to];
  while (wrong - good > 1) {
    const middle = (good + wrong) >> 1;
    if (isUtf8(bytes.subarray(0, wholeEnd(bytes, middle)))) good = middle;
    else wrong = middle;
  }
  return wholeEnd(bytes, good);
}
