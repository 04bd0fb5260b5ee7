import { Row } from '../../../shared/engine/decode/rows/row.ts';
import { lineWriter, type Spelling } from '../../../shared/engine/encode/text/line.ts';
import { LINE } from '../../../shared/engine/encode/text/line-shapes.ts';
import { Sink } from '../../../shared/engine/sink.ts';
import type { Rows } from '../../../shared/engine/vectors.ts';
import { type Cell, rowsOf, type Typed } from './rows.ts';

/** What these rows become in a file of lines. Their texts stand between others, as in a record. */
export function linesOf(columns: readonly Typed[], rows: readonly (readonly Cell[])[], spelling: Spelling): string {
  const put = lineWriter(
    columns.map((column, cell) => ({ ...column, cell })),
    spelling,
  );
  const [sink, row] = [new Sink(1), new Row(columns.length)];
  for (const cells of rows) {
    row.clear();
    const record = Buffer.from(`"${cells.filter((cell) => typeof cell === 'string').join('"')}"`);
    let at = 1;
    for (const [index, cell] of cells.entries()) {
      if (typeof cell === 'bigint') row.setBig(index, cell);
      else if (typeof cell === 'number') row.setReal(index, cell);
      else if (typeof cell === 'boolean') row.setBoolean(index, cell);
      else if (cell !== null) {
        row.setText(index, record, at, at + Buffer.byteLength(cell));
        at += Buffer.byteLength(cell) + 1;
      }
    }
    put(sink, row);
  }
  return Buffer.from(sink.written()).toString();
}

/** Lines as the encoder gets them. */
export const lineRows = (...lines: readonly string[]): Rows =>
  rowsOf(
    [LINE],
    lines.map((line) => [line]),
  );
