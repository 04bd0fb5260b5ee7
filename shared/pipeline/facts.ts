import type { Millis, Window } from '../model.ts';
import type { AuditOutcome } from './audit.ts';
import type { FeedPlan } from './plan.ts';
import type { RunOutcome } from './run.ts';
import type { SweepOutcome } from './sweep.ts';

/** Outcomes as flat objects of few, stable names, for one line of a log: what alerts and queries over the app's own traces look at. */

const time = (at: Millis): string => new Date(at).toISOString();

const windowFacts = ({ app, signal, source, start, end }: Window) => ({
  app,
  signal,
  source,
  start: time(start),
  end: time(end),
});

/** Files are counted, not listed: a line of a trace holds 32 KB. Durations in milliseconds. */
export function runFacts(outcome: RunOutcome): Readonly<Record<string, string | number>> {
  const { state, window, revision, attempts, counts, files, asked, duration, error, drift = [], left } = outcome;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const line = {
    event: 'run',
    state,
    ...windowFacts(window),
    revision,
    attempts,
    ...counts,
    files: files.length,
    bytes,
    asked,
    duration,
    error,
    // Counted each time, said once a day.
    ...(left && { left: left.files, ...(left.why !== '' && { leftWhy: left.why }) }),
  };
  return drift.length === 0
    ? line
    : {
        ...line,
        drift: drift
          .slice(0, 20)
          .map(({ signal, path, count }) => `${signal} ${path} ${count}`)
          .join(', '),
      };
}

/** One line for each field that the run was the first to see. */
export const driftFacts = ({ newDrift = [] }: RunOutcome): readonly Readonly<Record<string, string | number>>[] =>
  newDrift.map(({ app, source, signal, path, count, firstSeen }) => ({
    event: 'drift',
    app,
    source,
    signal,
    path,
    count,
    firstSeen: time(firstSeen),
  }));

/** `behind`: how far the watermark is behind `now`, in milliseconds. Feeds of blobs have neither horizon nor watermark. */
export function planFacts(plan: FeedPlan, now: Millis): Readonly<Record<string, string | number>> {
  const { feed, planned, repeated, open, failed, horizon, watermark } = plan;
  const { app, signal, source } = feed;
  const progress = horizon === 0 ? {} : { horizon: time(horizon), watermark: time(watermark), behind: now - watermark };
  const note = plan.refound
    ? { note: 'the ledger had lost how far this feed was planned; found from its entries' }
    : {};
  return { event: 'plan', app, signal, source, planned, repeated, open, failed, ...progress, ...note };
}

/** Names of containers and folders are cut at twenty: a line is for looking at. */
export function sweepFacts({
  range,
  missing,
  unknown,
  errors,
  ...counts
}: SweepOutcome): Readonly<Record<string, string | number>> {
  const names = (all: readonly string[]): string => all.slice(0, 20).join(', ');
  const ends = { start: time(range.start), end: time(range.end) };
  return {
    event: 'sweep',
    ...ends,
    ...counts,
    missing: names(missing),
    unknown: names(unknown),
    errors: errors.length,
  };
}

/** One line for the audit, and one for each feed in which something was found. */
export function auditFacts({
  feeds,
  asked,
  errors,
}: AuditOutcome): readonly Readonly<Record<string, string | number>>[] {
  const total = (count: (feed: (typeof feeds)[number]) => number) => feeds.reduce((sum, feed) => sum + count(feed), 0);
  const whole = {
    event: 'audit',
    feeds: feeds.length,
    windows: total(({ windows }) => windows),
    enqueued: total(({ enqueued }) => enqueued.length),
    open: total(({ open }) => open),
    kept: total(({ kept }) => kept),
    gone: total(({ gone }) => gone),
    asked,
    errors: errors.length,
  };
  const found = feeds.filter(({ enqueued, kept, gone, gaps }) => enqueued.length + kept + gone + gaps.length > 0);
  const starts = (all: readonly { readonly start: Millis }[]) =>
    all
      .slice(0, 20)
      .map(({ start }) => time(start))
      .join(', ');
  if (feeds.length + errors.length === 0) return [];
  return [
    ...found.map(({ feed: { app, signal, source }, windows, enqueued, kept, gone, gaps }) => ({
      ...{ event: 'audited', app, signal, source, windows, enqueued: enqueued.length, kept, gone },
      ...{ starts: starts(enqueued), gaps: starts(gaps) },
    })),
    whole,
  ];
}
