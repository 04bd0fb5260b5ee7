import { compileCondition, type ReadCell } from '../../../shared/engine/where/compile.ts';
import type { ConditionColumn } from '../../../shared/engine/where/expression.ts';
import { parseCondition } from '../../../shared/engine/where/parse.ts';
import { datetimeOf } from '../../../shared/engine/where/times.ts';

/** The columns that the tables of these tests ask about: one of every type. */
export const columns: readonly ConditionColumn[] = [
  { name: 'timestamp', type: 'timestamp' },
  { name: 'name', type: 'string' },
  { name: 'user_Id', type: 'string' },
  { name: 'success', type: 'boolean' },
  { name: 'duration', type: 'real' },
  { name: 'itemCount', type: 'integer' },
  { name: 'big', type: 'long' },
  { name: 'customDimensions', type: 'dynamic' },
  { name: 'where', type: 'string' },
];

export type Row = Readonly<Record<string, string | number | boolean | bigint | null>>;

/** Times are given as text, whole numbers as numbers. */
function cell(row: Row, name: string): ReturnType<ReadCell<Row>> {
  const value = row[name] ?? null;
  const type = columns.find((column) => column.name === name)?.type;
  if (type === 'timestamp') return value === null ? null : (datetimeOf(String(value)) ?? null);
  return (type === 'integer' || type === 'long') && value !== null ? BigInt(value) : value;
}

/** Whether a row stays. */
export function holds(condition: string, row: Row): boolean {
  const parsed = parseCondition(condition, columns);
  if ('fault' in parsed) throw new Error(`${condition}: ${parsed.fault}`);
  const readers = new Map(columns.map(({ name }): [string, ReadCell<Row>] => [name, (from) => cell(from, name)]));
  return compileCondition<Row>(structuredClone(parsed.expression), (name) => readers.get(name) ?? (() => null))(row);
}
