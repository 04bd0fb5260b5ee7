import type { Millis, Signal } from '../../model.ts';
import type { ColumnType } from '../../signals/column.ts';
import type { Rows } from '../vectors.ts';
import { type Builder, builderOf } from './builders.ts';
import type { Row } from './row.ts';

/** Rows of one signal and partition, in the order of its files' columns. */
export interface RowGroup {
  readonly signal: Signal;
  readonly partition: Millis;
  readonly rows: Rows;
  /** Bytes of the records that the rows came from. */
  readonly raw: number;
}

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** The cell that it is made of. */
  readonly cell: number;
}

/** Columns in the making. */
export class Table {
  readonly signal: Signal;
  readonly partition: Millis;
  count = 0;
  raw = 0;
  private readonly cells: Int32Array;
  private readonly builders: readonly Builder[];

  constructor(signal: Signal, partition: Millis, columns: readonly TableColumn[]) {
    this.signal = signal;
    this.partition = partition;
    this.cells = Int32Array.from(columns, ({ cell }) => cell);
    this.builders = columns.map(({ type }) => builderOf(type));
  }

  append(row: Row, raw: number): void {
    const { builders, cells, count } = this;
    for (let index = 0; index < builders.length; index++) {
      const cell = cells[index] as number;
      if (row.kind[cell] !== 0) (builders[index] as Builder).append(row, cell, count);
    }
    this.count = count + 1;
    this.raw += raw;
  }

  get size(): number {
    return this.builders.reduce((sum, { size }) => sum + size, 0);
  }

  take(): RowGroup {
    const { signal, partition, count, raw } = this;
    const rows = { count, vectors: this.builders.map((builder) => builder.take(count)) };
    this.count = 0;
    this.raw = 0;
    return { signal, partition, rows, raw };
  }
}
