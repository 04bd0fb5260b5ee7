import type { Interval, Millis, Window } from '../../model.ts';
import { gapsBetween } from '../audit/gaps.ts';
import { plannedEntry } from '../entry.ts';
import { overlap, tileRange } from '../grid/tile-range.ts';

/** Time that no window covers. */

const day: Millis = 24 * 3_600_000;

/**
 * `from`: the feed is planned from there on. What is retired is no gap at the beginning, and is one up to its end: a
 * ledger from before would have its planner go on from there.
 */
export function gapsIn(windows: readonly Window[], from: Millis | undefined, retired: Millis): readonly Interval[] {
  if (windows.length === 0) return [];
  const first = windows.reduce((least, { start }) => Math.min(least, start), Number.POSITIVE_INFINITY);
  const last = windows.reduce((most, { end }) => Math.max(most, end), 0);
  const lead = { start: from === undefined && retired === 0 ? first : Math.max(from ?? 0, retired), end: first };
  const between = gapsBetween(windows.map((window) => plannedEntry(window)));
  const planned = ({ start, end }: Interval) => ({ start: Math.max(start, from ?? start), end });
  return [lead, ...between.map(planned), { start: last, end: retired }].filter(({ start, end }) => start < end);
}

export const partBefore =
  (time: Millis) =>
  ({ start, end }: Interval): readonly Interval[] =>
    start < time ? [{ start, end: Math.min(end, time) }] : [];

export const partAfter =
  (time: Millis) =>
  ({ start, end }: Interval): readonly Interval[] =>
    end > time ? [{ start: Math.max(start, time), end }] : [];

/** The parts of a window that none of these covers. */
export const leftOf = (window: Window, windows: readonly Window[]): readonly Interval[] =>
  tileRange(window, day, [...new Set(windows)]).filter((tile) => !windows.some((other) => overlap(tile, other)));

/** Parts that several windows leave, each time once. */
export function disjoint(parts: readonly Interval[]): readonly Interval[] {
  const apart: Interval[] = [];
  for (const { start, end } of parts.toSorted((one, other) => one.start - other.start)) {
    const from = Math.max(start, apart.at(-1)?.end ?? start);
    if (from < end) apart.push({ start: from, end });
  }
  return apart;
}
