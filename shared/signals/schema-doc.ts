import type { Column, Conversion } from './column.ts';
import { SCHEMA_VERSION } from './columns-of.ts';
import { commonColumns, lastColumns, timeColumn } from './common-columns.ts';
import { counterNames } from './counters.ts';
import { type SignalTable, signalTables } from './tables.ts';

const TYPES: Readonly<Record<Column['type'], string>> = {
  timestamp: 'timestamp',
  string: 'string',
  integer: 'int64',
  long: 'int64',
  real: 'double',
  boolean: 'boolean',
  dynamic: 'JSON',
};

/** What happens to a classic value on its way into the column, where that is more than a cast. */
const CONVERSIONS: Partial<Record<Conversion, string>> = {
  ticks: 'value / count, ticks → ms',
  share: 'value / count',
  items: 'a rate as 100 / rate',
  bucket: 'class of the duration',
  severity: 'word → number',
  passed: 'Pass → true',
  dimensions: 'merged, last value of a key',
  measurements: 'merged, value / count',
};

const HEAD = '| column | type | workspace name | classic record | note |\n|---|---|---|---|---|\n';

function row(column: Column): string {
  const { name, type, workspace, continuous, as, note } = column;
  const code = (texts: readonly string[]) => texts.map((text) => `\`${text}\``).join(', else ');
  const conversion = CONVERSIONS[as] === undefined ? '' : ` (${CONVERSIONS[as]})`;
  const classic = continuous.length === 0 ? '' : `${code(continuous)}${conversion}`;
  return `| ${name} | ${TYPES[type]} | ${code(workspace)} | ${classic} | ${note} |\n`;
}

function section({ signal, table, element, own, lacks }: SignalTable): string {
  const without = lacks.length === 0 ? '' : ` Without ${lacks.join(' and ')}.`;
  const from = `Workspace table ${table}; in the classic record under \`${element}\`.${without}`;
  return `\n## ${signal}\n${from}\n\n${HEAD}${own.map(row).join('')}`;
}

/** docs/schema.md, as it follows from the column tables. */
export function schemaDoc(): string {
  const common = [timeColumn, ...commonColumns, ...lastColumns].map(row).join('');
  const counters = Object.entries(counterNames).map(([key, name]) => `\`${key}\` → ${name}`);
  return `# Schema, version ${SCHEMA_VERSION}
Made from the column tables in shared/signals by \`schemaDoc()\`; a test holds the two together. The columns of a file
are: timestamp, the signal's own, the common ones, \`extra\` and \`exportWindow\`, whatever source the rows came from.

- **Types** as in Parquet: timestamp is UTC with microseconds, JSON is text (in NDJSON a JSON value). Nothing is
  required; what is missing is null.
- **Names** are those of the query tables. Query answers are matched by them, or by the workspace name; exactly, else in
  any case.
- **Paths** of the classic record count from the element where they do not start with \`context.\` or \`internal.\`;
  \`#\` marks what is made from the record's structure. Of several the first that is not empty counts.
- **A row** is an element of a classic record; of exceptions a representative with its chain; of metrics a named value;
  of counters a key.
- **Once** is once per window of its source: a record that the service delivered into the folders of two hours is there
  twice, with one itemId.
- **Nothing is lost**: what has no column is in \`extra\`, nested as it was. Where a value did not fit its column, a key
  stood twice, or something else stood where an object was expected, \`extra\` holds the record whole. Empty objects,
  arrays and nulls may be missing. Half of a surrogate pair, which no file can hold, is U+FFFD.
- **Settings** may drop, hash, rename and add columns, and take fields out of \`extra\` (settings.md, Shaping).
- **File metadata** (Parquet): insights_lake_schema, _signal, _app, _source, _window; _shape where settings shaped the
  columns.

## All signals

${HEAD}${common}${Object.values(signalTables).map(section).join('')}
Names of counters: ${counters.join(', ')}; any other key is the counter's name.
`;
}
