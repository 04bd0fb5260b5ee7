import { usualRetention } from '../../shared/config/query.ts';
import type { Interval, Millis } from '../../shared/model.ts';
import { timeText } from '../terminal/numbers.ts';

const minute = 60_000;
const day = 86_400_000;

/**
 * A line on the part of a range that the source no longer keeps, or may not where nobody has said how long it keeps its
 * rows; undefined: there is none.
 */
export function tooOld(range: Interval, retention: Millis | undefined, now: Millis): string | undefined {
  const since = now - (retention ?? usualRetention);
  if (range.start >= since) return undefined;
  const end = Math.min(range.end, since - (since % minute));
  const what = end === range.end ? 'all of it' : 'the part';
  const part = `${what} from ${timeText(range.start)} to ${timeText(end)}`;
  if (retention === undefined)
    return (
      `older than the ${usualRetention / day} days that tables keep where nobody has changed it: ${part}; ` +
      'say how long they keep their rows (--retention, QUERY_RETENTION), so that windows without rows are told apart'
    );
  return (
    `older than what the source keeps (${retention / day} days): ${what} from ${timeText(range.start)} to ` +
    `${timeText(end)}; ` +
    'windows of it without rows become unavailable, not done'
  );
}
