import type { Interval, Millis, ShownState, Stretch } from '../model.ts';

/**
 * What a cell of a strip is made of, by letter: done, again (done, and asked for once more), running, queued (due, in
 * time), late (due or running, past the time by which it should be done), failed, unavailable, retired (older than the
 * lake keeps its rows), never planned.
 */
export const CELL_LETTERS = {
  d: 'done',
  a: 'again',
  r: 'running',
  q: 'queued',
  l: 'late',
  f: 'failed',
  u: 'unavailable',
  x: 'retired',
  n: 'never planned',
} as const;
export type CellLetter = keyof typeof CELL_LETTERS;

export interface Strip extends Interval {
  readonly grain: Millis;
}

/** What is known of a feed's time beside its windows. */
export interface FeedTime {
  /** Open windows before this line of their grid are late. */
  readonly lateBefore: Millis;
  /** Time that should be covered by windows: what of it is not was never planned. Empty: nothing need be. */
  readonly expected: Interval;
  /** What backfills are bringing in, or will: neither late nor forgotten. */
  readonly past: readonly Interval[];
  /** What another name of the same app has brought; left out: nothing. */
  readonly elsewhere?: readonly Interval[];
}

type Shares = Partial<Record<CellLetter, Millis>>;

/**
 * The cells of a strip, as one text: cells parted by spaces; `-` for a cell with nothing in it; a letter for one of one
 * kind; letters with thousandths for one of several (`d750f250`), what is missing to 1000 being nothing; before it a
 * count where neighbours are alike (`28d`).
 */
export function stripText(stretches: readonly Stretch[], strip: Strip, time: FeedTime): string {
  const cells = sharesOf(stretches, strip, time).map((shares, n) => cellText(shares, lengthOf(strip, n)));
  const runs: [string, number][] = [];
  for (const cell of cells) {
    const last = runs.at(-1);
    if (last?.[0] === cell) last[1] += 1;
    else runs.push([cell, 1]);
  }
  return runs.map(([cell, count]) => (count > 1 ? `${count}${cell}` : cell)).join(' ');
}

const lengthOf = ({ start, end, grain }: Strip, n: number): Millis =>
  Math.min(end, start + (n + 1) * grain) - (start + n * grain);

function sharesOf(stretches: readonly Stretch[], strip: Strip, time: FeedTime): readonly Shares[] {
  const cells: Shares[] = Array.from({ length: Math.ceil((strip.end - strip.start) / strip.grain) }, () => ({}));
  const add = ({ start, end }: Interval, letter: CellLetter) => {
    const [from, to] = [Math.max(start, strip.start), Math.min(end, strip.end)];
    for (let at = from; at < to; ) {
      const n = Math.floor((at - strip.start) / strip.grain);
      const until = Math.min(to, strip.start + (n + 1) * strip.grain);
      const cell = cells[n] as Shares;
      cell[letter] = (cell[letter] ?? 0) + until - at;
      at = until;
    }
  };
  for (const { letter, ...stretch } of letteredStretches(stretches, time)) add(stretch, letter);
  return cells;
}

/** Stretches as they are shown: parted where they begin to be late, with what was never planned between them. */
export function letteredStretches(stretches: readonly Stretch[], time: FeedTime): readonly Lettered[] {
  const { expected, past, elsewhere = [] } = time;
  const shown = stretches.flatMap((stretch) => parted(stretch, time));
  const missing: Lettered[] = [];
  let reached = expected.start;
  const there = [...stretches, ...elsewhere].toSorted((a, b) => a.start - b.start);
  for (const { start, end } of [...there, { start: expected.end, end: expected.end }]) {
    const gap = { start: reached, end: Math.min(start, expected.end) };
    if (gap.end > gap.start) missing.push(...lettered(gap, past));
    reached = Math.max(reached, end);
  }
  return [...shown, ...missing].toSorted((a, b) => a.start - b.start);
}

type Lettered = Interval & { readonly letter: CellLetter };

/** Time without a window: a backfill comes to it, or nobody does. */
function lettered(gap: Interval, past: readonly Interval[]): readonly Lettered[] {
  const lines = past.flatMap(({ start, end }) => [start, end]).filter((at) => gap.start < at && at < gap.end);
  const ends = [...new Set(lines)].toSorted((a, b) => a - b);
  return [gap.start, ...ends].map((start, n) => {
    const part = { start, end: ends[n] ?? gap.end };
    return { ...part, letter: isWithin(part, past) ? 'q' : 'n' };
  });
}

export const isWithin = ({ start, end }: Interval, ranges: readonly Interval[]): boolean =>
  ranges.some((range) => range.start <= start && end <= range.end);

/** It should have been done by now. */
export const isLate = (stretch: Stretch, { lateBefore, past }: FeedTime): boolean =>
  (stretch.state === 'due' || stretch.state === 'running') && stretch.start < lateBefore && !isWithin(stretch, past);

const LETTERS: Readonly<Record<ShownState, CellLetter>> = {
  done: 'd',
  again: 'a',
  running: 'r',
  due: 'q',
  failed: 'f',
  unavailable: 'u',
  retired: 'x',
};

function parted(stretch: Stretch, time: FeedTime): readonly Lettered[] {
  const { start, end, state } = stretch;
  if (!isLate(stretch, time)) return [{ start, end, letter: LETTERS[state] }];
  const middle = Math.min(end, time.lateBefore);
  const late = { start, end: middle, letter: 'l' as const };
  return middle === end ? [late] : [late, { start: middle, end, letter: LETTERS[state] }];
}

function cellText(shares: Shares, length: Millis): string {
  const found = (Object.keys(CELL_LETTERS) as CellLetter[]).filter((letter) => (shares[letter] ?? 0) > 0);
  const [only] = found;
  if (only === undefined) return '-';
  if (found.length === 1 && shares[only] === length) return only;
  // However small a failure is, it is seen.
  return found.map((letter) => `${letter}${Math.max(1, Math.round(((shares[letter] ?? 0) / length) * 1000))}`).join('');
}
