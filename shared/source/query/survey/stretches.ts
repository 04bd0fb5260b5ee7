import type { Millis, Signal, Window } from '../../../model.ts';
import type { Stretch } from './text.ts';

/** A stretch, and the windows that it covers. */
export interface Covered extends Stretch {
  readonly windows: readonly Window[];
}

const minute: Millis = 60_000;
const day: Millis = 24 * 60 * minute;

/**
 * The stretches that tell the windows apart, signal by signal: whole minutes into which all of a signal's windows can
 * be parted, however their sizes differ (changed settings, halves). A window that does not lie on whole minutes is a
 * stretch of its own.
 */
export function stretchesOf(windows: readonly Window[]): Covered[] {
  const signals = [...new Set(windows.map(({ signal }) => signal))];
  return signals.flatMap((signal) => {
    const own = windows.filter((window) => window.signal === signal).toSorted((a, b) => a.start - b.start);
    const odd = own.filter((window) => !isWhole(window));
    const whole = own.filter(isWhole);
    return [
      ...(whole.length === 0 ? [] : [together(signal, whole)]),
      ...odd.map((window) => together(signal, [window])),
    ];
  });
}

/** Rows of the answer at most. */
export const binsOf = ({ start, end, step }: Stretch): number => Math.ceil((end - start) / step) + 1;

/** The earlier and the later half of its windows; undefined where there is only one. */
export function partsOf(covered: Covered): readonly [Covered, Covered] | undefined {
  const { signal, windows } = covered;
  const middle = Math.ceil(windows.length / 2);
  if (middle === windows.length) return undefined;
  return [together(signal, windows.slice(0, middle)), together(signal, windows.slice(middle))];
}

/** In as many parts as it takes, of which each has so many rows at most, or a single window. */
export function fitting(covered: Covered, most: number): readonly Covered[] {
  const parts = binsOf(covered) > most ? partsOf(covered) : undefined;
  return parts?.flatMap((part) => fitting(part, most)) ?? [covered];
}

const isWhole = ({ start, end }: Window): boolean => start % minute === 0 && end % minute === 0;

function together(signal: Signal, windows: readonly Window[]): Covered {
  const start = Math.min(...windows.map((window) => window.start));
  const end = Math.max(...windows.map((window) => window.end));
  const lines = windows.flatMap((window) => [window.start, window.end]);
  // A window off the grid is alone in its stretch: there the step does not matter.
  const step = windows.length === 1 ? day : lines.reduce((step, line) => divisor(step, line % day), day);
  return { signal, start, end, step, windows };
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
