/**
 * The metrics of the app: data, and nothing else. Names, units and kinds follow the conventions of OpenTelemetry: a
 * name is a path of words, a unit is UCUM's (`s`, `By`, `1`, or what is counted in braces), and what parts a metric is
 * an attribute. docs/metrics.md is made of this table.
 */

export interface Metric {
  /** A counter adds up what happened, a histogram says how long things took, a gauge is what is so now. */
  readonly kind: 'counter' | 'histogram' | 'gauge';
  readonly unit: string;
  readonly attributes: readonly AttributeName[];
  /** When it is recorded. */
  readonly when: 'run' | 'tick' | 'audit' | 'timer';
  readonly about: string;
}

/** What parts a metric. The values are bounded by the settings, or by the words named here; none is a secret. */
export const ATTRIBUTES = {
  'insights_lake.app': 'name of the app, as the settings have it',
  'insights_lake.signal': 'one of the ten signals',
  'insights_lake.source': '`query`, or the layout of the export blobs',
  'insights_lake.run.state':
    '`done`, `unavailable`, `halved`, `failed`, `early` or `overtaken`; calls that ran nothing are not counted',
  'insights_lake.request.use': '`used`, or `wasted`: it led to no row',
  'insights_lake.outcome': 'of a tick: `ok` or `failed`; of an audited window: `same`, `again`, `open`, `kept`, `gone`',
  'insights_lake.timer': '`auditWindows`, `sweepBlobs` or `tendLake`',
  'insights_lake.health': '`active`, `paused` or `disabled`',
} as const;
export type AttributeName = keyof typeof ATTRIBUTES;

const feed = ['insights_lake.app', 'insights_lake.signal', 'insights_lake.source'] as const;

export const METRICS = {
  'insights_lake.run.duration': {
    kind: 'histogram',
    unit: 's',
    attributes: [...feed, 'insights_lake.run.state'],
    when: 'run',
    about: 'How long a run took. Its count is the number of runs.',
  },
  'insights_lake.window.delay': {
    kind: 'histogram',
    unit: 's',
    attributes: feed,
    when: 'run',
    about: 'From the end of a window to when it was done for the first time.',
  },
  'insights_lake.rows.read': {
    kind: 'counter',
    unit: '{row}',
    attributes: feed,
    when: 'run',
    about: 'Rows that done runs read at the source; a window that runs again counts again.',
  },
  'insights_lake.rows.written': {
    kind: 'counter',
    unit: '{row}',
    attributes: feed,
    when: 'run',
    about: 'Rows that done runs wrote to the lake; a window that runs again counts again.',
  },
  'insights_lake.rows.late': {
    kind: 'counter',
    unit: '{row}',
    attributes: feed,
    when: 'run',
    about: 'Rows that came in after their window had been done.',
  },
  'insights_lake.rows.purged': {
    kind: 'counter',
    unit: '{row}',
    attributes: feed,
    when: 'run',
    about: 'Rows that went again from the source after their window had been done.',
  },
  'insights_lake.rows.quarantined': {
    kind: 'counter',
    unit: '{row}',
    attributes: feed,
    when: 'run',
    about: 'Records that could not be read and were set aside.',
  },
  'insights_lake.lake.io': {
    kind: 'counter',
    unit: 'By',
    attributes: feed,
    when: 'run',
    about: 'Bytes of the files that done runs wrote.',
  },
  'insights_lake.source.requests': {
    kind: 'counter',
    unit: '{request}',
    attributes: [...feed, 'insights_lake.request.use'],
    when: 'run',
    about: 'Requests to the query API, or blobs read, by all runs.',
  },
  'insights_lake.source.splits': {
    kind: 'counter',
    unit: '{split}',
    attributes: feed,
    when: 'run',
    about: 'Ranges that were too much for one answer and were asked for in halves, and windows that were halved.',
  },
  'insights_lake.ticks': {
    kind: 'counter',
    unit: '{tick}',
    attributes: ['insights_lake.outcome'],
    when: 'tick',
    about: 'Ticks of the planner. None that is `ok` for a while: nothing is planned.',
  },
  'insights_lake.feed.freshness': {
    kind: 'gauge',
    unit: 's',
    attributes: feed,
    when: 'tick',
    about:
      'How far the watermark of a feed is behind; of the 15 feeds that are furthest behind. Export blobs have none.',
  },
  'insights_lake.windows.open': {
    kind: 'gauge',
    unit: '{window}',
    attributes: [],
    when: 'tick',
    about: 'Windows that are not done, as far as the tick looked.',
  },
  'insights_lake.windows.failed': {
    kind: 'gauge',
    unit: '{window}',
    attributes: [],
    when: 'tick',
    about: 'Those of them whose last run failed.',
  },
  'insights_lake.lake.health': {
    kind: 'gauge',
    unit: '1',
    attributes: ['insights_lake.health'],
    when: 'tick',
    about: 'How the lake is: 1, with the state that it is in.',
  },
  'insights_lake.audit.windows': {
    kind: 'counter',
    unit: '{window}',
    attributes: [...feed, 'insights_lake.outcome'],
    when: 'audit',
    about: 'Windows that an audit looked at, and what it found; `again`: its source has changed, and it runs again.',
  },
  'insights_lake.audit.requests': {
    kind: 'counter',
    unit: '{request}',
    attributes: [],
    when: 'audit',
    about: 'Requests that audits made to the query API.',
  },
  'insights_lake.timer.ticks': {
    kind: 'counter',
    unit: '{tick}',
    attributes: ['insights_lake.timer', 'insights_lake.outcome'],
    when: 'timer',
    about: 'Ticks of the timers beside the planner. None that is `ok` for a day: that work is not done.',
  },
} as const satisfies Readonly<Record<string, Metric>>;
export type MetricName = keyof typeof METRICS;
