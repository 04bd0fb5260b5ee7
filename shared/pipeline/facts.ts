import type { LakeHealth, Millis, Window } from '../model.ts';
import type { AuditOutcome } from './audit/audit.ts';
import type { TableWritten } from './ledger-table/write.ts';
import type { FeedPlan } from './plan.ts';
import type { RunOutcome } from './run.ts';
import type { SweepOutcome } from './sweep/sweep.ts';

/**
 * Outcomes as flat objects of few, stable names, for one line of a log: what alerts and queries over the app's own
 * traces look at.
 */

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
  const {
    state,
    window,
    revision,
    attempts,
    counts,
    files,
    asked,
    duration,
    error,
    drift = [],
    reasons = [],
    left,
    remark,
  } = outcome;
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
    ...(remark && { remark }),
    ...(reasons.length > 0 && { reasons: reasons.join(' | ') }),
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

/**
 * What a call of a run logs: what is new of drift, then what it did. A late message about a window that was halved did
 * nothing.
 */
export const runLines = (outcome: RunOutcome): readonly Readonly<Record<string, string | number>>[] =>
  outcome.state === 'halved' && outcome.error === '' && outcome.left === undefined
    ? []
    : [...driftFacts(outcome), runFacts(outcome)];

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

/** Feeds that one line names: those furthest behind. */
const furthest = 15;

export const furthestBehind = (feeds: readonly FeedPlan[]): readonly FeedPlan[] =>
  feeds
    .filter(({ horizon }) => horizon !== 0)
    .toSorted((one, other) => one.watermark - other.watermark)
    .slice(0, furthest);

interface Planned {
  readonly feeds: readonly FeedPlan[];
  readonly errors: readonly string[];
  readonly health: Pick<LakeHealth, 'state' | 'since' | 'reason'>;
}

/**
 * One line for a tick, whatever the number of feeds. `behind`: how far a watermark is behind `now`, in milliseconds;
 * the largest, and those of the feeds that are furthest behind. Feeds of blobs have no watermark.
 */
export function planFacts({ feeds, errors, health }: Planned, now: Millis): object {
  const sum = (of: 'planned' | 'repeated' | 'open' | 'failed') => feeds.reduce((total, plan) => total + plan[of], 0);
  const lagging = furthestBehind(feeds).map(({ feed: { app, signal, source }, watermark }) => ({
    ...{ app, signal, source },
    watermark: time(watermark),
    behind: now - watermark,
  }));
  const refound = feeds.filter((plan) => plan.refound).map(({ feed: { app, signal } }) => `${app} ${signal}`);
  const had = feeds.flatMap(({ feed: { app, signal }, had: other }) =>
    other === undefined ? [] : [`${app} ${signal} (${other.app} until ${time(other.end)})`],
  );
  const left = feeds.flatMap((plan) => plan.left ?? []);
  const named = (all: readonly string[]): string => all.slice(0, furthest).join(', ');
  const notes = [
    ...(refound.length > 0
      ? [`the ledger had lost how far these feeds were planned; found from its entries: ${named(refound)}`]
      : []),
    ...(had.length > 0
      ? [`another name of the same app has brought these rows, and they do not come once more: ${named(had)}`]
      : []),
    ...(left.length > 0
      ? [`old empty files stay, ${left.reduce((sum, { files }) => sum + files, 0)} of them: ${left[0]?.why}`]
      : []),
  ];
  return {
    event: 'plan',
    feeds: feeds.length,
    planned: sum('planned'),
    repeated: sum('repeated'),
    open: sum('open'),
    failed: sum('failed'),
    errors: errors.length,
    behind: lagging[0]?.behind ?? 0,
    furthest: lagging,
    health: health.state,
    ...(health.state !== 'active' && { heldSince: time(health.since), heldWhy: health.reason.slice(0, 500) }),
    ...losingFacts(feeds, now),
    ...(notes.length > 0 && { note: notes.join('; ') }),
  };
}

/**
 * Feeds of whose source rows are about to go that are not in the lake: when a third of the time is left that it keeps
 * them.
 */
function losingFacts(feeds: readonly FeedPlan[], now: Millis): object {
  const losing = feeds.flatMap(({ feed: { app, signal, source }, watermark, horizon, retention }) => {
    if (retention === undefined || horizon === 0 || watermark + (2 / 3) * retention > now) return [];
    return [{ app, signal, source, until: time(watermark + retention) }];
  });
  return losing.length === 0 ? {} : { losing: losing.slice(0, furthest) };
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
    unread: total(({ unread }) => unread.length),
    asked,
    errors: errors.length,
  };
  const found = feeds.filter(
    ({ enqueued, kept, gone, unread, gaps }) => enqueued.length + kept + gone + unread.length + gaps.length > 0,
  );
  const starts = (all: readonly { readonly start: Millis }[]) =>
    all
      .slice(0, 20)
      .map(({ start }) => time(start))
      .join(', ');
  if (feeds.length + errors.length === 0) return [];
  return [
    ...found.map(({ feed: { app, signal, source }, windows, enqueued, kept, gone, unread, gaps }) => ({
      ...{ event: 'audited', app, signal, source, windows, enqueued: enqueued.length, kept, gone },
      ...{ unread: unread.length, unreadThrough: unread.length === 0 ? '' : time(unread.at(-1)?.end ?? 0) },
      ...{ starts: starts(enqueued), gaps: starts(gaps) },
    })),
    whole,
  ];
}

/** Somebody steered. `address`: that of the call; of its query nothing is kept. */
export const steerFacts = (address: string, status: number, answer: object) => ({
  event: 'steer',
  order: new URL(address).pathname.split('/').at(-1) ?? '',
  status,
  answer: JSON.stringify(answer),
});

/** The ledger's table in the lake was brought up to date, or could not be. */
export const tableFacts = (outcome: TableWritten | { readonly error: string }) => ({
  event: 'ledgerTable',
  ...{ days: 0, rows: 0, bytes: 0, error: '' },
  ...outcome,
});
