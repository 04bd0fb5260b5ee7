import type { Signal, SignalShape } from '../../model.ts';
import type { Row } from '../decode/rows/row.ts';
import { CELL } from '../decode/rows/row.ts';
import type { ReadCell } from '../where/compile.ts';
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
  let current: Row | undefined;
  const readers = new Map(
    condition.columns.map((column): [string, ReadCell] => {
      const index = own.indexOf(column.name);
      const cell = index >= 0 ? index : own.length + promote.findIndex(({ as }) => as === column.name);
      const read = readerOf(column, cell);
      return [column.name, () => (current === undefined ? null : read(current))];
    }),
  );
  const holds = condition.holds((name) => readers.get(name) ?? (() => null));
  return (row) => {
    current = row;
    return holds(0);
  };
}

function readerOf({ type }: ConditionColumn, cell: number): (row: Row) => ReturnType<ReadCell> {
  const value = READERS[type];
  return (row) => (row.kind[cell] === CELL.null ? null : value(row, cell));
}

const textOf = (row: Row, cell: number): string => row.textOf(cell);
const bigOf = (row: Row, cell: number): bigint => row.bigOf(cell);

const READERS: Readonly<Record<ConditionColumn['type'], (row: Row, cell: number) => ReturnType<ReadCell>>> = {
  string: textOf,
  dynamic: textOf,
  integer: bigOf,
  long: bigOf,
  timestamp: (row, cell) => row.bigOf(cell) * TICKS_PER_MICRO,
  real: (row, cell) => row.real[cell] ?? null,
  boolean: (row, cell) => row.real[cell] === 1,
};
