import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AnswerColumn, Signal } from '../../shared/model.ts';
import { signals, signalTables } from '../../shared/signals/tables.ts';
import { chunkOf, decode, jsonLines, windowOf } from './chunks.ts';

interface Table {
  readonly name: string;
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly (readonly unknown[])[];
}

const corpus = (name: string): { readonly tables: readonly Table[] } =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../corpus/query-api', name), 'utf8').replace(/^\ufeff/, ''));

/** Rows given as raw JSON text, so that numbers stay as they are spelled. */
async function answer(
  signal: Signal,
  columns: readonly AnswerColumn[],
  lines: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return (await decode(windowOf(signal, 'query'), (work) => [chunkOf(work, lines, { layout: 'query', columns })])).rows;
}

/** A cell of the given column, decoded; and what went to `extra`. */
async function cell(signal: Signal, name: string, json: string): Promise<readonly [unknown, unknown]> {
  const [row] = await answer(signal, [{ name, type: 'dynamic' }], `[${json}]\n`);
  return [row?.[name] ?? null, row?.extra ?? null];
}

test('recorded answers of all tables: every cell, success as a boolean, dynamic as JSON text', async () => {
  for (const { name, columns, rows } of corpus('datacontract_full_response.json').tables) {
    const decoded = await answer(name as Signal, columns, jsonLines(rows));
    assert.equal(decoded.length, rows.length);
    for (const [index, { name: column }] of columns.entries()) {
      const cells = rows.map((row) => row[index]);
      const values = decoded.map((row) => row[column]);
      if (column === 'timestamp')
        assert.deepEqual(
          values.map((value) => String(value).slice(0, 19)),
          cells.map((value) => String(value).slice(0, 19)),
        );
      else if (column === 'success')
        assert.deepEqual(
          values,
          cells.map((value) => value === 'True'),
        );
      else if (/^(custom|details)/.test(column))
        assert.deepEqual(
          values.map((value) => JSON.parse(String(value))),
          cells.map((value) => JSON.parse(String(value))),
        );
      else assert.deepEqual(values, cells, `${name}.${column}`);
    }
    assert.ok(decoded.every(({ extra }) => extra === null));
  }
});

const cells: readonly (readonly [signal: Signal, name: string, json: string, value: unknown, extra?: unknown])[] = [
  ...['true', '1', '"True"', '"1"', '"true"'].map((json) => ['requests', 'success', json, true] as const),
  ...['false', '0', '"False"', '"0"'].map((json) => ['requests', 'success', json, false] as const),
  ['requests', 'success', '"maybe"', null, '{"success":"maybe"}'],
  ['requests', 'success', '""', null],
  ['requests', 'success', 'null', null],
  ['requests', 'resultCode', '404', '404'],
  ['requests', 'duration', '"3.38"', 3.38],
  ['requests', 'duration', '3.38', 3.38],
  ['customMetrics', 'value', '"NaN"', 'NaN'],
  ['customMetrics', 'value', '"Infinity"', 'Infinity'],
  ['customMetrics', 'value', '"-Infinity"', '-Infinity'],
  ['customMetrics', 'value', '1.7976931348623157e+308', 1.7976931348623157e308],
  [
    'customMetrics',
    'value',
    '"79228162514264337593543950335"',
    7.922816251426434e28,
    '{"value":"79228162514264337593543950335"}',
  ],
  ['customMetrics', 'value', '1.79769313486232E+308', null, '{"value":1.79769313486232E+308}'],
  ['customMetrics', 'value', '"0.1234567890123456789"', 0.12345678901234568, '{"value":"0.1234567890123456789"}'],
  ['requests', 'itemCount', '"25"', 25],
  ['requests', 'itemCount', '4294967296', 4294967296],
  ['requests', 'itemCount', '9223372036854775808', null, '{"itemCount":9223372036854775808}'],
  ['traces', 'severityLevel', '"1"', 1],
  ['traces', 'severityLevel', '3', 3],
  ['traces', 'customDimensions', '{"a":1}', '{"a":1}'],
  ['traces', 'customDimensions', '"{\\"a\\":1}"', '{"a":1}'],
  ['traces', 'customDimensions', '"[{\\"a\\":1}]"', '[{"a":1}]'],
  ['traces', 'customDimensions', 'null', null],
  ['traces', 'customDimensions', '""', null],
  ['traces', 'customDimensions', '"boundedElastic-1"', '"boundedElastic-1"'],
  ['traces', 'customDimensions', '"NaN"', '"NaN"'],
  ['traces', 'customDimensions', '"infinite"', '"infinite"'],
  ['traces', 'unknown', '9223372036854775807', null, '{"unknown":9223372036854775807}'],
  ['traces', 'unknown', '"79228162514264337593543950335"', null, '{"unknown":"79228162514264337593543950335"}'],
  ['traces', 'unknown', '{"deep":[1,null]}', null, '{"unknown":{"deep":[1,null]}}'],
  ['traces', 'unknown', '""', null],
];

