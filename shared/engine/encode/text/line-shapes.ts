import type { Format } from '../../../model.ts';
import { columnsOf } from '../../../signals/columns-of.ts';
import type { Row } from '../../decode/rows/row.ts';
import type { RowShapes } from '../../decode/rows/row-shape.ts';
import { Sink } from '../../sink.ts';
import { csv, json, lineWriter } from './line.ts';

/** Memory that one long line needed is not kept for the next ones. */
const MOST_KEPT = 16 * 1024 * 1024;

/** The one column of files that are made of lines. */
export const LINE = { name: 'line', type: 'string' } as const;

/** Rows whose one column is the line that they become. */
export function lineShapes(shapes: RowShapes, format: Exclude<Format, 'parquet'>): RowShapes {
  return (signal, layout) => {
    const shape = shapes(signal, layout);
    const cell = columnsOf(signal).length + shape.cells;
    const put = lineWriter(shape.columns, format === 'csv' ? csv : json);
    let sink = new Sink();
    return {
      cells: shape.cells + 1,
      columns: [{ ...LINE, cell, isPlain: true }],
      keep(row: Row) {
        if (!shape.keep(row)) return false;
        if (sink.bytes.length > MOST_KEPT) sink = new Sink();
        sink.length = 0;
        put(sink, row);
        row.setText(cell, sink.bytes, 0, sink.length);
        return true;
      },
      hides: shape.hides,
    };
  };
}
