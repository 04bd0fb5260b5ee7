import { counterNames } from '../../signals/counters.ts';

const encoder = new TextEncoder();
const COUNTERS = new Map(Object.entries(counterNames).map(([key, name]) => [key, encoder.encode(name)]));

export const SEVERITIES: Readonly<Record<string, number>> = {
  verbose: 0,
  information: 1,
  informational: 1,
  warning: 2,
  error: 3,
  critical: 4,
};
export const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false };
export const RESULTS: Readonly<Record<string, boolean>> = { ...BOOLEANS, pass: true, fail: false };

/** `fields`: count, minimum and maximum by 1, 2, 3; NaN where there is none. */
export function shareOf(value: number, field: (index: 1 | 2 | 3) => number): number {
  const count = field(1);
  if (!(count > 0) || count === 1) return value;
  const share = value / count;
  const [least, most] = [field(2), field(3)];
  const isAverage = (share < least || share > most) && value >= least && value <= most;
  return isAverage ? value : share;
}

/** The name of a classic counter by its key. */
export const counterName = (key: string): Uint8Array => COUNTERS.get(key) ?? encoder.encode(key);
