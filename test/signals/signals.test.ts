import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { columnsOf } from '../../shared/signals/columns-of.ts';
import { schemaDoc } from '../../shared/signals/schema-doc.ts';
import { signals, signalTables } from '../../shared/signals/tables.ts';
import { windowName } from '../../shared/signals/window-name.ts';

test('docs/schema.md says what the tables say; write schemaDoc() there when it does not', () => {
  assert.equal(readFileSync(join(import.meta.dirname, '../../docs/schema.md'), 'utf8'), schemaDoc());
});

test('every column of the query tables is there, with the names and types that recorded answers have', () => {
  const path = join(import.meta.dirname, '../corpus/query-api/datacontract_full_response.json');
  const { tables } = JSON.parse(readFileSync(path, 'utf8').replace(/^\ufeff/, '')) as {
    tables: { name: string; columns: { name: string; type: string }[] }[];
  };
  const types: Record<string, string> = {
    datetime: 'timestamp',
    string: 'string',
    int: 'integer',
    real: 'real',
    dynamic: 'dynamic',
  };
  for (const { name: signal, columns } of tables) {
    const ours = new Map(
      columnsOf(signals.find((each) => each === signal) ?? 'requests').map(({ name, type }) => [name, type]),
    );
    for (const { name, type } of columns)
      assert.equal(ours.get(name), name === 'success' ? 'boolean' : types[type], `${signal}.${name}`);
  }
});

test('columns have one name each; extra and exportWindow are the last', () => {
  for (const signal of signals) {
    const names = columnsOf(signal).map(({ name }) => name);
    assert.deepEqual([...new Set(names)], names);
    assert.deepEqual([names[0], names.slice(-2)], ['timestamp', ['extra', 'exportWindow']]);
    assert.equal(signalTables[signal].signal, signal);
  }
});

test('names of windows', () => {
  const time = (text: string) => Date.parse(text);
  const names: readonly (readonly [string, string, string])[] = [
    ['2026-11-21T03:00Z', '2026-11-21T04:00Z', '20261121T0300Z_20261121T0400Z'],
    ['2026-11-21T03:00:30Z', '2026-11-22T00:00Z', '20261121T030030Z_20261122T0000Z'],
    ['2026-11-21T03:00:00.250Z', '2026-11-21T03:00:00.5Z', '20261121T030000250Z_20261121T030000500Z'],
  ];
  for (const [start, end, name] of names) assert.equal(windowName({ start: time(start), end: time(end) }), name);
});
