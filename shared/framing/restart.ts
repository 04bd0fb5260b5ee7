import { CLOSER, COMMA, isOf, NEWLINE, NUL, SPACE, skip, undecided } from './classes.ts';

/** How far the search for the end of something unreadable has come. */
export interface Restart {
  /** Where something new starts, if that was found. */
  readonly at: number | undefined;
  /** Up to here there is nothing new. */
  readonly searched: number;
}

const BRACE = 0x7b;
const QUOTE = 0x22;
const LONGEST_HEAD = 64;
/** White space that is held while it is unclear what it belongs to. */
export const MOST_BLANK = 64 * 1024;

/**
 * The start of an object up to the end of its first key, say `{"request"`. Records of one blob begin alike, and inside
 * of a string these bytes cannot stand (the quotes would be escaped), so where they come again on a broken line, the
 * next record starts.
 */
export function headOf(bytes: Uint8Array): Uint8Array {
  const end = bytes[0] === BRACE && bytes[1] === QUOTE ? bytes.subarray(0, LONGEST_HEAD).indexOf(QUOTE, 2) : -1;
  return bytes.slice(0, end < 0 ? 0 : end + 1);
}

/**
 * Where something new starts in `bytes`, which start with something unreadable: at the same head again, or on a later
 * line. `searched` is what the search before this one came to. Without `at` it takes more bytes to tell; with `last`
 * there is always an answer.
 */
export function findRestart(bytes: Uint8Array, searched: number, head: Uint8Array, last: boolean): Restart {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let from = searched; ; ) {
    const { again, newline } = nextSign(text, from, head);
    if (again > 0) return { at: again, searched: again };
    if (newline < 0)
      return { at: last ? bytes.length : undefined, searched: Math.max(from, bytes.length - head.length) };
    const start = startOnLine(bytes, newline + 1, last);
    if (start === undefined)
      return { at: bytes.length - newline > MOST_BLANK ? newline + 1 : undefined, searched: newline };
    if (start > 0) return { at: start, searched: start };
    from = newline + 1;
  }
}

/** So many bytes are searched at once: what is near costs little, however much is held. */
const BLOCK = 4096;

/** The next start of that head, or the next newline if that comes first; -1: none. */
function nextSign(text: Buffer, from: number, head: Uint8Array): { readonly again: number; readonly newline: number } {
  for (let at = from; at < text.length; at += BLOCK) {
    const found = text.subarray(at, at + BLOCK).indexOf(0x0a);
    const newline = found < 0 ? -1 : at + found;
    const end = newline < 0 ? Math.min(at + BLOCK + head.length, text.length) : newline;
    const first = Math.max(at, 1);
    const again = head.length > 0 && first < end ? text.subarray(first, end).indexOf(head) : -1;
    if (again >= 0) return { again: first + again, newline };
    if (newline >= 0) return { again: -1, newline };
  }
  return { again: -1, newline: -1 };
}

/**
 * Where on the line at `at` something new starts; 0: nowhere, the line belongs to the text before it; undefined: not
 * known yet.
 */
function startOnLine(bytes: Uint8Array, at: number, last: boolean): number | undefined {
  const first = skip(bytes, at, SPACE | NUL);
  if (!last && undecided(bytes, first)) return undefined;
  const byte = bytes[first];
  if (byte === BRACE || byte === 0x5b) return first;
  if (isOf(byte, CLOSER)) {
    const behind = skip(bytes, first, CLOSER | SPACE | COMMA);
    if (!last && undecided(bytes, behind)) return undefined;
    return bytes[behind] === BRACE ? behind : 0;
  }
  // Text at the margin is a line of its own; what is indented, or looks like the inside of an object, goes with the
  // lines before.
  const inside = byte === undefined || first > at || isOf(byte, NEWLINE | COMMA) || byte === QUOTE || byte === 0x3a;
  return inside ? 0 : first;
}
