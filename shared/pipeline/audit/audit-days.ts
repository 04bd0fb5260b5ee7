import type { DayAudit, Interval, LedgerEntry, Millis } from '../../model.ts';
import { windowKey } from '../keys.ts';

const day: Millis = 24 * 3_600_000;

/** The day (UTC) that a window counts to: that of its start. */
export const daysOf = ({ start }: Interval): Millis => Math.floor(start / day) * day;

/**
 * The days that an audit looks at: all that late rows can still reach (from `recheck` on), and of the older ones in the
 * range those that no audit has looked at for a day.
 */
export function daysDue(
  range: Interval,
  recheck: Millis,
  now: Millis,
  known: ReadonlyMap<Millis, DayAudit>,
): readonly Millis[] {
  const days: Millis[] = [];
  for (let at = daysOf(range); at < range.end; at += day) {
    const last = known.get(at)?.at;
    if (at + day > recheck || last === undefined || last + day <= now || last > now) days.push(at);
  }
  return days;
}

/**
 * What is known of a day after an audit at `at`: of windows that agree, what the source told and since when; of the
 * others what was known before. It is no news, and need not be written, when it is as it was, and was written in the
 * last hours.
 */
export function auditedDay(
  of: Millis,
  at: Millis,
  agreeing: ReadonlyMap<LedgerEntry, string>,
  known: DayAudit | undefined,
): { readonly audit: DayAudit; readonly isNews: boolean } {
  const before = new Map(known?.windows.map((each) => [windowKey(each), each]));
  const after = new Map(before);
  let changed = known === undefined;
  for (const [{ window, revision }, fingerprint] of agreeing) {
    if (daysOf(window) !== of) continue;
    const { start, end } = window;
    const earlier = before.get(windowKey(window));
    const goesOn = earlier?.fingerprint === fingerprint && earlier.revision === revision;
    after.set(windowKey(window), { start, end, revision, fingerprint, first: goesOn ? earlier.first : at, last: at });
    changed ||= !goesOn;
  }
  const windows = [...after.values()].toSorted((a, b) => a.start - b.start || a.end - b.end);
  const isRecent = known !== undefined && known.at <= at && known.at + day / 4 > at;
  return { audit: { day: of, at, windows }, isNews: changed || !isRecent };
}
