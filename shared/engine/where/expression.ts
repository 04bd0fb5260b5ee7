import type { ColumnType } from '../../signals/column.ts';

/** How a value is typed within a condition. `integer` columns are `long`, too: comparing them knows no difference. */
export type ValueType = 'bool' | 'long' | 'real' | 'string' | 'datetime' | 'timespan' | 'dynamic';

/**
 * A value as conditions see it. `long`: a bigint. `datetime` and `timespan`: a bigint in ticks of 100 ns, the first
 * since 1970-01-01T00:00:00Z. `dynamic`: what JSON.parse makes of it, large integers as bigint. Null stands for a
 * missing value; a `string` is never null (as in KQL): what is missing is ''.
 */
export type Value = string | bigint | number | boolean | null | object;

/**
 * A condition or a part of one: plain data, so that it can be handed to another process. What is called has arguments
 * of the types that it takes: whoever makes the tree has checked that.
 */
export type Expression =
  | { readonly kind: 'constant'; readonly type: ValueType; readonly value: Value }
  | { readonly kind: 'column'; readonly type: ValueType; readonly name: string }
  /** Of a dynamic column; numbers are places in an array, negative ones from its end. No path: the column itself. */
  | {
      readonly kind: 'member';
      readonly type: 'dynamic';
      readonly name: string;
      readonly path: readonly (string | number)[];
    }
  /** An operator or a function, by its name in KQL. */
  | { readonly kind: 'call'; readonly type: ValueType; readonly name: string; readonly of: readonly Expression[] };

/** A column that a condition may name. */
export interface ConditionColumn {
  readonly name: string;
  readonly type: ColumnType;
}

const TYPES: Readonly<Record<ColumnType, ValueType>> = {
  timestamp: 'datetime',
  string: 'string',
  integer: 'long',
  long: 'long',
  real: 'real',
  boolean: 'bool',
  dynamic: 'dynamic',
};

export const valueTypeOf = ({ type }: ConditionColumn): ValueType => TYPES[type];
