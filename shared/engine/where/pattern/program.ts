import type { Has } from './classes.ts';
import { PatternFault } from './fault.ts';
import type { Assertion, Pattern } from './syntax.ts';

/** Steps of a search; numbers name the steps that follow. */
export type Step =
  | { readonly kind: 'set'; readonly has: Has; readonly next: number }
  | { readonly kind: 'fork'; next: readonly number[] }
  | { readonly kind: 'assert'; readonly what: Assertion; readonly next: number }
  | { readonly kind: 'found' };

export interface Program {
  readonly steps: readonly Step[];
  readonly start: number;
}

/** Each letter of a text may touch every step, so their number bounds what a letter costs. */
const MOST_STEPS = 5000;
const TOO_LARGE = 'it is too large; repeat less';

/** Nothing repeated a thousand times, a thousand times over, makes no step and takes for ever. */
const MOST_PARTS = 100_000;

/** The steps of a pattern, built from its end. */
export function programOf(pattern: Pattern): Program {
  const steps: Step[] = [];
  const add = (step: Step): number => {
    if (steps.length >= MOST_STEPS) throw new PatternFault(TOO_LARGE);
    return steps.push(step) - 1;
  };
  const fork = (next: readonly number[]) => add({ kind: 'fork', next });

  let parts = 0;

  function build(part: Pattern, next: number): number {
    if (++parts > MOST_PARTS) throw new PatternFault(TOO_LARGE);
    if (part.kind === 'set') return add({ kind: 'set', has: part.has, next });
    if (part.kind === 'assert') return add({ kind: 'assert', what: part.what, next });
    if (part.kind === 'either') return fork(part.of.map((each) => build(each, next)));
    if (part.kind === 'sequence') return part.of.reduceRight((after, each) => build(each, after), next);
    return repeat(part, next);
  }

  function repeat({ of, least, most }: Extract<Pattern, { kind: 'repeat' }>, next: number): number {
    let start = next;
    if (most === Number.POSITIVE_INFINITY) {
      const loop: Step = { kind: 'fork', next: [] };
      start = add(loop);
      loop.next = [build(of, start), next];
    } else for (let more = most - least; more > 0; more--) start = fork([build(of, start), next]);
    for (let times = least; times > 0; times--) start = build(of, start);
    return start;
  }

  const found = add({ kind: 'found' });
  const start = build(pattern, found);
  return { steps, start };
}
