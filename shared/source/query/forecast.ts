import type { Interval, Signal } from '../../model.ts';
import { halvesOf, MOST_BUCKETS, type Part } from './parts.ts';
import { type Ticks, ticksOf } from './ticks.ts';

/** How many rows a stretch of time has. */
export interface Weighed extends Interval {
  readonly rows: number;
}

/**
 * What windows of a signal have weighed, kept for as long as the process lives: its neighbours weigh about the same.
 */
export interface Learned {
  /** Rows that one answer held before it was cut, or more where more fitted later. */
  most: number;
  /** Rows per tick of the windows that were read last. */
  density: number;
  /** Windows in a row of which no answer was cut. */
  calm: number;
}

/** What is expected of the parts of one window, so that few answers are thrown away because they are too large. */
export interface Forecast {
  /**
   * The parts to ask for in place of one of which more rows are expected than an answer holds; undefined: it is asked
   * for as it is. `readRows` rows of the window lay in the `readTicks` before it.
   */
  partsOf(part: Part, readRows: number, readTicks: number): Promise<readonly Part[] | undefined>;
  /** An answer of so many rows was cut, or came whole. */
  cutAt(rows: number): Promise<void>;
  fitted(rows: number): void;
  ended(rows: number, ticks: number): void;
}

/** Rows may have become smaller: after so many windows of which nothing was cut, more is tried, by so much. */
const CALM = 8;
const GROWTH = 1.25;
/** Bytes of a row differ: where they cut an answer, so much of what fitted is asked for. */
const SAFE = 0.9;
/** Busy hours come again: what is expected falls by no more from one window to the next. */
const FADING = 0.8;

/**
 * What the source tells of the window goes before what was read so far, and that before the neighbours. It is asked for
 * that (`weigh`, which may not be able to tell) once it is likely, or clear, that the window is too large for one
 * answer. `limit`: at so many rows the API cuts one.
 */
export function forecastOf(
  learned: Learned,
  weigh: () => Promise<readonly Weighed[] | undefined>,
  limit: number,
): Forecast {
  let bins: readonly Bin[] | undefined;
  let isCalm = true;
  const load = async () => {
    bins ??= ((await weigh()) ?? []).map(({ start, end, rows }) => ({
      start: ticksOf(start),
      end: ticksOf(end),
      rows,
    }));
    return bins;
  };
  return {
    partsOf: async (part, readRows, readTicks) => {
      const length = Number(part.end - part.start);
      const guess = ((readTicks > 0 ? readRows / readTicks : learned.density) * length) / part.buckets;
      if (bins === undefined && guess <= learned.most) return undefined;
      const told = await load();
      if (told.length === 0) return guess > learned.most && length > 1 ? halvesOf(part) : undefined;
      const inside = told.map((bin) => within(bin, part)).filter(({ rows }) => rows > 0);
      if (sum(inside.map(({ rows }) => rows)) <= learned.most) return undefined;
      const safe = learned.most < limit - 1 ? Math.max(1, Math.floor(learned.most * SAFE)) : learned.most;
      const parts = packed(part, inside, safe);
      return parts.length > 1 ? parts : undefined;
    },
    cutAt: async (rows) => {
      // An answer with as many rows as there may be is as good as cut.
      learned.most = Math.min(rows, limit - 1);
      isCalm = false;
      await load();
    },
    fitted: (rows) => {
      learned.most = Math.max(learned.most, rows);
    },
    ended: (rows, ticks) => {
      learned.density = Math.max(rows / ticks, learned.density * FADING);
      learned.calm = isCalm ? learned.calm + 1 : 0;
      if (learned.calm % CALM === CALM - 1) learned.most = Math.min(limit - 1, Math.ceil(learned.most * GROWTH));
    },
  };
}

/**
 * Parts that together are `part`, in order of time: as many bins each as one answer holds. A bin that is too much by
 * itself is parted by hash, which is even however its rows lie in time: an import may give them all one moment.
 */
function packed(part: Part, bins: readonly Bin[], most: number): readonly Part[] {
  const parts: Part[] = [];
  let [start, rows] = [part.start, 0];
  const close = (end: Ticks): void => {
    if (end > start) parts.push({ ...part, start, end });
    [start, rows] = [end, 0];
  };
  for (const [n, bin] of bins.entries()) {
    const isHeavy = bin.rows > most;
    if (rows > 0 && (isHeavy || rows + bin.rows > most)) close(bin.start);
    rows += bin.rows;
    if (!isHeavy) continue;
    // With what lies empty around it.
    const end = bins[n + 1]?.start ?? part.end;
    parts.push(...hashed({ ...part, start, end }, bin.rows, most));
    [start, rows] = [end, 0];
  }
  close(part.end);
  return parts;
}

/** Hashes are even, but for chance: three times its deviation is left free. `h mod n = k`: as `halvesOf` has it. */
function hashed(part: Part, rows: number, most: number): readonly Part[] {
  const share = Math.max(1, most - 3 * Math.sqrt(most));
  const times = Math.min(Math.ceil(rows / share), Math.max(1, Math.floor(MOST_BUCKETS / part.buckets)));
  return Array.from({ length: times }, (_, n) => ({
    ...part,
    buckets: part.buckets * times,
    bucket: part.bucket + n * part.buckets,
  }));
}

interface Bin {
  readonly start: Ticks;
  readonly end: Ticks;
  readonly rows: number;
}

/** With as many rows as lie in the part: of a bin that it cuts, by its share of time, and of buckets. */
function within(bin: Bin, { start, end, buckets }: Part): Bin {
  const common = Number((end < bin.end ? end : bin.end) - (start > bin.start ? start : bin.start));
  return { ...bin, rows: (bin.rows * Math.max(0, common)) / Number(bin.end - bin.start) / buckets };
}

const sum = (all: readonly number[]): number => all.reduce((one, other) => one + other, 0);

/** What was learned of each signal; `rows`: at so many the API cuts an answer. */
export function learning(rows: number): (signal: Signal) => Learned {
  const all = new Map<Signal, Learned>();
  return (signal) => {
    const known = all.get(signal) ?? { most: rows - 1, density: 0, calm: 0 };
    all.set(signal, known);
    return known;
  };
}
