import { CLOSE_OBJECT, COMMA, OPEN_OBJECT } from '../../../framing/strict.ts';
import type { Scratch } from '../cells/scratch.ts';
import type { KeyNode } from './key-node.ts';

const COPY = 0;
const OPEN = 1;
const CLOSE = 2;
const NAMED = 3;

/**
 * What no column holds of a record or element, as steps to write it: ranges of its bytes under the keys that they stood
 * under. A key is opened only when something is left below it.
 */
export class Leftovers {
  private steps = new Int32Array(96);
  private length = 0;
  /** Arrays that are never shortened, since that is slow, and how many of their nodes count. */
  private readonly nodes: KeyNode[] = [];
  private count = 0;
  /** Objects that are entered, and how many of them are opened already. */
  private readonly entered: KeyNode[] = [];
  private depth = 0;
  private opened = 0;

  clear(): void {
    this.length = 0;
    this.count = 0;
    this.depth = 0;
    this.opened = 0;
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  enter(node: KeyNode): void {
    this.entered[this.depth++] = node;
  }

  leave(): void {
    this.depth--;
    if (this.opened <= this.depth) return;
    this.opened--;
    this.add(CLOSE, 0, 0);
  }

  /** A member, from its key to the end of its value. Such that follow each other become one. */
  copy(start: number, end: number): void {
    if (this.opened < this.depth) this.open();
    const last = this.length - 3;
    if (last >= 0 && this.steps[last] === COPY && this.steps[last + 2] === start - 1) this.steps[last + 2] = end;
    else this.add(COPY, start, end);
  }

  /** A value under the key of the node. */
  named(node: KeyNode, start: number, end: number): void {
    if (this.opened < this.depth) this.open();
    this.add(OPEN, this.keep(node), 0);
    this.add(NAMED, start, end);
  }

  private open(): void {
    while (this.opened < this.depth) this.add(OPEN, this.keep(this.entered[this.opened++] as KeyNode), 1);
  }

  private keep(node: KeyNode): number {
    this.nodes[this.count] = node;
    return this.count++;
  }

  private add(step: number, one: number, two: number): void {
    if (this.length + 3 > this.steps.length) {
      const grown = new Int32Array(this.steps.length * 2);
      grown.set(this.steps);
      this.steps = grown;
    }
    const { steps, length } = this;
    steps[length] = step;
    steps[length + 1] = one;
    steps[length + 2] = two;
    this.length = length + 3;
  }

  /**
   * Writes the members, with commas between them; `comma`: one stands before them already. Returns whether anything was
   * written.
   */
  write(bytes: Uint8Array, out: Scratch, comma: boolean): boolean {
    let parted = !comma;
    const { steps, length, nodes } = this;
    for (let at = 0; at < length; at += 3) {
      const step = steps[at];
      const one = steps[at + 1] as number;
      const two = steps[at + 2] as number;
      if (step === CLOSE) {
        out.byte(CLOSE_OBJECT);
        parted = false;
        continue;
      }
      if (!parted) out.byte(COMMA);
      if (step === OPEN) {
        out.all((nodes[one] as KeyNode).bytes);
        if (two === 1) out.byte(OPEN_OBJECT);
        parted = true;
      } else {
        out.copy(bytes, one, two);
        parted = false;
      }
    }
    return length > 0;
  }
}
