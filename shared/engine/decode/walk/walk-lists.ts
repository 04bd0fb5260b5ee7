import {
  breaks,
  CLOSE_ARRAY,
  nextEntry,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipBlank,
  valueEnd,
} from '../../../framing/strict.ts';
import { type KeyNode, USE } from './key-node.ts';
import type { Members } from './members.ts';
import type { Walker } from './walker.ts';

/** The members of the objects of a list, or of the one object that stands in its place. */
export function walkList(walker: Walker, members: Members, from: number, depth: number): number {
  const { bytes } = walker;
  if (bytes[from] === OPEN_OBJECT) return members.add(bytes, from, depth + 1, walker.values);
  if (bytes[from] !== OPEN_ARRAY) {
    const end = valueEnd(bytes, from, depth);
    if (end >= 0 && bytes[from] !== 0x6e) walker.odd = true;
    return end;
  }
  let at = skipBlank(bytes, from + 1);
  while (bytes[at] !== CLOSE_ARRAY) {
    if (bytes[at] === OPEN_OBJECT) at = members.add(bytes, at, depth + 2, walker.values);
    else {
      walker.odd = true;
      at = valueEnd(bytes, at, depth + 1);
    }
    if (at >= 0) at = nextEntry(bytes, at, CLOSE_ARRAY);
    if (at < 0) return -1;
  }
  return at + 1;
}

/** The rows of a classic record. The first is walked on the way, others when the record has been read. */
export function walkElements(walker: Walker, node: KeyNode, from: number, depth: number): number {
  const { bytes } = walker;
  walker.name(node);
  walker.elementsAt = from;
  const byte = bytes[from];
  if (walker.element === undefined || (byte !== OPEN_ARRAY && byte !== OPEN_OBJECT)) {
    const end = valueEnd(bytes, from, depth);
    if (end >= 0 && byte !== OPEN_ARRAY && byte !== OPEN_OBJECT && byte !== 0x6e) walker.odd = true;
    walker.elementsEnd = end;
    walker.values.add(bytes, from, end, depth);
    return end;
  }
  if (byte === OPEN_OBJECT) {
    walker.elementsEnd = walker.walkElement(walker.element, from, depth);
    return walker.elementsEnd;
  }
  let at = skipBlank(bytes, from + 1);
  while (bytes[at] !== CLOSE_ARRAY) {
    if (bytes[at] !== OPEN_OBJECT) {
      walker.odd = true;
      at = valueEnd(bytes, at, depth + 1);
    } else if (!walker.walked) at = walker.walkElement(walker.element, at, depth + 1);
    else {
      if (walker.moreAt < 0) walker.moreAt = at;
      at = valueEnd(bytes, at, depth + 1);
    }
    if (at >= 0) at = nextEntry(bytes, at, CLOSE_ARRAY);
    if (at < 0) return -1;
  }
  walker.elementsEnd = at + 1;
  return at + 1;
}

/** A row of a query answer: an array of as many cells as there are nodes. */
export function walkCells(walker: Walker, nodes: readonly KeyNode[], from: number): number {
  const { bytes } = walker;
  let at = skipBlank(bytes, from + 1);
  let count = 0;
  for (; bytes[at] !== CLOSE_ARRAY; count++) {
    const node = nodes[count];
    if (node === undefined) break;
    at = walkCell(walker, node, at);
    if (at >= 0) at = nextEntry(bytes, at, CLOSE_ARRAY);
    if (at < 0) return -1;
  }
  return bytes[at] === CLOSE_ARRAY && count === nodes.length ? at + 1 : breaks(at, `not ${nodes.length} cells`);
}

/** What no column takes goes to `extra` under the name of its column, if it says anything. */
function walkCell(walker: Walker, node: KeyNode, at: number): number {
  if (node.use === USE.taken) return walker.value(node, at, at, 1);
  const end = valueEnd(walker.bytes, at, 1);
  if (end < 0 || walker.isNothing(at, end) || (walker.bytes[at] === QUOTE && end === at + 2)) return end;
  walker.leftovers.named(node, at, end);
  walker.strangers.add(node, walker.bytes, at);
  return end;
}
