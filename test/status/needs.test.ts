import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HealthReport, QuerySettings } from '../../shared/model.ts';
import { needsOf } from '../../shared/status/needs.ts';
import type { FeedFacts } from '../../shared/status/status.ts';
import { hour, NOW } from './world.ts';

const query: QuerySettings = {
  ...{ url: 'http://127.0.0.1/v1/apps/a/query', scope: '', auth: { kind: 'none' }, schema: { kind: 'app' } },
  ...{ signals: ['requests'], window: hour, lag: 0, from: undefined, until: undefined, retention: undefined },
};

test('only what paused by itself resumes by itself, and so it is said', () => {
  const advice = (state: HealthReport['state'], by: HealthReport['by']) => {
    const since = { state, by, since: NOW - hour, reason: 'restore', probes: 0, probeAfter: 0 };
    const health = { ...since, commits: 0, succeeded: 0, disabledAt: 0 };
    return needsOf([], { now: NOW, health, fault: '' })[0]?.advice ?? '';
  };
  assert.match(advice('paused', 'itself'), /resumes by itself/);
  assert.match(advice('paused', 'hand'), /until it is resumed by hand/);
  assert.match(advice('disabled', 'itself'), /until it is resumed by hand/);
  assert.equal(advice('active', 'itself'), '');
});

test('while nothing is written it is said until when the source keeps what is held', () => {
  const day = 24 * hour;
  const feed = (signal: 'requests' | 'traces', watermark: number, retention?: number): FeedFacts => ({
    ...{ feed: { app: 'shop', signal, source: 'query' }, now: undefined, state: 'late', tallies: [] },
    query: { ...query, retention },
    reached: { feed: { app: 'shop', signal, source: 'query' }, horizon: watermark, watermark, settled: 0 },
    time: { lateBefore: NOW, expected: { start: 0, end: 0 }, past: [] },
  });
  const needs = (state: HealthReport['state'], ...feeds: readonly FeedFacts[]) => {
    const since = { state, by: 'hand' as const, since: NOW - hour, reason: '', probes: 0, probeAfter: 0 };
    return needsOf(feeds, { now: NOW, fault: '', health: { ...since, commits: 0, succeeded: 0, disabledAt: 0 } });
  };
  const at = (time: number) => new Date(time).toISOString().slice(0, 16).replace('T', ' ');
  const [held, late] = needs('paused', feed('requests', NOW - day), feed('traces', NOW - 3 * day));
  assert.ok(held?.advice.includes(`keeps what was held until ${at(NOW + 87 * day)} UTC (shop traces)`), held?.advice);
  assert.match(late?.advice ?? '', /The lake is paused: what is due runs when it is resumed/);
  const [lost] = needs('disabled', feed('requests', NOW - day, 12 * hour));
  assert.ok(lost?.advice.includes(`lost rows that were held since ${at(NOW - day / 2)} UTC`), lost?.advice);
  assert.match(needs('active', feed('requests', NOW - day))[0]?.advice ?? '', /Look whether planWindows/);
});
