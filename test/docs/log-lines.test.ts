import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { lineWords } from '../../local/docs/log-words.ts';
import { filesFacts } from '../../shared/pipeline/audit/lake-facts.ts';
import { backfillFacts, backfillPlanFacts } from '../../shared/pipeline/backfill/facts.ts';
import {
  auditFacts,
  driftFacts,
  planFacts,
  runFacts,
  steerFacts,
  sweepFacts,
  tableFacts,
} from '../../shared/pipeline/facts.ts';
import { retiredFacts } from '../../shared/pipeline/retention/facts.ts';
import { unrun } from '../../shared/pipeline/run.ts';
import { root, textOf } from './fences.ts';

/**
 * docs/operations.md has every line that functions log and every field of it, and no other (local/docs/log-words.ts).
 */

const window = { app: 'shop', signal: 'requests', source: 'query', start: 0, end: 1 } as const;
const seen = { ...window, path: 'a.b', count: 1, firstSeen: 0 };
const run = {
  ...unrun('done', window, undefined),
  counts: { read: 1, written: 1, deduplicated: 0, filtered: 0, quarantined: 0 },
  remark: 'no such table',
  left: { files: 1, why: 'a lease' },
  reasons: ['not JSON'],
  drift: [seen],
  newDrift: [seen],
};
const plan = {
  feed: window,
  planned: 0,
  repeated: 0,
  open: 0,
  failed: 0,
  horizon: 1,
  watermark: 0,
  refound: true,
  retention: 1,
};
const swept = {
  ...{ range: window, windows: 0, blobs: 0, bytes: 0, enqueued: 0, open: 0, kept: 0, archived: 0 },
  ...{ missing: [], unknown: [], errors: [] },
};
const audited = {
  feed: window,
  windows: 1,
  same: 0,
  settled: { watermark: 0, through: 0 },
  enqueued: [window],
  open: 0,
  kept: 0,
  gone: 0,
  unread: [window],
  gaps: [],
};
const range = {
  app: 'shop',
  signals: ['requests' as const],
  start: 0,
  end: 1,
  choice: 'missing' as const,
  concurrency: 1,
};
const cursor = { begunAt: 0, window: 1, day: 0, signal: 0, next: 0, slots: [], taken: 0, roomless: 1 };
const lines: readonly object[] = [
  backfillFacts({
    ...{ ...range, ...cursor, id: 'one', state: 'running', share: 0, eta: 0, open: 0, failed: 0 },
    remark: 'left out',
  }),
  backfillPlanFacts({
    ...{ ...range, windows: 1, skipped: 0, roomless: 1, retired: 0, unavailable: 0, doubtful: 0 },
    ...{ rows: 1, bytes: 1, requests: 1, time: 1, sampled: 1 },
  }),
  planFacts({ feeds: [plan], errors: [], health: { state: 'paused', since: 1, reason: 'gone' } }, 9),
  runFacts(run),
  ...driftFacts(run),
  sweepFacts(swept),
  ...auditFacts({ feeds: [audited], asked: 1, errors: [] }),
  { event: 'sweep', parts: 3 },
  tableFacts({ error: 'away' }),
  steerFacts('https://a/api/rerun?code=x', 202, {}),
  retiredFacts(
    {
      ...{ feed: window, keptFrom: 0, start: 0, end: 1, windows: 1, rows: 1, files: 1, bytes: 1 },
      ...{ removed: 1, waiting: 1, stuck: 1, foreign: 1, why: 'a lease', unfinished: true, error: 'away' },
    },
    true,
  ),
  ...filesFacts([
    {
      ...{ feed: window, windows: 1, files: 1, repaired: 1, lost: 1, held: false, touched: 1, read: 1, error: '' },
      wrong: [{ path: 'a', problem: 'missing', expected: 1, found: undefined }],
    },
  ]),
  { event: 'ignored', blob: 'x' },
];

test('every event that is logged is explained', () => {
  const facts = [
    'shared/pipeline/facts.ts',
    'shared/pipeline/backfill/facts.ts',
    'shared/pipeline/retention/facts.ts',
    'shared/pipeline/audit/lake-facts.ts',
  ];
  const sources = [...facts, ...readdirSync(`${root}/functions`).map((name) => `functions/${name}`)];
  const events = sources.flatMap((path) => [...textOf(path).matchAll(/event: '(\w+)'/g)].map(([, event]) => event));
  assert.deepEqual([...new Set(events)].sort(), Object.keys(lineWords).sort());
});

for (const [event, { fields }] of Object.entries(lineWords))
  test(`the fields of a line ${event} are those that it has`, () => {
    const found = lines.filter((line) => 'event' in line && line.event === event).flatMap((line) => Object.keys(line));
    assert.deepEqual([...new Set(found)].filter((name) => name !== 'event').sort(), Object.keys(fields).sort());
  });
