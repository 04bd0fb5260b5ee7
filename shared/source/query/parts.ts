import type { Ticks } from './ticks.ts';

/**
 * What one query asks for: rows with `start <= time < end` and, where one tick holds too many rows,
 * those whose hash modulo `buckets` is `bucket`. 1 and 0: all of them.
 */
export interface Part {
  readonly start: Ticks;
  readonly end: Ticks;
  readonly buckets: number;
  readonly bucket: number;
  /** How many of the ranges that this is a part of were answered with a body that is wrong; left out: none. */
  readonly wrong?: number;
}

/** Beyond that, rows share id and tick: cutting further would not help. */
export const MOST_BUCKETS = 4096;

/**
 * Two parts that together are `part`, earlier one first; undefined when it cannot be cut any further.
 * By hash: `h mod n = k` means `h mod 2n` is k or k + n, whatever the hash and however it is folded to be positive.
 */
export function halvesOf(part: Part): readonly [Part, Part] | undefined {
  const length = part.end - part.start;
  if (length > 1n) {
    const middle = part.start + length / 2n;
    return [
      { ...part, end: middle },
      { ...part, start: middle },
    ];
  }
  if (part.buckets >= MOST_BUCKETS) return undefined;
  const buckets = part.buckets * 2;
  return [
    { ...part, buckets },
    { ...part, buckets, bucket: part.bucket + part.buckets },
  ];
}
