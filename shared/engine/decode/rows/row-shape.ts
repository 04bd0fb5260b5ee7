import type { Layout, Signal } from '../../../model.ts';
import { columnsOf } from '../../../signals/columns-of.ts';
import type { Row } from './row.ts';
import type { TableColumn } from './table.ts';

/** What the settings make of the rows of one signal and layout, between decoding and appending. */
export interface RowShape {
  /** Cells that a row has behind those of the signal's columns, for what the shape adds. */
  readonly cells: number;
  /** The columns of the files, in order, and the cell that each is made of. */
  readonly columns: readonly TableColumn[];
  /**
   * Sees each row as it was decoded, once it is known to be no repetition. May change its cells and fill its own; texts
   * that it sets must stay as they are until its next call. False: the row stays out of the lake.
   */
  keep(row: Row): boolean;
  /** Whether an unknown field, by the keys that lead to it, must not be told of. */
  hides(path: readonly string[]): boolean;
}

export type RowShapes = (signal: Signal, layout: Layout) => RowShape;

/** Rows as they are. */
export const asDecoded: RowShapes = (signal) => ({
  cells: 0,
  columns: columnsOf(signal).map(({ name, type }, cell) => ({ name, type, cell })),
  keep: () => true,
  hides: () => false,
});
