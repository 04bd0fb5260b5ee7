/** What a look at one token found: it is whole, it goes on beyond the bytes at hand, or it is not JSON. */
export type Found = 'whole' | 'more' | 'bad';

/**
 * The bytes of a UTF-8 character of more than one byte at `at`; 0: not all there yet, -1: not UTF-8 (RFC 3629, table
 * 3-7 of Unicode).
 */
export function utf8Length(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  const length = lead < 0xc2 ? -1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : -1;
  if (length === -1) return -1;
  const second = bytes[at + 1];
  if (second === undefined) return 0;
  // The second byte alone tells overlong forms, surrogates and what lies beyond U+10FFFF.
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return -1;
  for (let index = 2; index < length; index++) {
    const next = bytes[at + index];
    if (next === undefined) return 0;
    if ((next & 0xc0) !== 0x80) return -1;
  }
  return length;
}

const HEX = new Int8Array(256).fill(-1);
for (let value = 0; value < 16; value++) {
  HEX[value.toString(16).charCodeAt(0)] = value;
  HEX[value.toString(16).toUpperCase().charCodeAt(0)] = value;
}

/** The UTF-16 unit of the `\uXXXX` at `at`; -1: not all there yet, -2: not such an escape. */
function unitAt(bytes: Uint8Array, at: number): number {
  let unit = 0;
  for (let index = 0; index < 6; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return -1;
    const digit = HEX[byte] ?? -1;
    if (index === 0 ? byte !== 0x5c : index === 1 ? byte !== 0x75 : digit < 0) return -2;
    if (index > 1) unit = unit * 16 + digit;
  }
  return unit;
}

const SHORT_ESCAPES = new Set([...'"\\/bfnrt'].map((character) => character.charCodeAt(0)));

/**
 * The length of the escape at `at` (which is a backslash); 0: not all there yet, -1: not JSON. A surrogate without its
 * partner is told to `lone`, which may replace its six bytes by `\ufffd`.
 */
export function escapeLength(bytes: Uint8Array, at: number, lone: (at: number) => void): number {
  const letter = bytes[at + 1];
  if (letter === undefined) return 0;
  if (SHORT_ESCAPES.has(letter)) return 2;
  const unit = unitAt(bytes, at);
  if (unit < 0) return unit === -1 ? 0 : -1;
  if (unit < 0xd800 || unit > 0xdfff) return 6;
  const partner = unit < 0xdc00 ? unitAt(bytes, at + 6) : -2;
  if (partner === -1) return 0;
  if (partner >= 0xdc00 && partner <= 0xdfff) return 12;
  lone(at);
  return 6;
}

/**
 * Longest number or word that is looked at: a longer one is not JSON that anybody wrote, and looking again at its start
 * has a price.
 */
const LONGEST_WORD = 1024;
const WORD = /^(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$/;
const WORD_HEAD = /^(?:[0-9.eE+-]*|t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?)$/;

/**
 * The index after the number, `true`, `false` or `null` at `at`; 0: it goes on beyond the bytes at hand, -1: not JSON.
 */
export function wordEnd(bytes: Uint8Array, at: number, last: boolean): number {
  let end = at;
  let word = '';
  for (; end < bytes.length && end - at <= LONGEST_WORD; end++) {
    const byte = bytes[end] ?? 0;
    const inWord =
      (byte >= 0x30 && byte <= 0x39) ||
      (byte >= 0x61 && byte <= 0x7a) ||
      byte === 0x2e ||
      byte === 0x2d ||
      byte === 0x2b ||
      byte === 0x45;
    if (!inWord) break;
    word += String.fromCharCode(byte);
  }
  // At the end of the bytes a number may go on, and `tru` is cut short rather than wrong.
  const open = end === bytes.length && end - at <= LONGEST_WORD;
  if (open && !last) return 0;
  if (WORD.test(word)) return end;
  return open && WORD_HEAD.test(word) ? 0 : -1;
}
