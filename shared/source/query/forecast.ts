import type { Interval, Signal } from '../../model.ts';
import type { Part } from './parts.ts';
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
  /** Rows per tick of the window that was read last. */
  density: number;
}

/** What is expected of the parts of one window, so that few answers are thrown away because they are too large. */
export interface Forecast {
  /** Whether a part is not even asked for. `readRows` rows of the window lay in the `readTicks` before it. */
  isTooMuch(part: Part, readRows: number, readTicks: number): Promise<boolean>;
  /** An answer of so many rows was cut, or came whole. */
  cutAt(rows: number): Promise<void>;
  fitted(rows: number): void;
  ended(rows: number, ticks: number): void;
}

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
  const load = async () => {
    bins ??= ((await weigh()) ?? []).map(({ start, end, rows }) => ({
      start: ticksOf(start),
      end: ticksOf(end),
      rows,
    }));
    return bins;
  };
  return {
    isTooMuch: async (part, readRows, readTicks) => {
      const length = Number(part.end - part.start);
      const guess = (readTicks > 0 ? readRows / readTicks : learned.density) * length;
      if (bins === undefined && guess <= learned.most) return false;
      const told = await load();
      return (told.length > 0 ? sum(told.map((bin) => rowsOf(bin, part))) : guess) > learned.most;
    },
    cutAt: async (rows) => {
      learned.most = rows;
      await load();
    },
    fitted: (rows) => {
      learned.most = Math.max(learned.most, rows);
    },
    ended: (rows, ticks) => {
      learned.density = rows / ticks;
      // Rows may have become smaller: what was cut once is tried again, little by little.
      learned.most = Math.min(limit - 1, Math.ceil(learned.most * 1.05));
    },
  };
}

interface Bin {
  readonly start: Ticks;
  readonly end: Ticks;
  readonly rows: number;
}

/** Of a bin that is cut, as many rows as its share of time. */
function rowsOf(bin: Bin, { start, end }: Part): number {
  const common = Number((end < bin.end ? end : bin.end) - (start > bin.start ? start : bin.start));
  return (bin.rows * Math.max(0, common)) / Number(bin.end - bin.start);
}

const sum = (all: readonly number[]): number => all.reduce((one, other) => one + other, 0);

/** What was learned of each signal; `rows`: at so many the API cuts an answer. */
export function learning(rows: number): (signal: Signal) => Learned {
  const all = new Map<Signal, Learned>();
  return (signal) => {
    const known = all.get(signal) ?? { most: rows - 1, density: 0 };
    all.set(signal, known);
    return known;
  };
}