for (const [signal, name, json, value, extra = null] of cells) {
  test(`${name} ${json} → ${JSON.stringify(value)}`, async () =>
    assert.deepEqual(await cell(signal, name, json), [value, extra]));
}

test('all types of a column end up somewhere', async () => {
  for (const name of [
    'loganalytics__7-log-analytics-all-types-table.json',
    'loganalytics__8-log-analytics-response-nan-inf.json',
  ]) {
    const { columns, rows } = corpus(name).tables[0] ?? { columns: [], rows: [] };
    const lines = `${JSON.stringify(rows[0]).replace('9223372036854776000', '9223372036854775807')}\n`;
    const [row] = await answer('traces', columns, lines);
    for (const { name: column } of columns) assert.ok(String(row?.extra).includes(`"${column}":`), column);
    if (lines.includes('9223372036854775807')) assert.match(String(row?.extra), /"XLong":9223372036854775807[,}]/);
  }
});

test('names of the workspace, its type word, and names that differ only by case', async () => {
  for (const signal of signals) {
    const columns = ['TimeGenerated', 'Type', 'OperationId', 'itemId', 'operationid', 'TenantId'].map((name) => ({
      name,
      type: 'string',
    }));
    const { table, itemType } = signalTables[signal];
    const [row] = await answer(
      signal,
      columns,
      jsonLines([['2026-11-21T03:00:00.1234567Z', table, 'op', 'item', 'other', 't']]),
    );
    assert.deepEqual(
      [row?.timestamp, row?.itemType, row?.operation_Id, row?.itemId, row?.extra],
      ['2026-11-21T03:00:00.123456', itemType, 'op', 'item', '{"operationid":"other","TenantId":"t"}'],
    );
  }
});

test('columns that the workspace names otherwise', async () => {
  const columns = ['DependencyType', 'DurationMs', 'Success'].map((name) => ({ name, type: 'string' }));
  const [row] = await answer('dependencies', columns, jsonLines([['SQL', 1.5, true]]));
  assert.deepEqual([row?.type, row?.duration, row?.success], ['SQL', 1.5, true]);
  const metric = ['Name', 'Sum', 'Min', 'Max', 'ItemCount'].map((name) => ({ name, type: 'string' }));
  const [value] = await answer('customMetrics', metric, jsonLines([['m', 6, 1, 3, 3]]));
  const { name, value: sum, valueSum, valueMin, valueMax, valueCount, itemCount } = value ?? {};
  assert.deepEqual([name, sum, valueSum, valueMin, valueMax, valueCount, itemCount], ['m', 6, 6, 1, 3, 3, 3]);
});

test('no rows, no columns of ours', async () => {
  assert.deepEqual(await answer('requests', [], ''), []);
  assert.equal((await answer('requests', [{ name: 'x', type: 'int' }], '[1]\n[2]\n')).length, 2);
});
