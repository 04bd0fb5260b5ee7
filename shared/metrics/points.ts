import type { Feed, LakeHealth, Millis } from '../model.ts';
import type { AuditOutcome } from '../pipeline/audit/audit.ts';
import { furthestBehind } from '../pipeline/facts.ts';
import type { FeedPlan } from '../pipeline/plan.ts';
import type { RunOutcome } from '../pipeline/run.ts';
import type { AttributeName, MetricName } from './table.ts';

/** One value of a metric. */
export interface Point {
  readonly metric: MetricName;
  readonly value: number;
  readonly attributes: Readonly<Partial<Record<AttributeName, string>>>;
}

const ofFeed = ({ app, signal, source }: Feed): Point['attributes'] => ({
  'insights_lake.app': app,
  'insights_lake.signal': signal,
  // Archives of loose files carry a hash behind the word: without bound.
  'insights_lake.source': source.split('-')[0] ?? '',
});

/** What a run adds. Calls that ran nothing add nothing. Pure. */
export function runPoints({ state, window, duration, counts, files, spent }: RunOutcome): readonly Point[] {
  if (spent === undefined) return [];
  const feed = ofFeed(window);
  const add = (metric: MetricName, value: number, more: Point['attributes'] = {}): readonly Point[] =>
    value === 0 ? [] : [{ metric, value, attributes: { ...feed, ...more } }];
  const took: Point = {
    metric: 'insights_lake.run.duration',
    value: duration / 1000,
    attributes: { ...feed, 'insights_lake.run.state': state },
  };
  const written = files.filter(({ rows }) => rows > 0).reduce((sum, { bytes }) => sum + bytes, 0);
  const made =
    state === 'done'
      ? [
          ...add('insights_lake.rows.read', counts.read),
          ...add('insights_lake.rows.written', counts.written),
          ...add('insights_lake.rows.quarantined', counts.quarantined),
          ...add('insights_lake.lake.io', written),
        ]
      : [];
  return [
    took,
    ...made,
    ...(spent.delay === undefined
      ? []
      : [{ metric: 'insights_lake.window.delay' as const, value: spent.delay / 1000, attributes: feed }]),
    ...add('insights_lake.rows.late', spent.late),
    ...add('insights_lake.rows.purged', spent.purged),
    ...add('insights_lake.source.requests', spent.asked - spent.wasted, { 'insights_lake.request.use': 'used' }),
    ...add('insights_lake.source.requests', spent.wasted, { 'insights_lake.request.use': 'wasted' }),
    ...add('insights_lake.source.splits', spent.splits + (state === 'halved' ? 1 : 0)),
  ];
}

interface Planned {
  readonly feeds: readonly FeedPlan[];
  readonly errors: readonly string[];
  readonly health: Pick<LakeHealth, 'state'>;
}

/** How things stand at a tick of the planner. Pure. */
export function planPoints({ feeds, errors, health }: Planned, now: Millis): readonly Point[] {
  const sum = (of: 'open' | 'failed') => feeds.reduce((total, plan) => total + plan[of], 0);
  return [
    {
      metric: 'insights_lake.ticks',
      value: 1,
      attributes: { 'insights_lake.outcome': errors.length === 0 ? 'ok' : 'failed' },
    },
    ...furthestBehind(feeds).map(
      ({ feed, watermark }): Point => ({
        metric: 'insights_lake.feed.freshness',
        value: Math.max(0, now - watermark) / 1000,
        attributes: ofFeed(feed),
      }),
    ),
    { metric: 'insights_lake.windows.open', value: sum('open'), attributes: {} },
    { metric: 'insights_lake.windows.failed', value: sum('failed'), attributes: {} },
    { metric: 'insights_lake.lake.health', value: 1, attributes: { 'insights_lake.health': health.state } },
  ];
}

/** The timers beside the planner. */
export type Timer = 'auditWindows' | 'sweepBlobs' | 'tendLake';

/** How a tick of a timer ended. Pure. */
export const tickPoints = (timer: Timer, ok: boolean): readonly Point[] => [
  {
    metric: 'insights_lake.timer.ticks',
    value: 1,
    attributes: { 'insights_lake.timer': timer, 'insights_lake.outcome': ok ? 'ok' : 'failed' },
  },
];

/** What an audit found. Pure. */
export function auditPoints({ feeds, asked }: AuditOutcome): readonly Point[] {
  const found = feeds.flatMap(({ feed, same, enqueued, open, kept, gone }) =>
    Object.entries({ same, again: enqueued.length, open, kept, gone }).map(
      ([outcome, value]): Point => ({
        metric: 'insights_lake.audit.windows',
        value,
        attributes: { ...ofFeed(feed), 'insights_lake.outcome': outcome },
      }),
    ),
  );
  return [...found, { metric: 'insights_lake.audit.requests' as const, value: asked, attributes: {} }].filter(
    ({ value }) => value > 0,
  );
}
