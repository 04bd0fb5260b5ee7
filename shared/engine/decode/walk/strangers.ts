import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  key,
  keyEnd,
  nextEntry,
  OPEN_ARRAY,
  OPEN_OBJECT,
  skipBlank,
  valueEnd,
} from '../../../framing/strict.ts';
import { type KeyNode, newNode, USE } from './key-node.ts';
import { nameOf } from './members.ts';
import type { Values } from './values.ts';

/** So many unknown keys are kept in mind: where names are values (a map by user, say) they are not all worth it. */
const MOST_LEARNED = 1000;
const MOST_CHILDREN = 200;
const LONGEST_PATH = 200;

/** An unknown key that is not kept in mind. */
const STRANGER = newNode('', USE.unknown);

/** Finds keys among those of a tree, and keeps unknown ones in mind: the next record will have them too. */
export class Keys {
  private learned = 0;

  /** The child whose key stands from its quote at `start` to the one at `end`. */
  find(parent: KeyNode, bytes: Uint8Array, start: number, end: number, escaped: boolean): KeyNode {
    const { children } = parent;
    const length = end + 2 - start;
    if (!escaped) {
      for (const child of children) {
        const known = child.bytes;
        if (known.length !== length) continue;
        let index = 1;
        while (index < length - 1 && bytes[start + index] === known[index]) index++;
        if (index === length - 1) return child;
      }
    }
    if (!escaped && (length > LONGEST_PATH || this.learned >= MOST_LEARNED || children.length >= MOST_CHILDREN))
      return STRANGER;
    const name = nameOf(bytes, start, end);
    const known = escaped ? children.find((child) => child.name === name) : undefined;
    return known ?? this.learn(parent, name);
  }

  private learn(parent: KeyNode, name: string): KeyNode {
    const path = parent.path === '' ? name : `${parent.path}.${name}`;
    if (path.length > LONGEST_PATH || this.learned >= MOST_LEARNED || parent.children.length >= MOST_CHILDREN)
      return STRANGER;
    this.learned++;
    const node = newNode(name, USE.unknown);
    node.path = path;
    parent.children.push(node);
    return node;
  }
}

/** The unknown keys of a record or element: of objects and arrays the keys that lead to values. */
export class Strangers {
  /** The first `count` of them. */
  private nodes: readonly KeyNode[] = [];
  private count = 0;
  private readonly own: KeyNode[] = [];
  private readonly keys: Keys;
  private readonly deep: boolean;
  private readonly values: Values;
  private row = 0;

  /** `deep`: whether what lies below a key is told by its own path. */
  constructor(keys: Keys, deep: boolean, values: Values) {
    this.keys = keys;
    this.deep = deep;
    this.values = values;
  }

  clear(): void {
    this.nodes = this.own;
    this.count = 0;
    this.row++;
  }

  all(): readonly KeyNode[] {
    return this.nodes.slice(0, this.count);
  }

  /** Those of another record. */
  take(nodes: readonly KeyNode[]): void {
    this.nodes = nodes;
    this.count = nodes.length;
  }

  /** A row of the record has them. */
  tell(): void {
    for (let index = 0; index < this.count; index++) (this.nodes[index] as KeyNode).rows++;
  }

  /** `at`: the value, which is known to be JSON. */
  add(node: KeyNode, bytes: Uint8Array, at: number): void {
    if (node === STRANGER) return;
    if (this.deep && (bytes[at] === OPEN_OBJECT || bytes[at] === OPEN_ARRAY)) this.leaves(node, bytes, at);
    else this.note(node);
  }

  private note(node: KeyNode): void {
    if (node.told === this.row || node === STRANGER) return;
    node.told = this.row;
    this.own[this.count++] = node;
  }

  private leaves(node: KeyNode, bytes: Uint8Array, from: number): number {
    const byte = bytes[from];
    if (byte === OPEN_OBJECT) return this.members(node, bytes, from);
    if (byte === OPEN_ARRAY) return this.entries(node, bytes, from);
    this.note(node);
    const end = valueEnd(bytes, from, 0);
    this.values.add(bytes, from, end, 0);
    return end;
  }

  private members(node: KeyNode, bytes: Uint8Array, from: number): number {
    let at = skipBlank(bytes, from + 1);
    while (bytes[at] !== CLOSE_OBJECT) {
      const value = keyEnd(bytes, at);
      const below = this.keys.find(node, bytes, at, key.end, key.escaped);
      at = nextEntry(bytes, this.leaves(below, bytes, value), CLOSE_OBJECT);
    }
    return at + 1;
  }

  private entries(node: KeyNode, bytes: Uint8Array, from: number): number {
    let at = skipBlank(bytes, from + 1);
    while (bytes[at] !== CLOSE_ARRAY) at = nextEntry(bytes, this.leaves(node, bytes, at), CLOSE_ARRAY);
    return at + 1;
  }
}
