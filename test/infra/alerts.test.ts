import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { kusto } from '../../local/simulator/kusto.ts';
import { ATTRIBUTES, METRICS } from '../../shared/metrics/table.ts';
import { infra, resourcesOf } from './snapshots.ts';

const folder = join(infra, 'alerts');
const textOf = (name: string) => readFileSync(join(folder, `${name}.kql`), 'utf8');
const queries = readdirSync(folder).map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }));

test("Microsoft's parser has nothing against the queries, over the columns that their tables have", () => {
  assert.equal(queries.length, 8);
  for (const { file, text } of queries) {
    const found = kusto().analyze(text).GetDiagnostics();
    const faults = Array.from({ length: found.Count }, (_, index) => found.getItem(index).Message);
    assert.deepEqual(faults, [], file);
  }
  assert.notEqual(kusto().analyze('traces | where nothing == 1').GetDiagnostics().Count, 0);
});

test('what they ask of metrics is in the table of metrics', () => {
  const asked = queries.flatMap(({ text }) => [...text.matchAll(/insights_lake(\.\w+)+/g)].map(([name]) => name));
  assert.ok(asked.length >= 4);
  const known = [...Object.keys(METRICS), ...Object.keys(ATTRIBUTES)];
  assert.deepEqual(
    asked.filter((name) => !known.includes(name)),
    [],
  );
});

interface Rule {
  readonly windowSize: string;
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
  // An app without export blobs sweeps none.
  const own = (name: string) =>
    textOf(name).replace("'sweepBlobs', ", () => (name === 'unattended' ? '' : "'sweepBlobs', "));
  for (const [name, { criteria }] of rules) assert.equal(criteria.allOf[0]?.query, own(name), name);
  const slower = rulesOf('both');
  assert.equal(slower.get('unattended')?.criteria.allOf[0]?.query, textOf('unattended'));
  const queryOf = (name: string) => slower.get(name)?.criteria.allOf[0]?.query;
  assert.equal(queryOf('stale'), textOf('stale').replace('limit = 180;', 'limit = 600;'));
  assert.equal(queryOf('silent'), textOf('silent').replace('silence = 15m;', 'silence = 200m;'));
  assert.deepEqual([rules.get('silent')?.windowSize, slower.get('silent')?.windowSize], ['PT1H', 'PT6H']);
});
