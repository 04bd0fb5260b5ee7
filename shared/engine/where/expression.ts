import type { ColumnType } from '../../signals/column.ts';

/**
 * How a value is typed within a condition. `integer` and `long` columns are both `long`; comparing them knows no
 * difference.
 */
export type ValueType = 'bool' | 'long' | 'real' | 'string' | 'datetime' | 'timespan' | 'dynamic';

/**
 * A value as conditions see it. `long`: a bigint. `datetime` and `timespan`: a bigint in ticks of 100 ns, the first
 * since 1970-01-01T00:00:00Z. `dynamic`: what JSON.parse makes of it, large integers as bigint. Null stands for a
 * missing value; a `string` is never null (as in KQL): what is missing is ''.
 */
export type Value = string | bigint | number | boolean | null | JsonObject | readonly JsonValue[];

export type JsonValue = Value;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** Operators of two texts; those that ignore case do so for the letters A to Z, as KQL does. */
export type TextOperator = '=~' | 'has' | 'hasprefix' | 'hassuffix' | 'contains' | 'startswith' | 'endswith';

/**
 * A condition or a part of one: plain data, so that it can be handed to another thread. The operands of a node have the
 * types that the node asks for: whoever makes the tree has checked that.
 */
export type Expression =
  | { readonly kind: 'constant'; readonly type: ValueType; readonly value: Value }
  | { readonly kind: 'column'; readonly type: ValueType; readonly name: string }
  /** A member of a dynamic column; numbers are places in an array, negative ones from its end. */
  | {
      readonly kind: 'member';
      readonly type: 'dynamic';
      readonly name: string;
      readonly path: readonly (string | number)[];
    }
  | { readonly kind: 'call'; readonly type: ValueType; readonly name: FunctionName; readonly of: Expression }
  | { readonly kind: 'not'; readonly type: 'bool'; readonly of: Expression }
  | { readonly kind: 'and' | 'or'; readonly type: 'bool'; readonly left: Expression; readonly right: Expression }
  /** Of datetime and timespan. */
  | {
      readonly kind: 'plus' | 'minus';
      readonly type: 'datetime' | 'timespan';
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'compare';
      readonly type: 'bool';
      readonly operator: Comparison;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'text';
      readonly type: 'bool';
      readonly operator: TextOperator;
      readonly sensitive: boolean;
      readonly left: Expression;
      readonly right: string;
    }
  | { readonly kind: 'matches'; readonly type: 'bool'; readonly left: Expression; readonly pattern: string }
  /** Equals one of the constants; of texts also without regard to case. */
  | {
      readonly kind: 'in';
      readonly type: 'bool';
      readonly left: Expression;
      readonly list: readonly Value[];
      readonly sensitive: boolean;
    };

export type FunctionName =
  | 'isempty'
  | 'isnull'
  | 'isnan'
  | 'tolower'
  | 'toupper'
  | 'strlen'
  | 'tostring'
  | 'toint'
  | 'tolong'
  | 'todouble'
  | 'tobool'
  | 'todatetime'
  | 'totimespan';

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
