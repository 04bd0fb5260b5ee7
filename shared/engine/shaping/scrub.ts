import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  skipBlank,
  valueEnd,
} from '../../framing/strict.ts';
import { CELL, type Row } from '../decode/row.ts';
import type { Scratch } from '../decode/scratch.ts';
import { type FieldTree, folded } from '../field-tree.ts';
import { members } from './members.ts';

/** What a scrubbing writes to, and whether anything was left out. */
interface Scrubbing {
  readonly bytes: Uint8Array;
  readonly out: Scratch;
  /** Whether members that nothing is left of go as well. */
  readonly prunes: boolean;
  changed: boolean;
}

/**
 * Takes out of a dynamic cell what the tree hides. What stays is as it was, to the letter but for blanks beside commas. A value that is
 * neither object nor array is hidden whole, for it could be the same as JSON in a text. Null where nothing is left.
 */
export function scrub(row: Row, cell: number, tree: FieldTree, prunes: boolean, out: Scratch): void {
  if (row.kind[cell] !== CELL.text) return;
  const bytes = row.source[cell] as Uint8Array;
  const start = skipBlank(bytes, row.start[cell] as number);
  const from = out.length;
  const scrubbing: Scrubbing = { bytes, out, prunes, changed: false };
  if (bytes[start] === OPEN_OBJECT) scrubObject(scrubbing, start, tree);
  else if (bytes[start] === OPEN_ARRAY) scrubArray(scrubbing, start, tree);
  else {
    row.setNull(cell);
    return;
  }
  const isEmpty = out.length - from <= 2;
  if (isEmpty) row.setNull(cell);
  else if (scrubbing.changed) row.setText(cell, out.bytes, from, out.length);
  if (isEmpty || !scrubbing.changed) out.length = from;
}

/** Returns whether anything is left in it. */
function scrubObject(scrubbing: Scrubbing, at: number, { remove, keep, inside }: FieldTree): boolean {
  const { bytes, out } = scrubbing;
  let any = false;
  out.byte(OPEN_OBJECT);
  for (const member of members(bytes, at)) {
    const name = folded(member.name());
    if (remove.has(name) || keep?.has(name) === false) {
      scrubbing.changed = true;
      continue;
    }
    const before = out.length;
    if (any) out.byte(COMMA);
    const below = inside.get(name);
    if (below === undefined) out.copy(bytes, member.key, member.end());
    else {
      out.copy(bytes, member.key, member.value);
      if (!scrubMember(scrubbing, member.value, below)) {
        out.length = before;
        scrubbing.changed = true;
        continue;
      }
    }
    any = true;
  }
  out.byte(CLOSE_OBJECT);
  return any || !scrubbing.prunes;
}

/** False: nothing of it may be seen, or nothing is left. */
function scrubMember(scrubbing: Scrubbing, at: number, tree: FieldTree): boolean {
  if (scrubbing.bytes[at] === OPEN_OBJECT) return scrubObject(scrubbing, at, tree);
  return scrubbing.bytes[at] === OPEN_ARRAY && scrubArray(scrubbing, at, tree);
}

/** Of an array the objects stay: text in their place, or a list in a list, could hold anything. */
function scrubArray(scrubbing: Scrubbing, at: number, tree: FieldTree): boolean {
  const { bytes, out } = scrubbing;
  let [count, any] = [0, false];
  out.byte(OPEN_ARRAY);
  let next = skipBlank(bytes, at + 1);
  while (bytes[next] !== CLOSE_ARRAY) {
    if (bytes[next] === OPEN_OBJECT) {
      if (count++ > 0) out.byte(COMMA);
      any = scrubObject(scrubbing, next, tree) || any;
    } else scrubbing.changed = true;
    const end = valueEnd(bytes, next, 0);
    if (end < 0) break;
    next = skipBlank(bytes, end);
    if (bytes[next] === COMMA) next = skipBlank(bytes, next + 1);
  }
  out.byte(CLOSE_ARRAY);
  return any || !scrubbing.prunes;
}
