import {
  breaks,
  CLOSE_OBJECT,
  COMMA,
  closingQuote,
  DEEPEST,
  key,
  keyEnd,
  NEWLINE,
  OPEN_ARRAY,
  OPEN_OBJECT,
  plainEnd,
  QUOTE,
  REASONS,
  skipBlank,
  valueEnd,
} from '../../../framing/strict.ts';
import { same } from '../../words.ts';
import { Forms } from './forms.ts';
import { type KeyNode, NO_KEY, USE } from './key-node.ts';
import { KIND } from './slots.ts';
import { walkElements, walkList } from './walk-lists.ts';
import { WalkState } from './walk-state.ts';

/**
 * Walks a record along a tree of known keys: leaves the ranges of known values in slots, what is unknown in leftovers.
 * This is the hot loop of the product, it sees every byte of every record: so its functions are long, and work on bytes
 * and numbers only. All reading functions answer the index behind what they read, or -1 where the record is broken
 * (`broken` says where and why).
 */
export class Walker extends WalkState {
  private valueAt = 0;
  private readonly forms = new Forms();

  /** The record at `from`. */
  record(root: KeyNode, from: number): number {
    const known = this.forms.follow(this, from);
    if (known >= 0) return known;
    this.begin();
    this.values.count = 0;
    this.values.wanted = true;
    const end = this.object(root, from, 0);
    this.values.wanted = false;
    if (end >= 0 && !this.odd && !this.elementOdd && this.moreAt < 0) this.forms.learn(this, from, end);
    return end;
  }

  /** The object whose brace is at `from`. */
  object(parent: KeyNode, from: number, depth: number): number {
    if (depth >= DEEPEST) return breaks(from, REASONS.deep);
    const { bytes, view } = this;
    let at = from + 1;
    if ((bytes[at] as number) <= 0x20) at = skipBlank(bytes, at);
    if (bytes[at] === CLOSE_OBJECT) return at + 1;
    let before = parent;
    let node = parent.first;
    for (;;) {
      const start = at;
      const { length } = node.bytes;
      // The last byte is a newline: no key reaches beyond it.
      if (at + length < bytes.length && same(bytes, view, at, node.bytes, node.view, 0, length)) at += length;
      else {
        node = this.find(parent, at);
        if (node === NO_KEY) return -1;
        at = this.valueAt;
        if (before === parent) parent.first = node;
        else before.next = node;
      }
      if ((bytes[at] as number) <= 0x20) at = skipBlank(bytes, at);
      at = this.value(node, start, at, depth + 1);
      if (at < 0) return -1;
      if ((bytes[at] as number) <= 0x20) at = skipBlank(bytes, at);
      const byte = bytes[at];
      if (byte === CLOSE_OBJECT) return at + 1;
      if (byte !== COMMA) return breaks(at, byte === NEWLINE ? REASONS.cut : REASONS.notJson);
      at++;
      if ((bytes[at] as number) <= 0x20) at = skipBlank(bytes, at);
      before = node;
      node = node.next;
    }
  }

