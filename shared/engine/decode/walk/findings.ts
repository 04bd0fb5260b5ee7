import { Sink } from '../../sink.ts';
import type { KeyNode } from './key-node.ts';
import type { Leftovers } from './leftovers.ts';
import type { Members } from './members.ts';
import { KIND, type Slots } from './slots.ts';
import type { Values } from './values.ts';
import type { Walker } from './walker.ts';

/** Anchors are the start of a record (0), then start and end of each of its values. */
export const FIRST = 1;

/** How many of the anchors, which are in order, are less than that. */
function below(anchors: readonly number[], place: number): number {
  let [from, to] = [0, anchors.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((anchors[middle] as number) < place) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Places in a record, as distances from anchors. */
class Places {
  private readonly anchor: Int32Array;
  private readonly distance: Int32Array;

  /** Start and end of an empty value are the same place, but not in another record: `ends` says which is meant. */
  constructor(anchors: readonly number[], places: readonly number[], ends: boolean) {
    this.anchor = Int32Array.from(places, (place) => {
      const last = below(anchors, place + 1) - 1;
      return Math.max(ends || anchors[last] !== place ? last : below(anchors, place), 0);
    });
    this.distance = Int32Array.from(
      places,
      (place, index) => place - (anchors[this.anchor[index] as number] as number),
    );
  }

  put(anchors: Int32Array, into: Int32Array): void {
    const { anchor, distance } = this;
    for (let index = 0; index < anchor.length; index++)
      into[index] = (anchors[anchor[index] as number] as number) + (distance[index] as number);
  }
}

/** What the walk of a record leaves: in all records of one form the same, but for the places of what it tells of. */
export class Findings {
  private readonly slots: FoundSlots;
  private readonly leftovers: FoundLeftovers;
  private readonly elementLeftovers: FoundLeftovers;
  private readonly strangers: readonly KeyNode[];
  private readonly elementStrangers: readonly KeyNode[];
  private readonly dimensions: FoundMembers;
  private readonly metrics: FoundMembers;
  /** Start and end of the array of elements; none: there is none. */
  private readonly elements: Places;
  private readonly walked: boolean;
  private readonly firstElement: KeyNode;
  /** Of the keys that name a signal those that were met. */
  private readonly met: readonly KeyNode[];

  constructor(walker: Walker, root: KeyNode, from: number) {
    const { count, start, end } = walker.values;
    const anchors = [from];
    for (let value = 0; value < count; value++) anchors.push(start[value] as number, end[value] as number);
    this.slots = new FoundSlots(walker.slots, walker.values, anchors);
    this.leftovers = new FoundLeftovers(walker.rootLeftovers, anchors);
    this.elementLeftovers = new FoundLeftovers(walker.elementLeftovers, anchors);
    this.strangers = walker.rootStrangers.all();
    this.elementStrangers = walker.elementStrangers.all();
    this.dimensions = new FoundMembers(walker.dimensions, anchors);
    this.metrics = new FoundMembers(walker.metrics, anchors);
    const { elementsAt, elementsEnd } = walker;
    this.elements = new Places(anchors, elementsAt < 0 ? [] : [elementsAt, elementsEnd], true);
    this.walked = walker.walked;
    this.firstElement = walker.firstElement;
    this.met = walker.metElements(root);
  }

  put(walker: Walker, anchors: Int32Array, kinds: Uint8Array): void {
    walker.begin();
    this.slots.put(walker.slots, anchors, kinds);
    this.leftovers.put(walker.rootLeftovers, anchors);
    this.elementLeftovers.put(walker.elementLeftovers, anchors);
    walker.rootStrangers.take(this.strangers);
    walker.elementStrangers.take(this.elementStrangers);
    this.dimensions.put(walker.dimensions, anchors);
    this.metrics.put(walker.metrics, anchors);
    around[0] = -1;
    this.elements.put(anchors, around);
    walker.elementsAt = around[0] as number;
    walker.elementsEnd = around[1] as number;
    walker.walked = this.walked;
    walker.firstElement = this.firstElement;
    for (let index = 0; index < this.met.length; index++) walker.meet(this.met[index] as KeyNode);
  }
}

class FoundSlots {
  /** Slots that hold a value, and which. */
  private readonly slots: Int32Array;
  private readonly values: Int32Array;
  /** Those that hold null, or an empty object, and where. */
  private readonly empty: readonly { readonly slot: number; readonly kind: number; readonly place: Places }[];

  constructor({ kind, start, end }: Slots, values: Values, anchors: readonly number[]) {
    const known = values.start.subarray(0, values.count);
    const filled = [...kind.keys()].filter((slot) => kind[slot] !== KIND.missing);
    const numbers = new Map([...known].map((place, value) => [place, value]).reverse() as [number, number][]);
    const numberOf = (slot: number) => numbers.get(start[slot] as number) ?? -1;
    this.slots = Int32Array.from(filled.filter((slot) => numberOf(slot) >= 0));
    this.values = this.slots.map(numberOf);
    this.empty = filled
      .filter((slot) => numberOf(slot) < 0)
      .map((slot) => ({
        slot,
        kind: kind[slot] as number,
        place: new Places(anchors, [start[slot] as number, end[slot] as number], true),
      }));
  }

  put({ kind, start, end }: Slots, anchors: Int32Array, kinds: Uint8Array): void {
    const { slots, values, empty } = this;
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index] as number;
      const value = values[index] as number;
      kind[slot] = kinds[value] as number;
      start[slot] = anchors[FIRST + 2 * value] as number;
      end[slot] = anchors[FIRST + 2 * value + 1] as number;
    }
    for (let index = 0; index < empty.length; index++) {
      const { slot, kind: of, place } = empty[index] as (typeof empty)[number];
      kind[slot] = of;
      place.put(anchors, around);
      start[slot] = around[0] as number;
      end[slot] = around[1] as number;
    }
  }
}

