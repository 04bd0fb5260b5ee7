import { CLOSE_ARRAY, nextEntry, OPEN_ARRAY, OPEN_OBJECT, skipBlank, valueEnd } from '../../../framing/strict.ts';
import type { Reader } from '../reader.ts';
import { type KeyNode, newNode, USE } from '../walk/key-node.ts';
import { Members, nameOf } from '../walk/members.ts';
import { KIND } from '../walk/slots.ts';
import { counterName } from './conversions.ts';
import { detailsOf, represents } from './links.ts';

/**
 * Takes in the row that reader and walker hold now; `fill` sets cells that no slot leads to. True: what was taken in is
 * to be encoded before there is more, for a record can be a thousand rows.
 */
export type TakeRow = (reader: Reader, fill?: () => void) => boolean;
type Pauses = Generator<void, void>;

/** Makes the rows of a classic record that has been walked. Returns what makes the others, where there may be more. */
export function classicRows(reader: Reader, take: TakeRow): Pauses | undefined {
  const { walker, program, signal } = reader;
  if (signal === 'exceptions') return exceptionRows(reader, take);
  if (signal === 'customMetrics') return metricRows(reader, take);
  if (signal === 'performanceCounters') return counterRows(reader, take);
  if (!walker.walked) return undefined;
  take(reader);
  return walker.moreAt < 0 || program.element === undefined ? undefined : moreRows(reader, program.element, take);
}

function* moreRows(reader: Reader, element: KeyNode, take: TakeRow): Pauses {
  const { walker } = reader;
  for (const at of objectsFrom(walker.bytes, walker.moreAt)) {
    walker.walkElement(element, at, 2);
    if (take(reader)) yield;
  }
}

/** The objects of the elements' array, or the one in its place. */
function elementsOf({ walker }: Reader): Iterable<number> {
  const { bytes, elementsAt } = walker;
  if (elementsAt < 0) return [];
  if (bytes[elementsAt] === OPEN_OBJECT) return [elementsAt];
  if (bytes[elementsAt] !== OPEN_ARRAY) return [];
  return objectsFrom(bytes, skipBlank(bytes, elementsAt + 1), () => {
    walker.odd = true;
  });
}

/** Where the objects of an array stand, from the entry at `from` on. `other` is told of entries that are none. */
function* objectsFrom(bytes: Uint8Array, from: number, other = () => {}): Generator<number> {
  let at = from;
  while (bytes[at] !== CLOSE_ARRAY) {
    const isObject = bytes[at] === OPEN_OBJECT;
    const end = valueEnd(bytes, at, 2);
    if (isObject) yield at;
    else other();
    at = nextEntry(bytes, end, CLOSE_ARRAY);
  }
}

function* exceptionRows(reader: Reader, take: TakeRow): Pauses {
  const { walker, program, row, details } = reader;
  const { element } = program;
  if (element === undefined) return;
  const all = [...elementsOf(reader)];
  const heads = all.map((at, index) => index === 0 || represents(reader, element, at));
  for (let head = 0; head < all.length; ) {
    let next = head + 1;
    while (next < all.length && !heads[next]) next++;
    walker.walkElement(element, all[head] as number, 2);
    details.length = 0;
    const filled = detailsOf(reader, all.slice(head + 1, next));
    const isFull = take(reader, () => {
      if (filled) row.setText(reader.cellOf('details'), details.bytes, 0, details.length);
    });
    head = next;
    if (isFull) yield;
  }
}

