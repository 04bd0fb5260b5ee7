import { CELL, type Row } from '../rows/row.ts';

/** The text of a cell, for the other rows of its record. */
export class KeptCell {
  private record = -1;
  private kind: number = CELL.null;
  private source: Uint8Array = new Uint8Array(0);
  private start = 0;
  private end = 0;

  keep(row: Row, cell: number): void {
    this.record = row.record;
    this.kind = row.kind[cell] as number;
    this.source = row.source[cell] as Uint8Array;
    this.start = row.start[cell] as number;
    this.end = row.end[cell] as number;
  }

  /** False: it was kept of another record. */
  putBack(row: Row, cell: number): boolean {
    if (this.record !== row.record) return false;
    if (this.kind === CELL.text) row.setText(cell, this.source, this.start, this.end);
    return true;
  }
}