const around = new Int32Array(2);

class FoundLeftovers {
  private readonly text = new Sink(0);
  private readonly textEnds: Int32Array<ArrayBuffer>;
  private readonly starts: Places;
  private readonly ends: Places;

  constructor({ count, start, end, text, textEnd }: Leftovers, anchors: readonly number[]) {
    this.text.copy(text.bytes, 0, text.length);
    this.textEnds = textEnd.slice(0, count);
    this.starts = new Places(anchors, [...start.subarray(0, count)], false);
    this.ends = new Places(anchors, [...end.subarray(0, count)], true);
  }

  put(leftovers: Leftovers, anchors: Int32Array): void {
    const { text, textEnds } = this;
    leftovers.reserve(textEnds.length);
    leftovers.count = textEnds.length;
    leftovers.text = text;
    leftovers.textEnd = textEnds;
    this.starts.put(anchors, leftovers.start);
    this.ends.put(anchors, leftovers.end);
  }
}

class FoundMembers {
  private readonly count: number;
  private readonly objects: number;
  private readonly escaped: boolean;
  private readonly around: Places;
  private readonly key: Places;
  private readonly keyEnd: Places;
  private readonly value: Places;
  private readonly end: Places;

  constructor(members: Members, anchors: readonly number[]) {
    const { count, objects, escaped, around } = members;
    const placed = (places: Int32Array, ends: boolean) => new Places(anchors, [...places.subarray(0, count)], ends);
    this.count = count;
    this.objects = objects;
    this.escaped = escaped;
    this.around = new Places(anchors, count === 0 ? [] : [...around], true);
    this.key = placed(members.key, false);
    this.keyEnd = placed(members.keyEnd, true);
    this.value = placed(members.value, false);
    this.end = placed(members.end, true);
  }

  put(members: Members, anchors: Int32Array): void {
    if (this.count === 0) return;
    members.count = this.count;
    members.objects = this.objects;
    members.escaped = this.escaped;
    members.reserve(this.count);
    this.around.put(anchors, members.around);
    this.key.put(anchors, members.key);
    this.keyEnd.put(anchors, members.keyEnd);
    this.value.put(anchors, members.value);
    this.end.put(anchors, members.end);
  }
}
