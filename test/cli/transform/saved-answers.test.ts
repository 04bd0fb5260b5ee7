/** Answers of the query API that were saved to files: of one that says anywhere that it is a part, no row goes in. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../real.ts';
import { diagnostic, flat, lines, named, newLake, put } from './lake-of-commands.ts';

const names = ['timestamp', 'itemType', 'message'];
const columns = names.map((name) => ({ name, type: 'string' }));
const rows = (from: number, to: number, kind = 'trace') =>
  Array.from({ length: to - from }, (_, n) => [`2026-03-04T05:0${n}:00Z`, kind, `m${from + n}`]);
const table = (name: string, of: readonly unknown[], more: object = {}) => ({ name, columns, rows: of, ...more });
const other = (name: string, of: string, ...cells: readonly unknown[]) => ({
  name,
  columns: of.split(' ').map((each) => ({ name: each, type: 'string' })),
  rows: [cells],
});
const result = table('PrimaryResult', rows(10, 13));
const STATUS = 'Timestamp Severity SeverityName StatusCode StatusDescription';

const parts: Readonly<Record<string, object>> = {
  'a status of errors in the third table': {
    tables: [result, other('Table_1', 'Value', '{}'), other('QueryStatus', STATUS, 't', 2, 'Error', 1, '80DA0003')],
  },
  'words of information': {
    tables: [result, other('Table_2', STATUS, 't', 4, 'Info', 0, 'only the first 3 rows are here')],
  },
  'exceptions beside the tables': { tables: [result], Exceptions: ['Query result set has exceeded'] },
  'exceptions beside the rows': { tables: [table('PrimaryResult', rows(10, 13), { Exceptions: ['x'] })] },
  'an object among the rows': { tables: [table('PrimaryResult', [...rows(10, 13), { Exceptions: ['x'] }])] },
  'a page of several': { tables: [result], '@odata.nextLink': 'https://more.test/' },
  'a flag that is off': { tables: [result], completed: false },
  'a table of the same that goes on': { tables: [result, table('PrimaryResult', rows(13, 15))] },
  'a table that nobody knows': { tables: [result, other('x', 'a b', 1, 2)] },
};

for (const [name, answer] of Object.entries(parts))
  test(`a saved answer with ${name} is a part only, and said to be one`, async () => {
    const { root, transform, messages } = newLake();
    const files = { 'answer.json': JSON.stringify(answer), [diagnostic('05')]: lines(0, 4, flat) };
    const folder = await put(join(root, 'x'), files);
    const { code, summary } = await transform(folder);
    assert.deepEqual([code, await messages()], [1, named(0, 4)]);
    assert.match(summary.incomplete.join('\n'), /^1 file that is a part only: answer\.json \(an answer that says/);
    const looked = await run(['inspect', folder]);
    assert.equal(looked.code, 1, looked.out);
  });

test('a saved answer of several questions, and what describes them, goes in whole', async () => {
  const { root, transform, messages } = newLake();
  const answer = {
    statistics: { query: { executionTime: 0.1, resourceUsage: { limit: 5 } } },
    tables: [
      table('traces', rows(0, 3)),
      table('customEvents', rows(3, 5, 'customEvent')),
      other('Table_1', 'Value', '{"Visualization":null}'),
      other('QueryStatus', STATUS, 't', 4, 'Info', 0, 'Query completed successfully'),
      other('QueryStatus', STATUS, 't', 6, 'Stats', 0, '{"ExecutionTime":1,"limits":{"max":3}}'),
    ],
  };
  const folder = await put(join(root, 'x'), { 'answer.json': JSON.stringify(answer) });
  const { code, summary } = await transform(folder);
  assert.deepEqual([code, summary.incomplete, (await messages()).length], [0, [], 5]);
});
