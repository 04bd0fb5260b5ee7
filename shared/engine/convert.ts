import type { Column, ColumnType } from '../signals/column.ts';

/** The macro that casts text to a column type. */
export const CASTS: Readonly<Record<ColumnType, string>> = {
  timestamp: 'as_timestamp',
  string: '',
  integer: 'as_integer',
  long: 'as_long',
  real: 'as_real',
  boolean: 'as_boolean',
  dynamic: 'as_dynamic',
};

/** The type of a column in DuckDB and so in Parquet; dynamic columns are text, which every reader copes with. */
export const DUCKDB_TYPES: Readonly<Record<ColumnType, string>> = {
  timestamp: 'TIMESTAMPTZ',
  string: 'VARCHAR',
  integer: 'INTEGER',
  long: 'BIGINT',
  real: 'DOUBLE',
  boolean: 'BOOLEAN',
  dynamic: 'VARCHAR',
};

/** Text to the column's type; what does not fit becomes NULL. */
export const castTo = (type: ColumnType, text: string): string =>
  CASTS[type] === '' ? text : `${CASTS[type]}(${text})`;

/** The value of a column as SQL, and the text that it was made of (to tell a missing value from one that did not fit). */
export interface Cell {
  readonly column: Column;
  readonly value: string;
  /** Undefined where every text fits. */
  readonly text: string | undefined;
}

/** Of several texts the first that is not empty. */
export function firstOf(texts: readonly string[]): string {
  const first = texts[0] ?? 'NULL';
  return texts.length < 2 ? first : `coalesce(${texts.map((text) => `nullif(${text}, '')`).join(', ')}, ${first})`;
}
