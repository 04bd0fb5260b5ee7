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
  private start = new Int32Array(32);
  private end = new Int32Array(32);
  /** The text before each range ends there; behind the last range comes what is left of it. */
  private textEnd = new Int32Array(32);
  private readonly text = new Sink(1024);
  /** Objects that are entered, and how many of them are opened already. */
  private readonly entered: KeyNode[] = [];
  private depth = 0;
  private opened = 0;
  /** Whether a comma stands before the next member, or needs none. */
  private parted = true;

  clear(): void {
    this.count = 0;
    this.text.length = 0;
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
    this.text.byte(CLOSE_OBJECT);
    this.parted = false;
  }

  /** A member, from its key to the end of its value. Such that follow each other become one. */
  copy(start: number, end: number): void {
    this.open();
    const last = this.count - 1;
    const follows = last >= 0 && this.end[last] === start - 1 && this.textEnd[last] === this.text.length;
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
      this.text.byte(OPEN_OBJECT);
    }
  }

  private key(node: KeyNode): void {
    if (!this.parted) this.text.byte(COMMA);
    this.text.all(node.bytes);
    this.parted = true;
  }

  private add(start: number, end: number): void {
    const { count, text } = this;
    if (!this.parted) text.byte(COMMA);
    this.parted = false;
    this.start = grown(this.start, count + 1);
    this.end = grown(this.end, count + 1);
    this.textEnd = grown(this.textEnd, count + 1);
    this.start[count] = start;
    this.end[count] = end;
    this.textEnd[count] = text.length;
    this.count = count + 1;
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
