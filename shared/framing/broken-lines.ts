import { CLOSER, isOf, NEWLINE, SPACE, skip } from './classes.ts';

const NEWLINE_BYTE = 0x0a;

/**
 * How many lines of a stretch that cannot be read are lost: each that is not blank, but a record over several lines
 * (indented, and its last bracket) is one. A stretch without any is one all the same.
 */
export function brokenLines(bytes: Uint8Array): number {
  let [lines, opened, inner] = [0, false, false];
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE_BYTE, at);
    const end = newline < 0 ? bytes.length : newline;
    const first = skip(bytes, at, SPACE);
    if (first < end) {
      const [indented, closes] = [first > at && lines > 0, isOf(bytes[first], CLOSER)];
      if (opened && (indented || (inner && closes))) inner = indented;
      else {
        lines += 1;
        [opened, inner] = [bytes[first] === 0x7b || bytes[first] === 0x5b, false];
      }
    }
    at = end + 1;
  }
  return Math.max(lines, 1);
}

/** Whether two stretches that are told one after the other share a line: `between` stands between them. */
export const shareLine = (lastByte: number | undefined, between: Uint8Array): boolean =>
  !isOf(lastByte, NEWLINE) && !between.includes(NEWLINE_BYTE);
