import type { Interval, Millis } from '../../shared/model.ts';
import { timeText } from '../terminal/numbers.ts';

const minute = 60_000;
const day = 86_400_000;

/**
 * A line on the part of a range that the source no longer keeps; undefined: there is none, or it is not known how long
 * the source keeps its rows.
 */
export function tooOld(range: Interval, retention: Millis | undefined, now: Millis): string | undefined {
  if (retention === undefined || range.start >= now - retention) return undefined;
  const since = now - retention;
  const end = Math.min(range.end, since - (since % minute));
  const what = end === range.end ? 'all of it' : 'the part';
  return (
    `older than what the source keeps (${retention / day} days): ${what} from ${timeText(range.start)} to ` +
    `${timeText(end)}; ` +
    'windows of it without rows become unavailable, not done'
  );
}
