import { closingQuote, numberEnd, plainEnd, QUOTE, scalarEnd, valueEnd } from '../../../framing/strict.ts';
import { Sink } from '../../sink.ts';
import { same } from '../../words.ts';
import { FIRST, type Findings, findingsOf } from './findings.ts';
import { KIND } from './slots.ts';
import { kindAt, Values } from './values.ts';
import type { Walker } from './walker.ts';

/** The bytes up to a value, or to the end of the record, and what may follow behind that value. */
class Step {
  /** Where its bytes stand among those of all steps. */
  readonly from: number;
  readonly length: number;
  /** Of the value that follows; `missing`: the record ends. */
  readonly kind: number;
  readonly depth: number;
  readonly steps: Step[] = [];
  /** The one that was taken last. */
  next: Step | undefined;
  findings: Findings | undefined;

  constructor(from: number, length: number, kind: number, depth: number) {
    this.from = from;
    this.length = length;
    this.kind = kind;
    this.depth = depth;
  }
}

/**
 * Forms are forgotten when they have so many steps, or bytes, or when what is found in them takes so many bytes; the
 * next ones are learned only after so many records.
 */
const MOST = { steps: 5000, bytes: 512 * 1024, ways: 16, found: 8 * 1024 * 1024 };
/** Of what is found in a form with so many values, about. */
const foundBytes = (values: number): number => 1024 + 48 * values;
const PAUSE = 20_000;

/**
 * Records of one app come in few forms: the same keys in the same order, and only values differ. Of each form that was
 * walked once it is known what a walk leaves; of the next record only the places of its values are looked for.
 */
export class Forms {
  private start = new Step(0, 0, KIND.text, 0);
  private count = 0;
  private pause = 0;
  /** The bytes of all steps. */
  private readonly known = new Sink(8 * 1024);
  private found = 0;
  private readonly anchors = new Int32Array(FIRST + 2 * Values.most);
  private readonly kinds = new Uint8Array(Values.most);

  /** Leaves in the walker what a walk of the record would. The index behind it; -1: it is of no form that is known. */
  follow(walker: Walker, from: number): number {
    const { bytes, view } = walker;
    const { anchors, kinds } = this;
    let step = this.start;
    let at = from;
    for (let value = 0; ; value++) {
      const { next } = step;
      if (next !== undefined && this.isAt(next, bytes, view, at)) step = next;
      else {
        const other = this.otherThan(next, step.steps, bytes, view, at);
        if (other === undefined) return -1;
        step.next = other;
        step = other;
      }
      at += step.length;
      const { kind } = step;
      if (kind === KIND.missing) break;
      anchors[FIRST + 2 * value] = at;
      kinds[value] = kind;
      if (kind === KIND.text) {
        at = plainEnd(bytes, view, at);
        if (bytes[at] !== QUOTE) {
          kinds[value] = KIND.escaped;
          at = closingQuote(bytes, at);
        }
      } else if (kind === KIND.json) at = valueEnd(bytes, at - 1, step.depth);
      else at = kind === KIND.number ? numberEnd(bytes, at) : scalarEnd(bytes, at);
      if (at < 0) return -1;
      anchors[FIRST + 2 * value + 1] = at;
    }
    anchors[0] = from;
    step.findings?.(anchors, kinds);
    return at;
  }

  private isAt({ from, length, kind }: Step, bytes: Uint8Array, view: DataView, at: number): boolean {
    const end = at + length;
    if (end >= bytes.length || !same(this.known.bytes, this.known.view, from, bytes, view, at, length)) return false;
    return kind === KIND.text || kind === KIND.missing || kindAt(bytes, kind === KIND.json ? end - 1 : end) === kind;
  }

  private otherThan(
    one: Step | undefined,
    steps: readonly Step[],
    bytes: Uint8Array,
    view: DataView,
    at: number,
  ): Step | undefined {
    for (const step of steps) if (step !== one && this.isAt(step, bytes, view, at)) return step;
    return undefined;
  }

  /** Keeps what the walk of a record has left, for others of its form. */
  learn(walker: Walker, from: number, end: number): void {
    const { values, bytes } = walker;
    if (this.pause > 0) this.pause--;
    if (this.pause > 0 || values.count > Values.most || end - from > MOST.bytes / 8) return;
    if (this.count > MOST.steps || this.known.length > MOST.bytes || this.found > MOST.found) {
      this.forget();
      return;
    }
    let step: Step | undefined = this.start;
    let at = from;
    for (let value = 0; value <= values.count && step !== undefined; value++) {
      const isLast = value === values.count;
      const before = bytes.subarray(at, isLast ? end : (values.start[value] as number));
      const kind = isLast ? KIND.missing : (values.kind[value] as number);
      step = this.stepFrom(step, before, kind, values.depth[value] ?? 0);
      at = values.end[value] ?? 0;
    }
    if (step === undefined) return;
    if (step.findings === undefined) this.found += foundBytes(values.count);
    step.findings = findingsOf(walker, from);
  }

  /** Undefined: there are too many ways already. */
  private stepFrom(before: Step, bytes: Uint8Array, kind: number, depth: number): Step | undefined {
    const isSame = ({ from, length }: Step) =>
      length === bytes.length && Buffer.compare(this.known.bytes.subarray(from, from + length), bytes) === 0;
    const known = before.steps.find((step) => step.kind === kind && isSame(step));
    if (known !== undefined) return known;
    if (before.steps.length >= MOST.ways) return undefined;
    const step = new Step(this.known.length, bytes.length, kind, depth);
    before.steps.push(step);
    before.next = step;
    this.count++;
    this.known.copy(bytes, 0, bytes.length);
    return step;
  }

  private forget(): void {
    this.start = new Step(0, 0, KIND.text, 0);
    [this.count, this.known.length, this.found, this.pause] = [0, 0, 0, PAUSE];
  }
}
