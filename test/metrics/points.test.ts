import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditPoints, type Point, planPoints, runPoints, tickPoints } from '../../shared/metrics/points.ts';
import { ATTRIBUTES, METRICS, type Metric, type MetricName } from '../../shared/metrics/table.ts';
import type { Window } from '../../shared/model.ts';
import type { RunOutcome, RunState } from '../../shared/pipeline/run.ts';

const window: Window = { app: 'shop', signal: 'requests', source: 'query', start: 0, end: 3_600_000 };
const outcome = (state: RunState, more: Partial<RunOutcome> = {}): RunOutcome => ({
  ...{ state, window, revision: 2, attempts: 0, asked: 5, duration: 1500, error: '' },
  counts: { read: 7, written: 6, deduplicated: 1, quarantined: 2 },
  files: [
    { path: 'a', signal: 'requests', rows: 4, bytes: 100 },
    { path: 'empty', signal: 'requests', rows: 0, bytes: 9 },
  ],
  spent: { asked: 5, wasted: 2, late: 3, purged: 1, splits: 4, delay: 60_000 },
  ...more,
});
const shown = (points: readonly Point[]) =>
  Object.fromEntries(
    points.map(({ metric, value, attributes }) => {
      const own = Object.entries(attributes).filter(([name]) => !/\.(app|signal|source)$/.test(name));
      return [[metric.replace('insights_lake.', ''), ...own.map(([, word]) => word)].join(' '), value];
    }),
  );

test('what a run adds: what it did, and what it cost', () => {
  assert.deepEqual(shown(runPoints(outcome('done'))), {
    'run.duration done': 1.5,
    'rows.read': 7,
    'rows.written': 6,
    'rows.quarantined': 2,
    'lake.io': 100,
    'window.delay': 60,
    'rows.late': 3,
    'rows.purged': 1,
    'source.requests used': 3,
    'source.requests wasted': 2,
    'source.splits': 4,
  });
  const spent = { asked: 1, wasted: 1, late: 0, purged: 0, splits: 0 };
  assert.deepEqual(shown(runPoints(outcome('failed', { spent }))), {
    'run.duration failed': 1.5,
    'source.requests wasted': 1,
  });
  assert.equal(shown(runPoints(outcome('halved', { spent })))['source.splits'], 1);
});

test('calls that ran nothing add nothing', () => {
  const { spent: _, ...nothing } = outcome('unchanged');
  assert.deepEqual(runPoints(nothing), []);
});

const plan = (app: string, watermark: number) => ({
  feed: { app, signal: 'requests', source: 'query' } as const,
  ...{ planned: 0, repeated: 0, open: 2, failed: 1, horizon: 10_000_000, watermark },
});
const audited = {
  feed: plan('shop', 0).feed,
  ...{ windows: 9, same: 4, enqueued: [window], open: 1, kept: 2, gone: 1, unread: [], gaps: [], settled: undefined },
};

test('a tick tells the feeds that are furthest behind, however many there are', () => {
  const feeds = Array.from({ length: 500 }, (_, n) => plan(`app${n}`, 9_000_000 - n * 1000));
  const points = planPoints({ feeds, errors: [], health: { state: 'paused' } }, 10_000_000);
  const fresh = points.filter(({ metric }) => metric === 'insights_lake.feed.freshness');
  assert.deepEqual([fresh.length, fresh[0]?.value, fresh[0]?.attributes['insights_lake.app']], [15, 1499, 'app499']);
  const of = (metric: MetricName) => points.filter((point) => point.metric === metric).map(({ value }) => value);
  assert.deepEqual([of('insights_lake.windows.open'), of('insights_lake.windows.failed')], [[1000], [500]]);
  assert.deepEqual(of('insights_lake.lake.health'), [1]);
});

test('every metric of the table is recorded by somebody, with its attributes and no others', () => {
  const points = [
    ...runPoints(outcome('done')),
    ...planPoints({ feeds: [plan('shop', 0)], errors: [], health: { state: 'active' } }, 0),
    ...auditPoints({ feeds: [audited], asked: 3, errors: [] }),
    ...tickPoints('tendLake', true),
  ];
  assert.deepEqual([...new Set(points.map(({ metric }) => metric))].toSorted(), Object.keys(METRICS).toSorted());
  for (const { metric, attributes } of points)
    assert.deepEqual(Object.keys(attributes).toSorted(), [...METRICS[metric].attributes].toSorted(), metric);
});

test('names and units are as the conventions have them', () => {
  for (const [name, { unit, kind, about }] of Object.entries<Metric>(METRICS)) {
    assert.match(name, /^insights_lake(\.[a-z]+(_[a-z]+)*)+$/);
    assert.match(unit, /^(s|By|1|\{[a-z]+\})$/, name);
    // Of what is measured the name says nothing of the unit, and durations are histograms in seconds.
    assert.doesNotMatch(name, /(seconds|bytes|millis|total|count)$/);
    if (/duration|delay/.test(name)) assert.deepEqual([kind, unit], ['histogram', 's'], name);
    assert.match(about, /\.$/, name);
  }
  // No name is also the beginning of another.
  const names = Object.keys(METRICS);
  assert.deepEqual(
    names.filter((name) => names.some((other) => other.startsWith(`${name}.`))),
    [],
  );
  for (const name of Object.keys(ATTRIBUTES)) assert.match(name, /^insights_lake(\.[a-z]+)+$/);
});
