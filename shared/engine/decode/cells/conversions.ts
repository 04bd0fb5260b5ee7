import { durationBuckets } from '../../../signals/buckets.ts';
import { counterNames } from '../../../signals/counters.ts';

const encoder = new TextEncoder();
const BUCKETS = durationBuckets.map(([name, below]) => ({ name: encoder.encode(name), below }));
const COUNTERS = new Map(Object.entries(counterNames).map(([key, name]) => [key, encoder.encode(name)]));

/** What words mean, in any letter case. */
export type Words<T> = readonly { readonly word: Uint8Array; readonly means: T }[];

const wordsOf = <T>(words: Readonly<Record<string, T>>): Words<T> =>
  Object.entries(words).map(([word, means]) => ({ word: encoder.encode(word), means }));

export const SEVERITIES = wordsOf({
  verbose: 0,
  information: 1,
  informational: 1,
  warning: 2,
  error: 3,
  critical: 4,
});
const booleans = { true: true, 1: true, false: false, 0: false };
export const BOOLEANS = wordsOf(booleans);
export const RESULTS = wordsOf({ ...booleans, pass: true, fail: false });

/** Undefined: it is none of the words. No text is made of the bytes, since every row has some. */
export function meaningOf<T>(words: Words<T>, bytes: Uint8Array, start: number, end: number): T | undefined {
  for (const { word, means } of words) if (isWord(word, bytes, start, end)) return means;
  return undefined;
}

/** Whether the bytes are the word, which is in small letters and ASCII, in any letter case. */
export function isWord(word: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== word.length) return false;
  for (let index = 0; index < word.length; index++) {
    const byte = bytes[start + index] as number;
    if ((byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) !== word[index]) return false;
  }
  return true;
}

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
