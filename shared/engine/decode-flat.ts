import type { Signal } from '../model.ts';
import type { Column } from '../signals/column.ts';
import { columnsOf } from '../signals/columns.ts';
import { signalTables } from '../signals/tables.ts';
import type { RowConstants } from './continuous-cells.ts';
import { firstOf } from './convert.ts';
import { plainCell } from './plain-cells.ts';
import { named, quote, quoteAll, removal } from './sql.ts';
import type { Step } from './steps.ts';

/** Where flat records name their table. */
export const TYPE_KEYS = ['Type', 'type', 'category', 'Category'] as const;

/**
 * The steps from `doc` to the rows of a signal's flat records (diagnostic settings, data export): keys are the workspace's column names.
 * Same columns as `continuousSteps`; a record is a row.
 */
export function flatSteps(
  signal: Signal,
  layout: 'diagnostics' | 'dataExport',
  constants: RowConstants,
): readonly Step[] {
  const columns = columnsOf(signal);
  const keysOf = (column: Column) =>
    layout === 'diagnostics' && column.type === 'timestamp' ? column.workspace.toReversed() : column.workspace;
  const taken = [...new Set(['Type', ...columns.flatMap((column) => keysOf(column).slice(0, 1))])];
  const read = [...new Set([...taken, ...columns.flatMap(keysOf), ...TYPE_KEYS])];
  const textOf = (key: string) => `_texts[${read.indexOf(key) + 1}]`;
  const stringOf = (column: Column, key: string) =>
    column.type === 'string' ? `as_string(${textOf(key)}, doc, ${quote(`$.${key}`)})` : textOf(key);
  const cells = columns.map((column) =>
    column.as === 'itemType'
      ? plainCell(column, [], constants, signal)
      : plainCell(
          column,
          keysOf(column).map((key) => stringOf(column, key)),
          constants,
          signal,
        ),
  );
  const misfits = cells.flatMap(({ value, text }) =>
    text === undefined ? [] : [`coalesce(misfit(${text}, ${value}), false)`],
  );
  const mine = `lower(${firstOf(TYPE_KEYS.map(textOf))}) = ${quote(signalTables[signal].table.toLowerCase())}`;
  return [
    { add: { _texts: `json_extract_string(doc, ${quoteAll(read.map((key) => `$.${key}`))})` } },
    { add: { _rows: `CASE WHEN ${mine} THEN [0] ELSE [] END` } },
    { add: { _element: 'unnest(_rows)' }, drop: ['_rows'] },
    { add: { _left: `json_merge_patch(doc, ${quote(removal(taken))})::VARCHAR` } },
    { add: { _lost: `len(json_keys(doc)) - len(json_keys(_left)) - list_count(_texts[1:${taken.length}])` } },
    {
      add: {
        _whole: ['CASE WHEN _lost = 0 THEN false ELSE repeats(json_keys(doc)) END', ...misfits].join('\n  OR '),
        ...Object.fromEntries(cells.map(({ column, value }) => [named(column.name), value])),
      },
      drop: ['_lost'],
    },
    {
      add: {
        '"=extra"': `CASE WHEN _whole THEN json(doc)::VARCHAR ELSE nullif(pruned(_left), '{}') END`,
        _bytes: 'strlen(doc)',
        _known: 'false',
        _same: `CASE WHEN "itemId" <> '' THEN md5_number(${quote(`${signal}/0/`)} || "itemId") END`,
      },
    },
  ];
}