/** Each named value of the record's metrics, and each element that carries one itself. */
function* metricRows(reader: Reader, take: TakeRow): Pauses {
  const { walker, program } = reader;
  const { element, slotOf } = program;
  if (element === undefined) return;
  const { metrics, bytes, slots } = walker;
  const name = slotOf('#.name');
  const nameNode = element.children.find((child) => child.name === 'name');
  const elements = [...elementsOf(reader)].filter((at) => bytes[skipBlank(bytes, at + 1)] !== 0x7d);
  for (let index = 0; index < metrics.count; index++) {
    const start = metrics.value[index] as number;
    if (bytes[start] === OPEN_OBJECT) walker.walkElement(element, start, 4);
    else {
      walker.beginElement();
      walker.elementOdd = false;
      setValue(reader, slotOf('value'), start, metrics.end[index] as number);
      walker.endElement();
    }
    slots.start[name] = (metrics.key[index] as number) + 1;
    slots.end[name] = metrics.keyEnd[index] as number;
    slots.kind[name] = metrics.escaped ? KIND.escaped : KIND.text;
    if (take(reader)) yield;
  }
  if (nameNode === undefined) return;
  const { use, slot } = nameNode;
  [nameNode.use, nameNode.slot] = [USE.taken, name];
  for (const at of elements) {
    walker.walkElement(element, at, 2);
    if (take(reader)) yield;
  }
  [nameNode.use, nameNode.slot] = [use, slot];
}

/** A value of any kind, from its first byte to its end, in a slot. */
function setValue({ walker }: Reader, slot: number, start: number, end: number): void {
  const { bytes, slots } = walker;
  const first = bytes[start] as number;
  const isText = first === 0x22;
  slots.start[slot] = isText ? start + 1 : start;
  slots.end[slot] = isText ? end - 1 : end;
  slots.kind[slot] = kindOf(bytes, start);
}

/** Of the value whose first byte is at `at`. */
function kindOf(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first === 0x22) return KIND.escaped;
  if (first === OPEN_OBJECT) return KIND.json;
  if (first === OPEN_ARRAY) return bytes[skipBlank(bytes, at + 1)] === CLOSE_ARRAY ? KIND.empty : KIND.json;
  if (first === 0x6e) return KIND.null;
  return first === 0x74 || first === 0x66 ? KIND.word : KIND.number;
}

/** Beside category and instance, an element has a key for each counter; its value is an object with a value. */
function* counterRows(reader: Reader, take: TakeRow): Pauses {
  const { walker, program } = reader;
  const { element } = program;
  if (element === undefined) return;
  const { bytes } = walker;
  const members = new Members();
  for (const at of [...elementsOf(reader)]) {
    members.clear();
    members.add(bytes, at, 3);
    const all = Array.from({ length: members.count }, (_, index) => index);
    const isCounter = all.map((index) => hasValue(bytes, members.value[index] as number));
    const counters = all.filter((index) => isCounter[index]);
    if (counters.length === 0) {
      walker.walkElement(element, at, 2);
      if (take(reader)) yield;
    }
    for (const index of counters) {
      const { odd } = walker;
      walker.odd = false;
      walker.beginElement();
      for (const other of all) if (!isCounter[other]) walker.member(element, members.key[other] as number, 3);
      const name = nameOf(bytes, members.key[index] as number, members.keyEnd[index] as number);
      counterFields(reader, counterNode(element, name), members.value[index] as number);
      walker.endElement();
      walker.elementOdd = walker.odd;
      walker.odd = odd;
      if (take(reader, () => nameCounter(reader, name))) yield;
    }
  }
}

/** The members of the counter that is looked at. */
const fields = new Members();

/** Whether it is an object that has a value, as counters are. */
function hasValue(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== OPEN_OBJECT) return false;
  fields.clear();
  fields.add(bytes, at, 4);
  return fields.names(bytes).includes('value');
}

function counterNode(element: KeyNode, name: string): KeyNode {
  const found = element.children.find((child) => child.name === name);
  if (found !== undefined) return found;
  const node = newNode(name, USE.unknown);
  node.path = `${element.path}.${name}`;
  if (element.children.length < 100) element.children.push(node);
  return node;
}

function counterFields(reader: Reader, node: KeyNode, at: number): void {
  const { walker, program } = reader;
  fields.clear();
  fields.add(walker.bytes, at, 4);
  walker.leftovers.enter(node);
  for (const [index, name] of fields.names(walker.bytes).entries()) {
    if (name !== 'value') walker.member(node, fields.key[index] as number, 4);
    else setValue(reader, program.slotOf('#.value'), fields.value[index] as number, fields.end[index] as number);
  }
  walker.leftovers.leave();
}

function nameCounter({ row, cellOf }: Reader, key: string): void {
  const name = counterName(key);
  for (const column of ['name', 'counter']) row.setText(cellOf(column), name, 0, name.length);
}
