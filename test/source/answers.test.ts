import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsOf } from '../../shared/signals/columns-of.ts';
import { signals, signalTables } from '../../shared/signals/tables.ts';
import { unrolled } from '../../shared/source/blobs/records/answers.ts';

async function through(text: string, size = 7): Promise<string> {
  async function* pieces() {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const out: Uint8Array[] = [];
  for await (const piece of unrolled(pieces())) out.push(piece);
  return Buffer.concat(out).toString();
}
const answer = (columns: readonly string[], rows: readonly (readonly unknown[])[], more: object = {}) =>
  JSON.stringify({
    tables: [{ name: 'PrimaryResult', columns: columns.map((name) => ({ name, type: 'string' })), rows }],
    ...more,
  });
const records = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('rows of a workspace are records as they are; empty cells are left out', async () => {
  const text = answer(
    ['TimeGenerated', 'Type', 'Message'],
    [
      ['2026-03-04T05:00:00Z', 'AppTraces', 'a'],
      ['2026-03-04T05:01:00Z', 'AppTraces', null],
    ],
  );
  for (const size of [7, 100_000])
    assert.deepEqual(records(await through(`\ufeff ${text}`, size)), [
      { TimeGenerated: '2026-03-04T05:00:00Z', Type: 'AppTraces', Message: 'a' },
      { TimeGenerated: '2026-03-04T05:01:00Z', Type: 'AppTraces' },
    ]);
});

test('rows of an app take the names of the workspace, in every signal', async () => {
  for (const signal of signals) {
    const names = columnsOf(signal).map(({ name }) => name);
    const row = names.map((name) => (name === 'itemType' ? signalTables[signal].itemType : `${name} of it`));
    const [record] = records(await through(answer(names, [row]))) as Record<string, string>[];
    assert.equal(record?.Type, signalTables[signal].table);
    const taken = new Set<string>();
    for (const { name, workspace } of columnsOf(signal)) {
      const [flat] = workspace;
      const key = flat === undefined || taken.has(flat) ? name : flat;
      taken.add(key);
      if (name !== 'itemType') assert.equal(record?.[key], `${name} of it`, `${signal} ${name}`);
    }
  }
});

test('numbers stay what they are', async () => {
  const text =
    '{"tables":[{"name":"Table_0","columns":[{"columnName":"Type"},{"columnName":"a"},{"columnName":"b"}],' +
    '"rows":[["AppTraces",9007199254740993,1.0]]}]}';
  assert.equal(await through(text), '{"Type":"AppTraces","a":9007199254740993,"b":1.0}\n');
});

test('what stands before the tables, and an error that is none, are no matter', async () => {
  const row = { columns: [{ name: 'Type' }], rows: [['AppTraces']] };
  for (const around of [{ statistics: { query: {} } }, { render: null }, { error: null }])
    assert.equal(await through(JSON.stringify({ ...around, tables: [row] })), '{"Type":"AppTraces"}\n');
});

test('everything else goes through: other JSON, lines, an answer that is not whole, half of one, nothing', async () => {
  const part = answer(['Type'], [['AppTraces']], { error: { code: 'PartialError' } });
  const texts = [
    '{"tables":1}\n',
    '{"Type":"AppTraces"}\n'.repeat(50),
    part,
    answer(['Type'], [['AppTraces']]).slice(0, -5),
    '',
    '{"tables":[]}',
  ];
  for (const text of texts) assert.equal(await through(text), text);
});
