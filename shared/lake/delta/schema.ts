import type { ColumnType } from '../../signals/column.ts';

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
}

interface Field {
  readonly name: string;
  readonly type: unknown;
  readonly nullable: boolean;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Whole numbers are long from the start: a table whose int becomes a long fails in several readers. */
const types: Readonly<Record<ColumnType, string>> = {
  timestamp: 'timestamp',
  string: 'string',
  dynamic: 'string',
  integer: 'long',
  long: 'long',
  real: 'double',
  boolean: 'boolean',
};

/** Folders of the table. They stand in the schema and not in the files. */
export const partitionColumns = ['app', 'date'] as const;

const fieldOf = (name: string, type: string): Field => ({ name, type, nullable: true, metadata: {} });

/** The schema of a table whose files have these columns. */
export function schemaString(columns: readonly TableColumn[]): string {
  const fields = [
    fieldOf('app', 'string'),
    fieldOf('date', 'date'),
    ...columns.map(({ name, type }) => fieldOf(name, types[type])),
  ];
  return JSON.stringify({ type: 'struct', fields });
}

/**
 * The schema that holds what the table has and these columns: undefined when it holds them already. Columns of other
 * hands stay, and so do columns that the settings no longer make. Throws where a column has another type: a rename or
 * another table is needed then.
 */
export function widenedSchema(known: string, columns: readonly TableColumn[]): string | undefined {
  const schema = JSON.parse(known) as { readonly type: string; readonly fields: readonly Field[] };
  const byName = new Map(schema.fields.map((field) => [field.name.toLowerCase(), field]));
  const added: Field[] = [];
  for (const { name, type } of columns) {
    const field = byName.get(name.toLowerCase());
    if (field === undefined) added.push(fieldOf(name, types[type]));
    else if (field.name !== name || field.type !== types[type])
      throw new Error(
        `column ${name} (${types[type]}) is ${field.name} (${JSON.stringify(field.type)}) in the table; ` +
          'rename it in the shape, or write into another lake',
      );
  }
  return added.length === 0 ? undefined : JSON.stringify({ ...schema, fields: [...schema.fields, ...added] });
}
