import type { DayAudit, Feed, Interval, LedgerEntry, Millis } from '../../model.ts';
import { feedKey } from '../keys.ts';
import { staysAsRead } from '../names/bound.ts';
import type { AuditPorts } from './audit.ts';
import { daysDue, daysOf } from './audit-days.ts';
import { isRemembered } from './handed-on.ts';

export const dayLength: Millis = 24 * 3_600_000;
/** What there is to look at in one feed. */
export interface Task {
  readonly feed: Feed;
  readonly days: readonly Millis[];
  readonly known: ReadonlyMap<Millis, DayAudit>;
  readonly entries: readonly LedgerEntry[];
  /** What was known was read for this audit, and tallies are checked by the way. */
  readonly fresh: boolean;
  /** Days of which all entries are known, and these, halved ones among them, from some time on. */
  readonly whole: { readonly from: Millis; readonly days: readonly Millis[]; readonly entries: readonly LedgerEntry[] };
  /** Done, not asked for again, and from what an app of the settings reads now: those that are compared. */
  readonly done: readonly LedgerEntry[];
}

export async function taskOf(feed: Feed, retention: Millis, ports: AuditPorts): Promise<Task> {
  const { ledger, clock, recheck, horizon } = ports;
  const now = clock.now();
  const range = { start: now - Math.min(horizon, retention), end: now };
  const { known, fresh } = await knownDays(feed, { start: range.start - dayLength, end: now }, ports);
  const days = daysDue(range, now - recheck, now, known);
  const all: LedgerEntry[] = [];
  const [first = now] = days;
  const from = Math.max(first, now - retention);
  if (first < now) for await (const entry of ledger.list(feed, { start: from, end: now })) all.push(entry);
  const entries = all.filter(({ state }) => state !== 'halved');
  // Today goes on: windows can begin after now.
  const whole = { from, days: days.filter((each) => each >= from && each + dayLength <= now), entries: all };
  const due = new Set(days);
  const isDone = (entry: LedgerEntry) =>
    (entry.state === 'done' || entry.state === 'unavailable') &&
    !entry.again &&
    due.has(daysOf(entry.window)) &&
    entry.window.start >= now - (ports.appOf?.(entry)?.retention ?? retention) &&
    !staysAsRead(entry, ports.reads);
  return { feed, days, known, fresh, entries, whole, done: entries.filter(isDone) };
}

async function knownDays(feed: Feed, range: Interval, { ledger, clock, memory }: AuditPorts) {
  const remembered = memory?.feeds.get(feedKey(feed));
  const now = clock.now();
  if (remembered !== undefined && isRemembered(remembered, now)) return { known: remembered.days, fresh: false };
  const known = new Map<Millis, DayAudit>();
  for await (const day of ledger.audits(feed, range)) known.set(day.day, day);
  memory?.feeds.set(feedKey(feed), { days: known, at: now, settledAt: remembered?.settledAt ?? 0 });
  return { known, fresh: true };
}
