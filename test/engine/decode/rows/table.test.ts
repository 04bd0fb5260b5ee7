import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isValid } from '../../../../shared/engine/bits.ts';
import { Row } from '../../../../shared/engine/decode/rows/row.ts';
import { Table } from '../../../../shared/engine/decode/rows/table.ts';
import type { Vector } from '../../../../shared/engine/vectors.ts';

const columns = [
  { name: 'few', type: 'string', cell: 0 },
  { name: 'many', type: 'string', cell: 1 },
  { name: 'whole', type: 'long', cell: 2 },
  { name: 'real', type: 'real', cell: 3 },
  { name: 'flag', type: 'boolean', cell: 4 },
] as const;

type Cells = readonly [
  few: string | null,
  many: string | null,
  whole: number | null,
  real: number | null,
  flag: boolean | null,
];

function fill(row: Row, [few, many, whole, real, flag]: Cells): void {
  row.clear();
  for (const [cell, text] of [few, many].entries()) {
    if (text === null) continue;
    const bytes = new TextEncoder().encode(text);
    row.setText(cell, bytes, 0, bytes.length);
  }
  if (whole !== null) row.setLong(2, whole);
  if (real !== null) row.setReal(3, real);
  if (flag !== null) row.setBoolean(4, flag);
}

function valueAt(vector: Vector, row: number): unknown {
  if (!isValid(vector.validity, row)) return null;
  if (vector.kind === 'boolean') return isValid(vector.values, row);
  if (vector.kind === 'long') return Number(vector.values[row]);
  if (vector.kind === 'real') return vector.values[row];
  const entry = vector.kind === 'text' ? row : (vector.indices[row] as number);
  return new TextDecoder().decode(vector.bytes.subarray(vector.offsets[entry], vector.offsets[entry + 1]));
}

/** Every so many-th cell is null, from take to take others. */
function cellsOf(take: number, row: number): Cells {
  const nulls = (column: number) => (row + column) % (take + 2) === 0;
  return [
    nulls(0) ? null : `value ${row % 7}`,
    nulls(1) ? null : `${take} ${row} ${'x'.repeat(row % 90)}`,
    nulls(2) ? null : row - 500,
    nulls(3) ? null : row / 3,
    nulls(4) ? null : row % 3 === 0,
  ];
}

test('memory that is used again holds nothing of the rows before', () => {
  const table = new Table('requests', 0, columns);
  const row = new Row(columns.length);
  for (const [take, count] of [700, 90, 2000, 1].entries()) {
    const all = Array.from({ length: count }, (_, index) => cellsOf(take, index));
    for (const cells of all) {
      fill(row, cells);
      table.append(row, 10);
    }
    const { rows, raw } = table.take();
    assert.equal(raw, count * 10);
    const found = all.map((_, index) => rows.vectors.map((vector) => valueAt(vector, index)));
    assert.deepEqual(found, all);
  }
});

test('columns without a value, and a text longer than all kept memory', () => {
  const table = new Table('requests', 0, columns);
  const row = new Row(columns.length);
  const long = 'long '.repeat(1_200_000);
  for (const cells of [
    [null, null, null, null, null],
    [null, long, null, null, null],
    ['a', 'b', 1, 0.5, true],
  ] as const satisfies readonly Cells[]) {
    fill(row, cells);
    table.append(row, 1);
    const { rows } = table.take();
    const found = rows.vectors.map((vector) => valueAt(vector, 0));
    assert.deepEqual(found, cells);
  }
});
