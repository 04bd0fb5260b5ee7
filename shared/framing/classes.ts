/** Kinds of bytes that may stand between two documents. */
export const SPACE = 1;
export const NEWLINE = 2;
export const COMMA = 4;
export const NUL = 8;
export const CLOSER = 16;

const KINDS: readonly (readonly [string, number])[] = [
  [' ', SPACE],
  ['\t', SPACE],
  // A carriage return ends no line here: in CRLF it is white space before the newline.
  ['\r', SPACE],
  ['\n', NEWLINE],
  [',', COMMA],
  ['\0', NUL],
  [']', CLOSER],
  ['}', CLOSER],
];

const CLASS = new Uint8Array(256);
for (const [character, kind] of KINDS) CLASS[character.charCodeAt(0)] = kind;

export const isOf = (byte: number | undefined, kinds: number): boolean =>
  byte !== undefined && ((CLASS[byte] ?? 0) & kinds) !== 0;

/** The index of the first byte from `at` on that is neither of these kinds nor part of a byte order mark. */
export function skip(bytes: Uint8Array, at: number, kinds: number): number {
  let index = at;
  for (;;) {
    while (index < bytes.length && ((CLASS[bytes[index] ?? 0] ?? 0) & kinds) !== 0) index++;
    if (bytes[index] !== 0xef || bytes[index + 1] !== 0xbb || bytes[index + 2] !== 0xbf) return index;
    index += 3;
  }
}

/** Whether it takes more bytes to tell what stands at `at`: nothing yet, or what may become a byte order mark. */
export function undecided(bytes: Uint8Array, at: number): boolean {
  if (at >= bytes.length) return true;
  return bytes[at] === 0xef && (at + 1 >= bytes.length || (bytes[at + 1] === 0xbb && at + 2 >= bytes.length));
}

/** The index after the last byte before `end` that is not of these kinds; `from` when all are. */
export function trimmedEnd(bytes: Uint8Array, from: number, end: number, kinds: number): number {
  let index = end;
  while (index > from && isOf(bytes[index - 1], kinds)) index--;
  return index;
}
