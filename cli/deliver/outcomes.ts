import type { Signal } from '../../shared/model.ts';
import type { Share, TaskOutcome } from './ports.ts';
import { movedShares } from './shares.ts';
import type { Turn } from './task-order.ts';

/** Counts of windows and, over all that are in the lake now, of rows and files. */
export interface Totals {
  readonly windows: number;
  readonly done: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly rows: number;
  readonly deduplicated: number;
  /** Rows that a condition of --shape left out. */
  readonly filtered: number;
  readonly quarantined: number;
  readonly files: number;
  readonly bytes: number;
}

export interface SignalTotals extends Totals {
  readonly app: string;
  readonly signal: string;
}

/** A window that has ended, and which one of all it is by time. */
export interface TaskResult extends Turn {
  readonly outcome: TaskOutcome;
}

/** What came of the windows so far, in the order of their time. */
export interface Came {
  readonly totals: Totals;
  readonly signals: readonly SignalTotals[];
  readonly failures: readonly TaskResult[];
  /** Windows that stay as they are, for the source lacks what they were made of: how many, and the first of them. */
  readonly kept: number;
  readonly someKept: readonly TaskResult[];
  /** Blobs that are a part of a list only. */
  readonly parts: readonly string[];
  /** Why lines are in quarantine, each reason once. */
  readonly reasons: readonly string[];
  /** Windows whose source is there and holds nothing that can be read: how many, and the first few. */
  readonly barren: number;
  readonly someBarren: readonly TaskResult[];
}

/** So many windows without any record are named. */
export const MOST_BARREN = 3;

export const zero: Totals = {
  ...{ windows: 0, done: 0, unchanged: 0, failed: 0, rows: 0, deduplicated: 0, filtered: 0, quarantined: 0 },
  ...{ files: 0, bytes: 0 },
};

/** Whether nothing of the source, which is there, can be read. */
const isBarren = ({ state, counts }: TaskOutcome): boolean =>
  state !== 'kept' && counts.quarantined > 0 && counts.written + counts.deduplicated + (counts.filtered ?? 0) === 0;

/** So many windows that stay as they are have their reason told. */
const MOST_KEPT = 1_000;

/** Sums up windows as they end: what went well takes no memory. */
export function createOutcomes(): { note(ended: TaskResult): void; came(): Came } {
  const feeds = new Map<string, { at: number; totals: SignalTotals }>();
  const moves = new Map<string, { at: number; app: string; signal: Signal; share: Share }>();
  const failures: TaskResult[] = [];
  const someKept: TaskResult[] = [];
  let kept = 0;
  const [parts, reasons] = [new Set<string>(), new Map<string, number>()];
  let [barren, someBarren]: [number, TaskResult[]] = [0, []];

  function note(ended: TaskResult): void {
    const { task, outcome, at } = ended;
    const { app, signal } = task.window;
    const key = `${app}\n${signal}`;
    const seen = feeds.get(key) ?? { at, totals: { app, signal, ...zero } };
    feeds.set(key, { at: Math.min(at, seen.at), totals: { ...seen.totals, ...plus(seen.totals, totalsOf(outcome)) } });
    for (const part of outcome.parts ?? []) parts.add(part);
    if (outcome.state === 'failed') {
      failures.push(ended);
      return;
    }
    if (outcome.state === 'kept' && kept++ < MOST_KEPT) someKept.push(ended);
    for (const reason of outcome.reasons ?? []) reasons.set(reason, Math.min(at, reasons.get(reason) ?? at));
    for (const share of outcome.others) {
      const of = `${key}\n${share.signal}`;
      const before = moves.get(of);
      moves.set(of, { at: Math.min(at, before?.at ?? at), app, signal, share: together(share, before?.share) });
    }
    if (!isBarren(outcome)) return;
    barren += 1;
    someBarren = [...someBarren, ended].sort(byTime).slice(0, MOST_BARREN);
  }

  return {
    note,
    came: () => {
      const signals = [...feeds.values()].sort(byTime).map(({ totals }) => totals);
      return {
        totals: signals.reduce((sum, totals) => plus(sum, totals), zero),
        signals: movedShares(signals, [...moves.values()].sort(byTime)),
        failures: failures.toSorted(byTime),
        kept,
        someKept: someKept.toSorted(byTime),
        parts: [...parts].sort(),
        reasons: [...reasons].sort(([, one], [, other]) => one - other).map(([reason]) => reason),
        barren,
        someBarren,
      };
    },
  };
}

const byTime = (one: { readonly at: number }, other: { readonly at: number }): number => one.at - other.at;

function totalsOf({ state, counts, files, bytes }: TaskOutcome): Totals {
  const states = { done: Number(state === 'done'), unchanged: Number(state === 'unchanged') };
  if (state === 'failed') return { ...zero, windows: 1, failed: 1 };
  const { written: rows, deduplicated, filtered = 0, quarantined } = counts;
  return { ...zero, ...states, windows: 1, rows, deduplicated, filtered, quarantined, files, bytes };
}

const plus = (one: Totals, other: Totals): Totals => ({
  windows: one.windows + other.windows,
  done: one.done + other.done,
  unchanged: one.unchanged + other.unchanged,
  failed: one.failed + other.failed,
  rows: one.rows + other.rows,
  deduplicated: one.deduplicated + other.deduplicated,
  filtered: one.filtered + other.filtered,
  quarantined: one.quarantined + other.quarantined,
  files: one.files + other.files,
  bytes: one.bytes + other.bytes,
});

const together = (one: Share, other: Share | undefined): Share =>
  other === undefined
    ? one
    : { ...one, rows: one.rows + other.rows, files: one.files + other.files, bytes: one.bytes + other.bytes };
