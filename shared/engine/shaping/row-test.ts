import type { Signal, SignalShape } from '../../model.ts';
import { CELL, type Row } from '../decode/rows/row.ts';
import { compileCondition, type ReadCell } from '../where/compile.ts';
import type { Conditions } from '../where/conditions.ts';
import type { ConditionColumn } from '../where/expression.ts';
import { TICKS_PER_MICRO } from '../where/times.ts';

/** Whether a row stays: a condition on the cells of a row that is decoded, and on those that are promoted. */
export function rowTest(
  signal: Signal,
  { promote }: SignalShape,
  own: readonly string[],
  conditions: Conditions,
): (row: Row) => boolean {
  const condition = conditions.of(signal);
  if (condition === undefined) return () => true;
  const cells = [...own, ...promote.map(({ as }) => as)];
  const readers = new Map(
    condition.columns.map(({ name, type }) => [name, readerOf(READERS[type], cells.indexOf(name))]),
  );
  return compileCondition(condition.expression, (name) => readers.get(name) ?? (() => null));
}

type ReadValue = (row: Row, cell: number) => ReturnType<ReadCell<Row>>;

const readerOf =
  (read: ReadValue, cell: number): ReadCell<Row> =>
  (row) =>
    row.kind[cell] === CELL.null ? null : read(row, cell);

const textOf: ReadValue = (row, cell) => row.textOf(cell);
const bigOf: ReadValue = (row, cell) => row.bigOf(cell);

const READERS: Readonly<Record<ConditionColumn['type'], ReadValue>> = {
  string: textOf,
  dynamic: textOf,
  integer: bigOf,
  long: bigOf,
  timestamp: (row, cell) => row.bigOf(cell) * TICKS_PER_MICRO,
  real: (row, cell) => row.real[cell] ?? null,
  boolean: (row, cell) => row.real[cell] === 1,
};
