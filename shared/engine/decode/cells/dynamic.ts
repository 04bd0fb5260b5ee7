import { acrossLines, broken, NEWLINE, OPEN_ARRAY, OPEN_OBJECT, valueEnd } from '../../../framing/strict.ts';
import type { Sink } from '../../sink.ts';
import type { Row } from '../rows/row.ts';
import { KIND, type Slots } from '../walk/slots.ts';
import { putUnescaped } from './escapes.ts';

/**
 * A dynamic value from JSON, or from text: text that is JSON itself is taken for that, any other stays as a JSON
 * string. Empty text and null are no value; `{}` and `[]` are.
 */
export function putDynamic(row: Row, cell: number, slots: Slots, slot: number, bytes: Uint8Array, scratch: Sink): void {
  const kind = slots.kind[slot];
  const start = slots.start[slot] as number;
  const end = slots.end[slot] as number;
  if (kind !== KIND.text && kind !== KIND.escaped) {
    row.setText(cell, bytes, start, end);
    return;
  }
  const from = scratch.length;
  if (kind === KIND.escaped) putUnescaped(bytes, start, end, scratch);
  else scratch.copy(bytes, start, end);
  // JSON in a text may stand on several lines; here it gets one.
  const to = scratch.length;
  const first = skipLines(scratch.bytes, from, to);
  if (isJson(scratch, first, to)) {
    if (isNull(scratch.bytes, first)) return;
    let last = to;
    while (last > first && (scratch.bytes[last - 1] as number) <= 0x20) last--;
    row.setText(cell, scratch.bytes, first, last);
  } else {
    // As it stood in the record, quotes and all.
    row.setText(cell, bytes, start - 1, end + 1);
  }
}

function skipLines(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && ((bytes[at] as number) === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x09 || bytes[at] === 0x0d))
    at++;
  return at;
}

const isNull = (bytes: Uint8Array, at: number): boolean => bytes[at] === 0x6e;

/** Whether the text is one JSON value; newlines between its tokens become blanks, if it is. */
function isJson(scratch: Sink, from: number, to: number): boolean {
  if (from === to) return false;
  scratch.byte(NEWLINE);
  scratch.length = to;
  const { bytes } = scratch;
  const open = bytes[from] === OPEN_OBJECT || bytes[from] === OPEN_ARRAY;
  let end = valueEnd(bytes, from, 0);
  if (end < 0 && open && bytes[broken.at] === NEWLINE && broken.at < to) {
    const halves: number[] = [];
    end = acrossLines(halves, () => valueEnd(bytes, from, 0));
    if (halves.length > 0) return false;
    for (let at = bytes.indexOf(NEWLINE, from); at >= 0 && at < end; at = bytes.indexOf(NEWLINE, at + 1))
      bytes[at] = 0x20;
  }
  return end >= 0 && skipLines(bytes, end, to) === to;
}
