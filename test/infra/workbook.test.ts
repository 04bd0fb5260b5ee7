import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lineWords } from '../../local/docs/log-words.ts';
import { kusto } from '../../local/simulator/kusto.ts';
import { METRICS, type MetricName } from '../../shared/metrics/table.ts';
import { infra } from './snapshots.ts';

interface Item {
  readonly type: number;
  readonly name: string;
  readonly content: { readonly query?: string; readonly timeContextFromParameter?: string };
}
const workbook: { readonly version: string; readonly items: readonly Item[] } = JSON.parse(
  readFileSync(join(infra, 'history.workbook.json'), 'utf8'),
);
const queries = workbook.items.flatMap(({ type, name, content }) =>
  type === 3 ? [{ name, text: content.query ?? '' }] : [],
);

test("Microsoft's parser has nothing against the queries of the workbook", () => {
  assert.equal(workbook.version, 'Notebook/1.0');
  assert.ok(queries.length >= 10);
  for (const { name, text } of queries) {
    const found = kusto().analyze(text).GetDiagnostics();
    const faults = Array.from({ length: found.Count }, (_, index) => found.getItem(index).Message);
    assert.deepEqual(faults, [], name);
  }
});

test('they ask for events and fields that the functions log, and no others', () => {
  const common = ['event', 'app', 'signal', 'source', 'start', 'end', 'state'];
  for (const { name, text } of queries.filter(({ text }) => text.startsWith('traces'))) {
    const [, event = ''] = /line\.event\) == '(\w+)'/.exec(text) ?? [];
    const known = [...Object.keys(lineWords[event]?.fields ?? {}), ...common];
    assert.ok(event in lineWords, `${name}: ${event}`);
    const asked = [...text.matchAll(/\bline\.(\w+)/g)].map(([, field]) => field ?? '');
    assert.deepEqual(
      asked.filter((field) => !known.includes(field)),
      [],
      name,
    );
  }
});

test('they ask for metrics that there are, and for their attributes', () => {
  const ofMetrics = queries.filter(({ text }) => text.startsWith('customMetrics'));
  assert.ok(ofMetrics.length >= 4);
  for (const { name, text } of ofMetrics) {
    const [, metric = ''] = /where name == '([\w.]+)'/.exec(text) ?? [];
    assert.ok(metric in METRICS, `${name}: ${metric}`);
    const known: readonly string[] = METRICS[metric as MetricName].attributes;
    const asked = [...text.matchAll(/customDimensions\['([\w.]+)'\]/g)].map(([, attribute]) => attribute ?? '');
    assert.deepEqual(
      asked.filter((attribute) => !known.includes(attribute)),
      [],
      name,
    );
  }
});

test('all of them follow the range that the reader picks', () => {
  for (const { type, name, content } of workbook.items)
    if (type === 3) assert.equal(content.timeContextFromParameter, 'range', name);
});
