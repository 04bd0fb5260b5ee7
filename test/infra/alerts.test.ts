import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { kusto } from '../../local/simulator/kusto.ts';
import { planFacts, runFacts } from '../../shared/pipeline/facts.ts';
import { infra, resourcesOf } from './snapshots.ts';

const folder = join(infra, 'alerts');
const textOf = (name: string) => readFileSync(join(folder, `${name}.kql`), 'utf8');
const queries = readdirSync(folder).map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }));

test("Microsoft's parser has nothing against the queries, over the columns that traces have", () => {
  assert.equal(queries.length, 4);
  for (const { file, text } of queries) {
    const found = kusto().analyze(text).GetDiagnostics();
    const faults = Array.from({ length: found.Count }, (_, index) => found.getItem(index).Message);
    assert.deepEqual(faults, [], file);
  }
  assert.notEqual(kusto().analyze('traces | where nothing == 1').GetDiagnostics().Count, 0);
});

interface Rule {
  readonly criteria: { readonly allOf: readonly { readonly query: string }[] };
}
const rulesOf = (way: string): Map<string, Rule> =>
  new Map(
    resourcesOf(way)
      .filter(({ type }) => type === 'Microsoft.Insights/scheduledQueryRules')
      .map(({ name, properties }) => [name.replace(/.*-/, ''), properties as unknown as Rule]),
  );

test('every query is an alert, and the limit of the freshness alert is the one of the deployment', () => {
  const rules = rulesOf('query');
  assert.deepEqual([...rules.keys()].sort(), queries.map(({ file }) => file.replace('.kql', '')).sort());
  for (const [name, { criteria }] of rules) assert.equal(criteria.allOf[0]?.query, textOf(name), name);
  const slower = rulesOf('both').get('stale')?.criteria.allOf[0]?.query;
  assert.equal(slower, textOf('stale').replace('limit = 180;', 'limit = 600;'));
});

const window = { app: 'shop', signal: 'requests', source: 'query', start: 0, end: 3_600_000 } as const;
const counts = { read: 0, written: 0, deduplicated: 0, quarantined: 0 };

test('the queries ask for fields that the log lines have', () => {
  const run = runFacts({
    state: 'failed',
    window,
    revision: 1,
    attempts: 1,
    counts,
    files: [],
    asked: 1,
    duration: 1,
    error: 'no',
  });
  const plan = planFacts(
    { feed: window, planned: 0, repeated: 0, open: 0, failed: 0, horizon: 7_200_000, watermark: 3_600_000 },
    7_200_000,
  );
  const fields = (name: string) => [
    ...new Set([...textOf(name).matchAll(/\bline\.(\w+)/g)].map(([, field = '']) => field)),
  ];
  for (const [name, line] of [
    ['failed', run],
    ['stale', plan],
  ] as const) {
    assert.ok(fields(name).length >= 5);
    assert.deepEqual(
      fields(name).filter((field) => !(field in line)),
      [],
      name,
    );
  }
  assert.equal(run.event, 'run');
  assert.equal(plan.event, 'plan');
  assert.equal(plan.behind, 3_600_000, 'behind is in milliseconds, the query divides by 60000');
});
