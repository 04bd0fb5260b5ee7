import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { planFacts, runFacts } from '../../shared/pipeline/facts.ts';
import { unrun } from '../../shared/pipeline/run.ts';
import { infra } from './snapshots.ts';

const root = join(infra, '..');
const text = (...path: readonly string[]): string => readFileSync(join(root, ...path), 'utf8');
const page = text('docs', 'operations.md');

test('docs/operations.md explains every line that is logged, every field of a run and a plan, and every state of a run', () => {
  const logging = readdirSync(join(root, 'functions')).map((name) => text('functions', name));
  const sources = [...logging, text('shared', 'pipeline', 'facts.ts')].join('\n');
  const events = new Set([...sources.matchAll(/event: '(\w+)'/g)].map(([, event = '']) => event));
  const [, union = ''] = /export type RunState =([^;]*);/.exec(text('shared', 'pipeline', 'run.ts')) ?? [];
  const states = [...union.matchAll(/'(\w+)'/g)].map(([, state = '']) => state);
  const window = { app: 'shop', signal: 'requests', source: 'query', start: 0, end: 1 } as const;
  const feed = { feed: window, planned: 0, repeated: 0, open: 0, failed: 0, horizon: 1, watermark: 0, retention: 1 };
  const fields = {
    ...runFacts(unrun('done', window, undefined)),
    ...planFacts({ feeds: [feed], errors: [], health: { state: 'paused', since: 1, reason: 'gone' } }, 1),
  };
  assert.ok(events.size >= 6 && states.length >= 8);
  const words = [...events, ...states, ...Object.keys(fields).filter((name) => name !== 'event')];
  assert.deepEqual(
    words.filter((word) => !page.includes(`\`${word}\``)),
    [],
  );
});

test('an app of ten signals that does nothing sends less than 2 MB a day', () => {
  const { logging } = JSON.parse(text('host.json'));
  // Warnings about queues that are not there yet (4.0 MB a day), function metrics (1.0) and counters (2.7), measured at
  // a stand-in.
  assert.equal(logging.logLevel['Azure.Core'], 'Error');
  assert.equal(logging.logLevel['Host.Aggregator'], 'Warning');
  assert.equal(logging.applicationInsights.enablePerformanceCountersCollection, false);
  const feeds = Array.from({ length: 10 }, () => ({
    ...{ feed: { app: 'shop-production', signal: 'availabilityResults', source: 'query' } as const },
    ...{ planned: 0, repeated: 0, open: 0, failed: 0, horizon: 1, watermark: 0 },
  }));
  const line = JSON.stringify(
    planFacts({ feeds, errors: [], health: { state: 'active', since: 0, reason: '' } }, 3_600_000),
  ).length;
  // 0.6 kB around each trace, and 0.7 MB of requests and the host's own lines that stay.
  assert.ok(288 * (line + 600) + 700_000 < 2_000_000, `${line} characters a tick`);
});
