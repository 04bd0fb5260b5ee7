import type { Reading, Source, Totals } from '../../model.ts';

/** As in the ledger. `delay`: where the window was done for the first time. `splits`: ranges asked for in halves. */
export interface Spent extends Totals {
  readonly splits: number;
}

/** What others added meanwhile is not this run's: an overtaken one brings what it saw last, which is nothing new. */
export function spentOf(before: Totals | undefined, after: Totals | undefined, splits: number): Spent {
  const more = (of: 'asked' | 'wasted' | 'late' | 'purged') => Math.max(0, (after?.[of] ?? 0) - (before?.[of] ?? 0));
  const isFirst = after?.delay !== undefined && before?.delay === undefined;
  return {
    ...{ asked: more('asked'), wasted: more('wasted'), late: more('late'), purged: more('purged'), splits },
    ...(isFirst && { delay: after.delay }),
  };
}

/** The source, and what was asked of it so far: a run that fails has cost something, too. */
export function counting(source: Source): {
  readonly source: Source;
  readonly spent: () => number;
  readonly splits: () => number;
  /** The source was asked, and has not answered anything: what came of it. */
  readonly silent: () => string | undefined;
  /** What came of the last question that had no answer; '': it had one. */
  readonly unanswered: () => string;
} {
  let last: Reading | undefined;
  const open: Source['open'] = async (...asked) => {
    last = await source.open(...asked);
    return last;
  };
  return {
    source: { open },
    spent: () => last?.asked ?? 0,
    splits: () => last?.splits ?? 0,
    silent: () => (last?.heard === 0 ? last.lost || 'nothing came' : undefined),
    unanswered: () => last?.lost ?? '',
  };
}
