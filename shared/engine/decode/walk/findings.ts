import { Sink } from '../../sink.ts';
import type { KeyNode } from './key-node.ts';
import type { Leftovers } from './leftovers.ts';
import type { Members } from './members.ts';
import { KIND } from './slots.ts';
import type { Strangers } from './strangers.ts';
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
  constructor(anchors: readonly number[], places: ArrayLike<number>, ends: boolean) {
    this.anchor = Int32Array.from(places, (place) => {
      const last = below(anchors, place + 1) - 1;
      return Math.max(ends || anchors[last] !== place ? last : below(anchors, place), 0);
    });
    this.distance = this.anchor.map((anchor, index) => (places[index] as number) - (anchors[anchor] as number));
  }

  put(anchors: Int32Array, into: Int32Array): void {
    const { anchor, distance } = this;
    for (let index = 0; index < anchor.length; index++)
      into[index] = (anchors[anchor[index] as number] as number) + (distance[index] as number);
  }

  /** The same, each in a slot of its own. */
  putInto(slots: Int32Array, anchors: Int32Array, into: Int32Array): void {
    const { anchor, distance } = this;
    for (let index = 0; index < anchor.length; index++)
      into[slots[index] as number] = (anchors[anchor[index] as number] as number) + (distance[index] as number);
  }
}

/** Leaves in the walker what the walk of a record would whose values stand at these anchors, and are of these kinds. */
export type Findings = (anchors: Int32Array, kinds: Uint8Array) => void;

/** What the walk of a record has left: in all records of one form the same, but for the places of what it tells of. */
export function findingsOf(walker: Walker, from: number): Findings {
  const { values, walked, elementsAt, elementsEnd } = walker;
  const anchors = [from];
  for (let value = 0; value < values.count; value++)
    anchors.push(values.start[value] as number, values.end[value] as number);
  const names = walker.names.slice(0, walker.named);
  const elements = new Places(anchors, elementsAt < 0 ? [] : [elementsAt, elementsEnd], true);
  const putSlots = foundSlots(walker, anchors);
  const others = [
    ...[walker.rootLeftovers, walker.elementLeftovers].map((leftovers) => foundLeftovers(leftovers, anchors)),
    ...[walker.dimensions, walker.metrics].map((members) => foundMembers(members, anchors)),
    ...[walker.rootStrangers, walker.elementStrangers].map(foundStrangers),
  ].filter((put) => put !== undefined);
  return (at, kinds) => {
    walker.begin();
    putSlots(at, kinds);
    for (let index = 0; index < others.length; index++) (others[index] as Findings)(at, kinds);
    around[0] = -1;
    elements.put(at, around);
    walker.elementsAt = around[0] as number;
    walker.elementsEnd = around[1] as number;
    walker.walked = walked;
    for (let index = 0; index < names.length; index++) walker.name(names[index] as KeyNode);
  };
}

const around = new Int32Array(2);

function foundSlots({ slots: { kind, start, end }, values }: Walker, anchors: readonly number[]): Findings {
  const slots = Int32Array.from([...kind.keys()].filter((slot) => kind[slot] !== KIND.missing));
  const [starts, ends] = [slots.map((slot) => start[slot] as number), slots.map((slot) => end[slot] as number)];
  const [startPlaces, endPlaces] = [new Places(anchors, starts, false), new Places(anchors, ends, true)];
  // Which of the values each holds; -1: null, or an empty object, which are part of the form.
  const known = values.start.subarray(0, values.count);
  const found = starts.map((place) => known.indexOf(place));
  const fixed = Uint8Array.from(slots, (slot) => kind[slot] as number);
  return (at, kinds) => {
    startPlaces.putInto(slots, at, start);
    endPlaces.putInto(slots, at, end);
    for (let index = 0; index < slots.length; index++) {
      const value = found[index] as number;
      kind[slots[index] as number] = (value < 0 ? fixed[index] : kinds[value]) as number;
    }
  };
}

function foundLeftovers(leftovers: Leftovers, anchors: readonly number[]): Findings | undefined {
  const { count, start, end, text, textEnd } = leftovers;
  if (count === 0) return undefined;
  const [ownText, textEnds] = [new Sink(0), textEnd.slice(0, count)];
  ownText.copy(text.bytes, 0, text.length);
  const starts = new Places(anchors, start.subarray(0, count), false);
  const ends = new Places(anchors, end.subarray(0, count), true);
  return (at) => {
    leftovers.take(ownText, textEnds);
    starts.put(at, leftovers.start);
    ends.put(at, leftovers.end);
  };
}

function foundMembers(members: Members, anchors: readonly number[]): Findings | undefined {
  const { count, objects, escaped } = members;
  if (count === 0) return undefined;
  const around = new Places(anchors, members.around, true);
  const key = new Places(anchors, members.key.subarray(0, count), false);
  const keyEnd = new Places(anchors, members.keyEnd.subarray(0, count), true);
  const value = new Places(anchors, members.value.subarray(0, count), false);
  const end = new Places(anchors, members.end.subarray(0, count), true);
  return (at) => {
    members.count = count;
    members.objects = objects;
    members.escaped = escaped;
    members.reserve(count);
    around.put(at, members.around);
    key.put(at, members.key);
    keyEnd.put(at, members.keyEnd);
    value.put(at, members.value);
    end.put(at, members.end);
  };
}

function foundStrangers(strangers: Strangers): Findings | undefined {
  const nodes = strangers.all();
  return nodes.length === 0 ? undefined : () => strangers.take(nodes);
}
