import type { Signal } from '../model.ts';
import type { Column } from '../signals/column.ts';
import { signalTables } from '../signals/tables.ts';
import { type Cell, constantOf, type RowConstants } from './continuous-cells.ts';
import { castTo, firstOf } from './convert.ts';
import { quote } from './sql.ts';

/**
 * The value of a column where values need no more than a cast: flat records and query answers. `texts`: SQL of the texts that may hold it,
 * the first that is not empty counts.
 */
export function plainCell(column: Column, texts: readonly string[], constants: RowConstants, signal: Signal): Cell {
  const { as, type } = column;
  const text = firstOf(texts);
  const exact = (value: string): Cell => ({ column, value, text: undefined });
  if (as === 'itemType')
    return exact(texts.length === 0 ? quote(signalTables[signal].itemType) : itemTypeOf(text, signal));
  if (texts.length === 0) return exact(constantOf(column, constants, signal));
  if (as === 'severity') return { column, value: `as_severity(${text})`, text };
  if (type === 'string') return exact(text);
  return { column, value: castTo(type, text), text: type === 'dynamic' ? undefined : text };
}

/** The workspace names its table where the query names the kind. */
function itemTypeOf(text: string, signal: Signal): string {
  const { table, itemType } = signalTables[signal];
  return `CASE WHEN coalesce(lower(${text}), '') IN ('', ${quote(table.toLowerCase())}) THEN ${quote(itemType)} ELSE ${text} END`;
}
