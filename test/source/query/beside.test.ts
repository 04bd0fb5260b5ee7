import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memberTrouble, tableTrouble } from '../../../shared/source/query/beside.ts';

const columns = (names: string) => names.split(' ').map((name) => ({ name, type: 'string' }));
const rows = (...cells: readonly unknown[]) => cells.map((each) => JSON.stringify(each));

/** A table beside the result, and whether it may say that the rows are not all. */
const tables: readonly (readonly [what: string, name: string, names: string, row: unknown, isTrouble: boolean])[] = [
  ['how to draw it', 'Table_1', 'Value', ['{"Visualization":null,"Title":null}'], false],
  ['nothing', 'Table_1', 'Value', [null], false],
  ['words in its place', 'Table_1', 'Value', ['E_QUERY_RESULT_SET_TOO_LARGE'], true],
  ['any words', 'Table_1', 'value', ['that is all for now'], true],
  ['exceptions in its place', 'Table_1', 'VALUE', ['{"Exceptions":["enough"]}'], true],
  ['an error in its place', 'Table_1', 'Value', ['{"error":{"code":"x"}}'], true],
  ['telemetry of another question', 'traces', 'timestamp itemType', ['x', 'trace'], false],
  ['telemetry of a workspace', 'AppTraces', 'timestamp itemType', ['x', 'trace'], false],
  ['more rows of the same', 'Table_1', 'timestamp itemType', ['x', 'request'], true],
  ['and by the name of the result', 'PrimaryResult', 'timestamp itemType', ['x', 'request'], true],
  [
    'completed',
    'X',
    'Level LevelName StatusCode Payload',
    [4, 'Info', 0, '{"Count":1,"Text":"Query completed successfully"}'],
    false,
  ],
  [
    'what it took',
    'X',
    'Level LevelName StatusCode Payload',
    [6, 'Stats', 0, '{"resource_usage":{"memory_limit":1,"errors":0}}'],
    false,
  ],
  [
    'a payload of words',
    'X',
    'Level LevelName StatusCode Payload',
    [4, 'Info', 0, 'results truncated at 30 rows'],
    true,
  ],
  [
    'words in a payload',
    'X',
    'Level LevelName StatusCode Payload',
    [4, 'Info', 0, '{"Text":"partial query failure"}'],
    true,
  ],
  ['a flag that is off in a payload', 'X', 'Level StatusCode Payload', [6, 0, '{"result":{"isComplete":false}}'], true],
  ['figures for a description', 'X', 'Severity StatusCode StatusDescription', [6, 0, '{"cut":{"max":1}}'], false],
  ...[
    'only the first 30 rows are returned',
    'results were capped',
    'at most 30 records',
    'there are more rows',
    'one shard was unavailable',
    'the rest of the data was skipped',
    'not all extents were read',
    'the query was killed',
  ].map((words) => [words, 'X', 'Severity StatusCode StatusDescription', [4, 0, words], true] as const),
  [
    'a flag in a payload',
    'X',
    'Level LevelName StatusCode Payload',
    [6, 'Stats', 0, '{"result":{"IsTruncated":true}}'],
    true,
  ],
];

for (const [what, name, names, row, isTrouble] of tables)
  test(`a table beside the result: ${what}`, () => {
    assert.equal(tableTrouble(name, columns(names), rows(row)) !== undefined, isTrouble);
  });

test('statistics are harmless, but for a flag that says that something lacks', () => {
  const of = (value: unknown) => memberTrouble('answer', 'statistics', value);
  assert.equal(of({ query: { executionTime: 1, truncated: false, resourceUsage: { limit: true } } }), undefined);
  assert.match(of({ query: { truncated: true } })?.code ?? '', /"statistics" beside the tables/);
});

test('flags that are on where all is well say so when they are off', () => {
  for (const key of ['completed', 'iscomplete', 'is_complete', 'success', 'succeeded', 'isfinal', 'allrowsreturned']) {
    assert.equal(memberTrouble('answer', key, false)?.message, 'false', key);
    assert.ok(memberTrouble('answer', 'statistics', { query: { [key]: false } }), key);
  }
  for (const key of ['truncated', 'haserrors', 'allowcrosscluster', 'cached'])
    assert.equal(memberTrouble('table', key, false), undefined, key);
});

test('a second table of what was asked is more of it; one of another question is not', () => {
  const of = (name: string, asked: string) =>
    tableTrouble(name, columns('timestamp itemType'), rows(['x', 'request']), asked) !== undefined;
  assert.deepEqual(
    [of('requests', 'requests'), of('AppRequests', 'requests'), of('REQUESTS', 'AppRequests')],
    [true, true, true],
  );
  assert.deepEqual([of('traces', 'requests'), of('AppTraces', 'AppRequests')], [false, false]);
});
