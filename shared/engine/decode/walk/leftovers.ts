import { CLOSE_OBJECT, COMMA, OPEN_OBJECT } from '../../../framing/strict.ts';
import { Sink } from '../../sink.ts';
import { grown } from '../../words.ts';
import type { KeyNode } from './key-node.ts';

/**
 * What no column holds of a record or element: ranges of its bytes, and the text between them, which are the keys that
 * they stood under. A key is opened only when something is left below it.
 */
export class Leftovers {
  /** How many ranges there are. */
  count = 0;
  start = new Int32Array(32);
  end = new Int32Array(32);
  /** The text before each range ends there; behind the last range comes what is left of it. */
  textEnd: Int32Array;
  text: Sink;
  private readonly own = new Sink(1024);
  private ownEnd = new Int32Array(32);
  /** Objects that are entered, and how many of them are opened already. */
  private readonly entered: KeyNode[] = [];
  private depth = 0;
  private opened = 0;
  /** Whether a comma stands before the next member, or needs none. */
  private parted = true;

  constructor() {
    this.text = this.own;
    this.textEnd = this.ownEnd;
  }

  clear(): void {
    this.count = 0;
    this.text = this.own;
    this.textEnd = this.ownEnd;
    this.own.length = 0;
    this.depth = 0;
    this.opened = 0;
    this.parted = true;
  }

  enter(node: KeyNode): void {
    this.entered[this.depth++] = node;
  }

  leave(): void {
    this.depth--;
    if (this.opened <= this.depth) return;
    this.opened--;
    this.own.byte(CLOSE_OBJECT);
    this.parted = false;
  }

  /** A member, from its key to the end of its value. Such that follow each other become one. */
  copy(start: number, end: number): void {
    this.open();
    const last = this.count - 1;
    const follows = last >= 0 && this.end[last] === start - 1 && this.textEnd[last] === this.own.length;
    if (follows) this.end[last] = end;
    else this.add(start, end);
  }

  /** A value under the key of the node. */
  named(node: KeyNode, start: number, end: number): void {
    this.open();
    this.key(node);
    this.add(start, end);
  }

  private open(): void {
    for (; this.opened < this.depth; this.opened++) {
      this.key(this.entered[this.opened] as KeyNode);
      this.own.byte(OPEN_OBJECT);
    }
  }

  private key(node: KeyNode): void {
    if (!this.parted) this.own.byte(COMMA);
    this.own.stamp(node);
    this.parted = true;
  }

  private add(start: number, end: number): void {
    const { count, own } = this;
    if (!this.parted) own.byte(COMMA);
    this.parted = false;
    this.reserve(count + 1);
    this.start[count] = start;
    this.end[count] = end;
    this.ownEnd[count] = own.length;
    this.count = count + 1;
  }

  /** Room for so many ranges. */
  private reserve(count: number): void {
    this.start = grown(this.start, count);
    this.end = grown(this.end, count);
    this.ownEnd = grown(this.ownEnd, count);
    this.textEnd = this.ownEnd;
  }

  /** So many ranges as there are ends of texts before them; where they are is yet to be said. */
  take(text: Sink, textEnd: Int32Array): void {
    this.reserve(textEnd.length);
    this.count = textEnd.length;
    this.text = text;
    this.textEnd = textEnd;
  }

  /** Writes the members, with commas between them. `view` is the memory of `bytes`. */
  write(bytes: Uint8Array, view: DataView, out: Sink): void {
    const { count, start, end, text, textEnd } = this;
    let at = 0;
    for (let index = 0; index < count; index++) {
      const to = textEnd[index] as number;
      out.put(text.bytes, text.view, at, to);
      out.put(bytes, view, start[index] as number, end[index] as number);
      at = to;
    }
    out.put(text.bytes, text.view, at, text.length);
  }
}
