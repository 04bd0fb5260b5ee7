/**
 * JSON read strictly (RFC 8259), from bytes that are known to be UTF-8 and to end with a newline: inside of a record on
 * one line no newline can stand, so nothing here reads beyond it. All functions answer the index behind what they were
 * asked to read, or -1 where that is broken; `broken` then says where and why. White space is blanks, tabs and carriage
 * returns. The slow reading (scan.ts) uses the same functions, `acrossLines`.
 */

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COLON = 0x3a;
export const COMMA = 0x2c;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
export const OPEN_ARRAY = 0x5b;
export const CLOSE_ARRAY = 0x5d;
export const NEWLINE = 0x0a;

export const REASONS = {
  notJson: 'not JSON',
  cut: 'cut short',
  end: 'cut short by the end',
  control: 'control character in a string',
  utf8: 'invalid UTF-8',
  /** Whole but for its letters. */
  encoding: 'invalid UTF-8 in what is JSON else: Latin-1 or Windows-1252? convert it to UTF-8',
  deep: 'nested deeper than 256 levels',
  key: 'not JSON: a key was expected',
  /** Half a surrogate pair: no fault of the record's, it is mended. */
  lone: 'half a surrogate pair',
  /** An array of records: they are told apart elsewhere. */
  wrapper: 'a wrapper of records',
  empty: 'an empty list of records',
  beside: 'beside the records of a wrapper',
  page: 'one page of several: the address in nextLink has more records',
} as const;

/** Levels of objects and arrays in a record. */
export const DEEPEST = 256;

/** Where the last reading broke off, and why. */
export const broken = { at: 0, reason: '' as string };

export function breaks(at: number, reason: string): -1 {
  broken.at = at;
  broken.reason = reason;
  return -1;
}

/** 1 for the bytes of a string that are not simply part of it: quote, backslash, control characters. */
export const STOP = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === QUOTE || byte === BACKSLASH ? 1 : 0,
);

const BLANK = new Uint8Array(256);
for (const byte of [0x20, 0x09, 0x0d]) BLANK[byte] = 1;
/** Where halves of surrogate pairs are told instead of refused. */
let halvesTold: number[] | undefined;

/** What `read` reads may go over lines: newlines are white space meanwhile, `halves` is told what is to be mended. */
export function acrossLines<T>(halves: number[], read: () => T): T {
  BLANK[NEWLINE] = 1;
  halvesTold = halves;
  try {
    return read();
  } finally {
    BLANK[NEWLINE] = 0;
    halvesTold = undefined;
  }
}

export function skipBlank(bytes: Uint8Array, from: number): number {
  let at = from;
  while (BLANK[bytes[at] as number] === 1) at++;
  return at;
}

/** The high bits of those of four bytes that stop: the lowest one is right, those above it may be borrowed from. */
export function stopsIn(word: number): number {
  const quotes = word ^ 0x22222222;
  const backslashes = word ^ 0x5c5c5c5c;
  const stops =
    ((word - 0x20202020) & ~word) | ((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes);
  return stops & 0x80808080;
}

/** The first byte from `from` on that is not simply part of a string. `view` is the memory of `bytes`. */
export function plainEnd(bytes: Uint8Array, view: DataView, from: number): number {
  let at = from;
  for (const last = bytes.length - 4; at <= last; at += 4) {
    const stops = stopsIn(view.getInt32(at, true));
    if (stops !== 0) return at + ((31 - Math.clz32(stops & -stops)) >> 3);
  }
  while (STOP[bytes[at] as number] === 0) at++;
  return at;
}

/** What was read last. */
let known: Uint8Array = new Uint8Array(0);
let knownView = new DataView(known.buffer);
const NEAR = 8;

/** The same where no view is at hand. Most strings are short, and end before four bytes at a time are faster. */
function stopFrom(bytes: Uint8Array, from: number): number {
  let at = from;
  for (const near = from + NEAR; at < near; at++) if (STOP[bytes[at] as number] !== 0) return at;
  if (bytes !== known) {
    known = bytes;
    knownView = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  return plainEnd(bytes, knownView, at);
}

/** The index of the quote that ends the string in which `from` stands. */
export function closingQuote(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    at = stopFrom(bytes, at);
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte !== BACKSLASH) return breaks(at, byte === NEWLINE || byte === 0x0d ? REASONS.cut : REASONS.control);
    at = escapeEnd(bytes, at);
    if (at < 0) return -1;
  }
}

const HEX = new Int8Array(256).fill(-1);
for (let value = 0; value < 16; value++) {
  HEX[value.toString(16).charCodeAt(0)] = value;
  HEX[value.toString(16).toUpperCase().charCodeAt(0)] = value;
}

