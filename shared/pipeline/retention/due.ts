import type { Feed, Interval, LedgerEntry, Millis, RetentionRules } from '../../model.ts';

const day: Millis = 24 * 3_600_000;
/** Rows of a blob window, or of loose files, go to partitions up to two days after it. */
const ahead: Millis = 2 * day;

/**
 * Rows from this time on are kept (exclusive end of what is not): a whole day (UTC). Undefined: all of the signal are,
 * for ever.
 */
export function keptFrom(signal: Feed['signal'], rules: RetentionRules, now: Millis): Millis | undefined {
  const kept = rules[signal];
  return kept === undefined ? undefined : Math.floor((now - kept) / day) * day;
}

/** Exclusive end of the windows that no row can be of that is to be kept. */
export const retiredBefore = ({ source }: Pick<Feed, 'source'>, from: Millis): Millis =>
  source === 'query' ? from : from - ahead;

/**
 * Whether a window is to be retired: it lies before `before`, no run holds it, and nobody has asked for it (what was
 * asked for comes to its end first).
 */
export function isOverdue(entry: LedgerEntry, before: Millis, now: Millis): boolean {
  const { state, window, again, leaseUntil } = entry;
  if (window.end > before || again || state === 'halved' || state === 'retired') return false;
  return state !== 'running' || leaseUntil <= now;
}

/** Part of a range that rows are kept of. */
export const keptPart = ({ start, end }: Interval, from: Millis | undefined): Interval =>
  from === undefined || start >= from ? { start, end } : { start: Math.min(from, end), end };
