import type { FunctionName, ValueType } from './expression.ts';

/** The functions that a condition may call, of one argument each: what they take and what they give. */
export interface ConditionFunction {
  readonly name: FunctionName;
  readonly takes: readonly ValueType[];
  readonly gives: ValueType;
  /** The contrary is given: `isnotempty`. */
  readonly negated?: boolean;
}

const EVERY: readonly ValueType[] = ['bool', 'long', 'real', 'string', 'datetime', 'timespan', 'dynamic'];
const NUMBERS: readonly ValueType[] = ['long', 'real', 'bool', 'string', 'dynamic'];

const of = (name: FunctionName, takes: readonly ValueType[], gives: ValueType, negated = false): ConditionFunction => ({
  name,
  takes,
  gives,
  negated,
});

/**
 * A text is never null, so `isnull` of one would never hold. Where Kusto's spelling of a value is not certain, it has
 * no `tostring`.
 */
const NULLABLE = EVERY.filter((type) => type !== 'string');

export const FUNCTIONS: ReadonlyMap<string, ConditionFunction> = new Map([
  ['isempty', of('isempty', EVERY, 'bool')],
  ['isnotempty', of('isempty', EVERY, 'bool', true)],
  ['notempty', of('isempty', EVERY, 'bool', true)],
  ['isnull', of('isnull', NULLABLE, 'bool')],
  ['isnotnull', of('isnull', NULLABLE, 'bool', true)],
  ['notnull', of('isnull', NULLABLE, 'bool', true)],
  ['isnan', of('isnan', ['real'], 'bool')],
  ['tolower', of('tolower', ['string', 'dynamic'], 'string')],
  ['toupper', of('toupper', ['string', 'dynamic'], 'string')],
  ['strlen', of('strlen', ['string', 'dynamic'], 'long')],
  ['tostring', of('tostring', ['string', 'dynamic', 'long', 'bool', 'datetime'], 'string')],
  ['toint', of('toint', NUMBERS, 'long')],
  ['tolong', of('tolong', NUMBERS, 'long')],
  ['todouble', of('todouble', NUMBERS, 'real')],
  ['toreal', of('todouble', NUMBERS, 'real')],
  ['tobool', of('tobool', NUMBERS, 'bool')],
  ['toboolean', of('tobool', NUMBERS, 'bool')],
  ['todatetime', of('todatetime', ['datetime', 'string', 'dynamic'], 'datetime')],
  ['totimespan', of('totimespan', ['timespan', 'string', 'dynamic'], 'timespan')],
]);

/** Functions of KQL that depend on when, where or by whom they are asked. */
export const MOMENTS = /^(now|ago|rand|new_guid|ingestion_time|current_\w+|cursor_\w+|extent_\w+|__\w+)$/;
