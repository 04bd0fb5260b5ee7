import type { DuckDBValue } from '@duckdb/node-api';
import type { Signal, SignalShape } from '../model.ts';
import { columnsOf } from '../signals/columns.ts';
import { castTo } from './convert.ts';
import type { Database } from './database.ts';
import { decodedTable } from './decoded-table.ts';
import { promotedText } from './shaped-rows.ts';
import { named } from './sql.ts';
import type { ReadCell } from './where/compile.ts';
import type { RowCondition } from './where/conditions.ts';
import type { ConditionColumn } from './where/expression.ts';
import { TICKS_PER_MICRO } from './where/times.ts';

/** So many rows are looked at in one go. */
const ROWS = 10_000;

/** Takes the rows out of the signal's decoded table for which the condition does not hold. Returns how many. */
export async function removeFiltered(
  db: Database,
  signal: Signal,
  shape: SignalShape,
  condition: RowCondition | undefined,
): Promise<number> {
  if (condition === undefined) return 0;
  const table = decodedTable(signal);
  const cells = condition.columns.map((column) => cellOf(column, signal, shape));
  let removed = 0;
  for (let last = -1n; ; ) {
    const rows = await db.rows(
      `SELECT ${['rowid', ...cells].join(', ')} FROM ${table} WHERE rowid > ${last} ORDER BY rowid LIMIT ${ROWS}`,
    );
    const holds = condition.holds((name) => readerOf(rows, condition, name));
    const gone = rows.flatMap(([rowid], row) => (holds(row) ? [] : [rowid]));
    if (gone.length > 0) await db.run(`DELETE FROM ${table} WHERE rowid IN (${gone.join()})`);
    removed += gone.length;
    if (rows.length < ROWS) return removed;
    last = BigInt(String(rows.at(-1)?.[0]));
  }
}

function cellOf({ name, type }: ConditionColumn, signal: Signal, { promote }: SignalShape): string {
  const isOwn = columnsOf(signal).some((column) => column.name === name);
  const promotion = isOwn ? undefined : promote.find(({ as }) => as === name);
  const value = promotion === undefined ? named(name) : castTo(type, promotedText(promotion));
  return type === 'timestamp' ? `epoch_us(${value})` : value;
}

function readerOf(rows: readonly (readonly DuckDBValue[])[], { columns }: RowCondition, name: string): ReadCell {
  const index = columns.findIndex((column) => column.name === name);
  const type = columns[index]?.type;
  const convert = CONVERSIONS[type ?? 'string'] ?? ((value) => value as ReturnType<ReadCell>);
  return (row) => {
    const value = rows[row]?.[index + 1] ?? null;
    return value === null ? null : convert(value);
  };
}

const CONVERSIONS: Partial<Record<ConditionColumn['type'], (value: DuckDBValue) => bigint>> = {
  timestamp: (value) => BigInt(String(value)) * TICKS_PER_MICRO,
  integer: (value) => BigInt(String(value)),
  long: (value) => BigInt(String(value)),
};
