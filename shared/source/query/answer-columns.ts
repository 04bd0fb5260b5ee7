import type { AnswerColumn } from '../../model.ts';

/** Kusto types by their other names: aliases, and the .NET types of old answers. */
const TYPES: Readonly<Record<string, string>> = {
  boolean: 'bool',
  sbyte: 'bool',
  date: 'datetime',
  object: 'dynamic',
  int32: 'int',
  int64: 'long',
  double: 'real',
  single: 'real',
  uuid: 'guid',
  uniqueid: 'guid',
  sqldecimal: 'decimal',
  time: 'timespan',
};

/**
 * `columns` of a table: `{name, type}`, in old answers `{columnName, dataType, columnType}` (a .NET and a Kusto type),
 * in any case.
 */
export function answerColumns(columns: unknown): readonly AnswerColumn[] {
  if (!Array.isArray(columns)) throw new RangeError('columns that are no list');
  return columns.map((column: unknown) => {
    if (typeof column !== 'object' || column === null) throw new RangeError('a column that is no object');
    const fields = new Map(Object.entries(column).map(([key, value]) => [key.toLowerCase(), String(value)]));
    const name = fields.get('name') ?? fields.get('columnname');
    if (name === undefined) throw new RangeError('a column without a name');
    const type = (fields.get('type') ?? fields.get('columntype') ?? fields.get('datatype') ?? 'string').toLowerCase();
    const short = type.replace(/^system\.(data\.sqltypes\.)?/, '');
    return { name, type: TYPES[short] ?? short };
  });
}
