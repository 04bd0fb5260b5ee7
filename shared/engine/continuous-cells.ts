import type { Signal } from '../model.ts';
import type { Column } from '../signals/column.ts';
import { signalTables } from '../signals/tables.ts';
import { type ContinuousPaths, isMetric, isRoot } from './continuous-paths.ts';
import { castTo, DUCKDB_TYPES, firstOf } from './convert.ts';
import { jsonPath, quote } from './sql.ts';

/** What the rows of a chunk have in common. */
export interface RowConstants {
  readonly exportWindow: string;
  /** The halves of the export's folder name; undefined where a chunk comes from several folders. */
  readonly folderKey: string | undefined;
  readonly folderApp: string | undefined;
}

/** The value of a column as SQL, and the text that it is made of; undefined where every text fits. */
export interface Cell {
  readonly column: Column;
  readonly value: string;
  readonly text: string | undefined;
}

/** The value of a column of a classic record, from what was read of it, `_doc` and `_own`. */
export function continuousCell(column: Column, paths: ContinuousPaths, constants: RowConstants, signal: Signal): Cell {
  const { as, type, continuous } = column;
  const textAt = (path: string) => (isRoot(path) ? paths.root : paths.element).fields.textOf(path);
  const exact = (value: string): Cell => ({ column, value, text: undefined });
  const metric = continuous[0];
  if (metric === undefined) return exact(constantOf(column, constants, signal));
  if (as === 'dimensions') return exact('as_dimensions(_dimensions, _dimensionKeys)');
  if (as === 'measurements') return exact('as_measurements(_metrics, _metricKeys)');
  // Made of the duration, when that is there.
  if (as === 'bucket') return exact('NULL::VARCHAR');
  const text = isMetric(column) ? textAt(`${metric}.value`) : firstOf(continuous.map(textAt));
  if (as === 'items') {
    const [count = 'NULL', rate = 'NULL'] = continuous.map(textAt);
    return { column, value: `as_items(${count}, ${rate})`, text: count };
  }
  if (isMetric(column)) return { column, value: `as_${as}(${text}, ${textAt(`${metric}.count`)})`, text };
  if (as === 'severity' || as === 'passed') return { column, value: `as_${as}(${text})`, text };
  if (type === 'dynamic') return exact(text);
  if (type !== 'string') return { column, value: castTo(type, text), text };
  return exact(
    firstOf(
      continuous.map((path) => `as_string(${textAt(path)}, ${isRoot(path) ? 'doc' : '_el'}, ${quote(jsonPath(path))})`),
    ),
  );
}

/** Columns that no path leads to. */
export function constantOf({ as, type }: Column, constants: RowConstants, signal: Signal): string {
  const texts: Partial<Record<Column['as'], string | undefined>> = {
    itemType: signalTables[signal].itemType,
    folderKey: constants.folderKey,
    folderApp: constants.folderApp,
    exportWindow: constants.exportWindow,
  };
  const text = texts[as];
  return text === undefined ? `NULL::${DUCKDB_TYPES[type]}` : quote(text);
}
