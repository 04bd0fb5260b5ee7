import type { Signal } from '../model.ts';
import type { Column } from './column.ts';
import { commonColumns, lastColumns, timeColumn } from './common-columns.ts';
import { signalTables } from './tables.ts';

/** Rises with every change of names, types or meaning of columns; stands in the files' metadata. */
export const SCHEMA_VERSION = 2;

/** The columns of a signal's files, in order. */
export function columnsOf(signal: Signal): readonly Column[] {
  const { own, lacks } = signalTables[signal];
  return [timeColumn, ...own, ...commonColumns.filter(({ name }) => !lacks.includes(name)), ...lastColumns];
}