  /** The value at `at`, of the key at `start`. */
  value(node: KeyNode, start: number, at: number, depth: number): number {
    const { bytes } = this;
    const { use } = node;
    if (node.met === this.met) return this.again(node, start, at, depth);
    node.met = this.met;
    if (use >= USE.object) return this.structure(node, start, at, depth);
    const byte = bytes[at];
    let from = at;
    let end: number;
    let to: number;
    let kind: number;
    if (byte === QUOTE) {
      from++;
      to = plainEnd(bytes, this.view, from);
      kind = KIND.text;
      if (bytes[to] !== QUOTE) {
        kind = KIND.escaped;
        to = closingQuote(bytes, to);
        if (to < 0) return -1;
      }
      end = to + 1;
    } else {
      end = valueEnd(bytes, at, depth);
      if (end < 0) return -1;
      to = end;
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY)
        kind = skipBlank(bytes, at + 1) === end - 1 ? KIND.empty : KIND.json;
      else if (byte === 0x6e) kind = KIND.null;
      else kind = byte === 0x74 || byte === 0x66 ? KIND.word : KIND.number;
    }
    if (kind !== KIND.json || use !== USE.unknown || !this.deep) this.values.add(bytes, at, end, depth);
    const { slot } = node;
    if (slot >= 0) {
      const { slots } = this;
      slots.kind[slot] = kind;
      slots.start[slot] = from;
      slots.end[slot] = to;
    }
    if (use === USE.taken || kind === KIND.null || kind === KIND.empty) return end;
    this.leftovers.copy(start, end);
    if (use === USE.unknown) this.strangers.add(node, bytes, at);
    return end;
  }

  /**
   * A key that the record had before. What is unknown goes to `extra` all the same; of what is known the first value
   * counts.
   */
  private again(node: KeyNode, start: number, at: number, depth: number): number {
    const end = valueEnd(this.bytes, at, depth);
    if (node.use !== USE.unknown) this.odd = true;
    if (end >= 0) this.leftovers.copy(start, end);
    return end;
  }

  private structure(node: KeyNode, start: number, at: number, depth: number): number {
    const byte = this.bytes[at];
    if (node.use === USE.object && byte === OPEN_OBJECT) {
      this.leftovers.enter(node);
      const end = this.object(node, at, depth);
      this.leftovers.leave();
      return end;
    }
    if (node.use === USE.elements) return walkElements(this, node, at, depth);
    if (node.use === USE.dimensions) return walkList(this, this.dimensions, at, depth);
    if (node.use === USE.wrapper && byte === OPEN_ARRAY) return breaks(at, REASONS.wrapper);
    const end = node.use === USE.metrics ? walkList(this, this.metrics, at, depth) : valueEnd(this.bytes, at, depth);
    if (end < 0) return -1;
    if (node.use === USE.others) this.name(node);
    if (this.isNothing(at, end)) return end;
    if (node.use === USE.stack || node.use === USE.object) this.values.add(this.bytes, at, end, depth);
    if (node.use === USE.stack) return this.stack(node, start, at, end);
    if (node.use === USE.object && !node.loose) this.odd = true;
    if (node.use !== USE.metrics || node.slot < 0) this.leftovers.copy(start, end);
    if (node.use === USE.others || node.use === USE.wrapper) this.strangers.add(node, this.bytes, at);
    return end;
  }

  /** null, `{}` or `[]`. */
  isNothing(at: number, end: number): boolean {
    const byte = this.bytes[at];
    if (byte === 0x6e) return true;
    return (byte === OPEN_OBJECT || byte === OPEN_ARRAY) && skipBlank(this.bytes, at + 1) === end - 1;
  }

  /** A list that holds something becomes part of a column, anything else stays. */
  private stack(node: KeyNode, start: number, at: number, end: number): number {
    if (this.bytes[at] !== OPEN_ARRAY) this.leftovers.copy(start, end);
    else {
      this.slots.kind[node.slot] = KIND.json;
      this.slots.start[node.slot] = at;
      this.slots.end[node.slot] = end;
    }
    return end;
  }

  walkElement(element: KeyNode, at: number, depth: number): number {
    const { odd } = this;
    this.walked = true;
    this.odd = false;
    this.beginElement();
    const end = this.object(element, at, depth);
    this.endElement();
    this.elementOdd = this.odd;
    this.odd = odd;
    return end;
  }

  /** The member whose key is at `at`. */
  member(parent: KeyNode, at: number, depth: number): number {
    const node = this.find(parent, at);
    return node === NO_KEY ? -1 : this.value(node, at, this.valueAt, depth);
  }

  /** Walks an object for its slots alone. */
  aside(tree: KeyNode, at: number): void {
    const { leftovers, strangers, met } = this;
    this.leftovers = this.unwanted;
    this.strangers = this.unwantedStrangers;
    this.met = ++this.count;
    this.object(tree, at, 1);
    this.unwanted.clear();
    this.unwantedStrangers.clear();
    this.leftovers = leftovers;
    this.strangers = strangers;
    this.met = met;
  }

  /** The node of the key at `at`; NO_KEY where that is broken. `valueAt` is where its value begins. */
  private find(parent: KeyNode, at: number): KeyNode {
    this.valueAt = keyEnd(this.bytes, at);
    return this.valueAt < 0 ? NO_KEY : this.keys.find(parent, this.bytes, at, key.end, key.escaped);
  }
}
