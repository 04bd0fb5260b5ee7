import type { RefusedQuestion, Settled } from '../settle.ts';

/** How many rows are asked for at once. */
export interface Room {
  readonly bins: number;
  /** The most that are ever asked for. */
  readonly most: number;
  /** Full answers in a row after which more is tried, and how many there were. */
  readonly patience: number;
  readonly full: number;
}

/** A few megabytes. */
const BINS = 50_000;
/** Who answers no more than this has a bad moment. */
const LEAST = 50;

/** `limit`: an answer with so many rows is as good as cut. */
export function roomFor(limit: number): Room {
  const most = Math.max(1, Math.min(BINS, limit - 1));
  return { bins: most, most, patience: 1, full: 0 };
}

/**
 * What an endpoint cut is not asked for again, so few answers are thrown away. It may have had a bad moment, and 30
 * days of small questions are many: twice as much is tried soon, and after ever more answers where that was cut as
 * well.
 */
export function learned(room: Room, settled: Settled | RefusedQuestion): Room {
  const { bins, most, patience, full } = room;
  if (settled.kind === 'split' && settled.doubt === undefined && settled.rows > 0)
    return { ...room, bins: Math.min(bins, Math.max(LEAST, settled.rows)), patience: patience * 4, full: 0 };
  if (settled.kind !== 'rows' || bins === most || settled.answer.rows < bins / 2) return room;
  return full + 1 < patience ? { ...room, full: full + 1 } : { ...room, bins: Math.min(most, bins * 2), full: 0 };
}
