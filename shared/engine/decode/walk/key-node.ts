import { viewOf } from '../../words.ts';

/** What the walk does with the value of a key. */
export const USE = {
  /** Nobody knows the key: its bytes go to `extra`, and it is told as drift. */
  unknown: 0,
  /** A column holds it. */
  taken: 1,
  /** A column may fall back on it, or another decision needs it; it stays in `extra`. */
  kept: 2,
  /** Documented, but no column: goes to `extra`. */
  left: 3,
  /** An object to walk into. */
  object: 4,
  /** The rows of a classic record, its dimensions and its metrics. */
  elements: 5,
  dimensions: 6,
  metrics: 7,
  /** The rows of another signal: tells what the record is where it has none of its own. */
  others: 8,
  /** Columns are made of it, and it is not in `extra`. */
  stack: 9,
  /** Whose array holds records: the strict reading leaves it to the slow one. */
  wrapper: 10,
} as const;

const encoder = new TextEncoder();

/**
 * A key that may stand in an object, as bytes. Records of one app repeat the order of their keys: `next` is the key
 * that followed this one the last time (`first`: the one that came first in this object), so that nearly always one
 * compare of bytes finds the node.
 */
export class KeyNode {
  readonly name: string;
  /** `"name":` as it stands in compact JSON. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  use: number;
  /** Where the value's range is left; -1: nowhere. */
  slot = -1;
  children: KeyNode[] = [];
  /** Of an object: nothing that a column takes stands below it, so that it may as well be something else. */
  loose = false;
  first: KeyNode;
  next: KeyNode;
  /** Number of the record (or element) that it was met in last. */
  met = -1;
  /** Of unknown keys: dotted path from the root, and rows that had it. */
  path = '';
  rows = 0;
  told = -1;

  constructor(name: string, use: number, none?: KeyNode) {
    this.name = name;
    this.use = use;
    this.bytes = name === '' && none === undefined ? NEVER : encoder.encode(`${JSON.stringify(name)}:`);
    this.view = viewOf(this.bytes);
    this.first = none ?? this;
    this.next = none ?? this;
  }
}

/** Bytes that no JSON begins with. */
const NEVER = new Uint8Array([0xff, 0xff, 0xff, 0xff]);

/** Stands where no key is expected yet. */
export const NO_KEY = new KeyNode('', USE.unknown);

export const newNode = (name: string, use: number): KeyNode => new KeyNode(name, use, NO_KEY);

/** The child of that name, made where there is none. */
export function childOf(parent: KeyNode, name: string, use: number): KeyNode {
  const found = parent.children.find((child) => child.name === name);
  if (found !== undefined) return found;
  const made = newNode(name, use);
  parent.children.push(made);
  return made;
}

/** The node at a path; those on the way to it are objects. */
export function nodeAt(root: KeyNode, path: readonly string[], use: number): KeyNode {
  let node = root;
  for (const [index, name] of path.entries()) {
    if (node !== root && node.use !== USE.object) node.use = USE.object;
    node = childOf(node, name, index === path.length - 1 ? use : USE.object);
  }
  return node;
}