/** The UTF-16 unit of the `\uXXXX` at `at`; negative where there is none. */
export function unitAt(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== BACKSLASH || bytes[at + 1] !== 0x75) return -1;
  let unit = 0;
  for (let index = at + 2; index < at + 6; index++) {
    const digit = HEX[bytes[index] as number] as number;
    if (!(digit >= 0)) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

const SHORT_ESCAPE = new Uint8Array(256);
for (const letter of '"\\/bfnrt') SHORT_ESCAPE[letter.charCodeAt(0)] = 1;

function escapeEnd(bytes: Uint8Array, at: number): number {
  if (SHORT_ESCAPE[bytes[at + 1] as number] === 1) return at + 2;
  const unit = unitAt(bytes, at);
  if (unit < 0) return breaks(at, REASONS.notJson);
  if (unit < 0xd800 || unit > 0xdfff) return at + 6;
  const partner = unit < 0xdc00 ? unitAt(bytes, at + 6) : -1;
  if (partner >= 0xdc00 && partner <= 0xdfff) return at + 12;
  if (halvesTold === undefined) return breaks(at, REASONS.lone);
  halvesTold.push(at);
  return at + 6;
}

/** A number, `true`, `false` or `null`. */
export function scalarEnd(bytes: Uint8Array, at: number): number {
  const byte = bytes[at] as number;
  if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return numberEnd(bytes, at);
  const isTrue = byte === 0x74 && bytes[at + 1] === 0x72 && bytes[at + 2] === 0x75 && bytes[at + 3] === 0x65;
  if (isTrue) return at + 4;
  const isNull = byte === 0x6e && bytes[at + 1] === 0x75 && bytes[at + 2] === 0x6c && bytes[at + 3] === 0x6c;
  if (isNull) return at + 4;
  const isFalse = byte === 0x66 && bytes[at + 1] === 0x61 && bytes[at + 2] === 0x6c && bytes[at + 3] === 0x73;
  if (isFalse && bytes[at + 4] === 0x65) return at + 5;
  return breaks(at, byte === NEWLINE ? REASONS.cut : REASONS.notJson);
}

function digitsEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while ((bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++;
  return at > from ? at : breaks(at, REASONS.notJson);
}

export function numberEnd(bytes: Uint8Array, from: number): number {
  let at = bytes[from] === 0x2d ? from + 1 : from;
  if (bytes[at] === 0x30) at++;
  else at = digitsEnd(bytes, at);
  if (at > 0 && bytes[at] === 0x2e) at = digitsEnd(bytes, at + 1);
  if (at > 0 && ((bytes[at] as number) | 0x20) === 0x65) {
    const sign = bytes[at + 1];
    at = digitsEnd(bytes, sign === 0x2b || sign === 0x2d ? at + 2 : at + 1);
  }
  return at;
}

/** Any value. `depth`: levels that are open around it. */
export function valueEnd(bytes: Uint8Array, at: number, depth: number): number {
  const byte = bytes[at];
  if (byte === QUOTE) {
    const end = closingQuote(bytes, at + 1);
    return end < 0 ? -1 : end + 1;
  }
  if (byte === OPEN_OBJECT) return objectEnd(bytes, at, depth);
  if (byte === OPEN_ARRAY) return arrayEnd(bytes, at, depth);
  return scalarEnd(bytes, at);
}

function objectEnd(bytes: Uint8Array, from: number, depth: number): number {
  if (depth >= DEEPEST) return breaks(from, REASONS.deep);
  let at = skipBlank(bytes, from + 1);
  while (bytes[at] !== CLOSE_OBJECT) {
    at = keyEnd(bytes, at);
    if (at >= 0) at = valueEnd(bytes, at, depth + 1);
    if (at >= 0) at = nextEntry(bytes, at, CLOSE_OBJECT);
    if (at < 0) return -1;
  }
  return at + 1;
}

/** Of the key that was read last: where its closing quote stands, and whether an escape does before it. */
export const key = { end: 0, escaped: false };

/** From the quote of a key to the value behind its colon. */
export function keyEnd(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) return breaks(at, bytes[at] === NEWLINE ? REASONS.cut : REASONS.key);
  const stop = stopFrom(bytes, at + 1);
  key.escaped = bytes[stop] !== QUOTE;
  key.end = key.escaped ? closingQuote(bytes, stop) : stop;
  if (key.end < 0) return -1;
  const colon = skipBlank(bytes, key.end + 1);
  if (bytes[colon] !== COLON) return breaks(colon, bytes[colon] === NEWLINE ? REASONS.cut : REASONS.notJson);
  return skipBlank(bytes, colon + 1);
}

function arrayEnd(bytes: Uint8Array, from: number, depth: number): number {
  if (depth >= DEEPEST) return breaks(from, REASONS.deep);
  let at = skipBlank(bytes, from + 1);
  while (bytes[at] !== CLOSE_ARRAY) {
    at = valueEnd(bytes, at, depth + 1);
    if (at >= 0) at = nextEntry(bytes, at, CLOSE_ARRAY);
    if (at < 0) return -1;
  }
  return at + 1;
}

/** Behind an entry of an object or array: where the next one begins, or the bracket stands that ends them all. */
export function nextEntry(bytes: Uint8Array, end: number, close: number): number {
  const at = skipBlank(bytes, end);
  const byte = bytes[at];
  if (byte === close) return at;
  if (byte !== COMMA) return breaks(at, byte === NEWLINE ? REASONS.cut : REASONS.notJson);
  const next = skipBlank(bytes, at + 1);
  if (bytes[next] !== close) return next;
  return breaks(next, close === CLOSE_OBJECT ? REASONS.key : REASONS.notJson);
}
