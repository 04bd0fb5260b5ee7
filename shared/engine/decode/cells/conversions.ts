import { durationBuckets } from '../../../signals/buckets.ts';
import { counterNames } from '../../../signals/counters.ts';

const encoder = new TextEncoder();
const BUCKETS = durationBuckets.map(([name, below]) => ({ name: encoder.encode(name), below }));
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

/** Whether a value stands for several items, and is to be shared among them. */
export const isShared = (count: number): boolean => count > 0 && count !== 1;

/** `least` and `most`: what the items were; NaN where that is not said. */
export function shareOf(value: number, count: number, least: number, most: number): number {
  const share = value / count;
  const isAverage = (share < least || share > most) && value >= least && value <= most;
  return isAverage ? value : share;
}

/** The name of a classic counter by its key. */
export const counterName = (key: string): Uint8Array => COUNTERS.get(key) ?? encoder.encode(key);

/** The name of a duration's bucket. */
export function bucketOf(millis: number): Uint8Array | undefined {
  for (const { name, below } of BUCKETS) if (millis < below || below === Number.POSITIVE_INFINITY) return name;
  return undefined;
}
