import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { planFacts } from '../../shared/pipeline/facts.ts';
import { infra } from './snapshots.ts';

const root = join(infra, '..');
const text = (...path: readonly string[]): string => readFileSync(join(root, ...path), 'utf8');

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
