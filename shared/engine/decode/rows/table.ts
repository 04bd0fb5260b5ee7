import type { Millis, Signal } from '../../../model.ts';
import type { ColumnType } from '../../../signals/column.ts';
import type { Rows } from '../../vectors.ts';
import { type Builder, builderOf, type Heavy } from './builders.ts';
import { CELL, type Row } from './row.ts';
import { TextBuilder } from './text-builder.ts';

/**
 * Rows of one signal and partition, in the order of its files' columns. Their memory is used again: they are good until
 * the next ones are asked for.
 */
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
  /** Texts of which none is like another: they get no dictionary. */
  readonly isPlain?: boolean;
}

/** Columns in the making. */
export class Table {
  readonly signal: Signal;
  readonly partition: Millis;
  count = 0;
  raw = 0;
  /** Its bytes are those since somebody looked. */
  readonly heavy: Heavy = { bytes: 0, spelt: 0 };
  /** Rows that the builders have memory for. */
  private room = 0;
  private readonly builders: readonly Builder[];
  /** Most columns hold text: they come in a loop of their own, where it is known what is called. */
  private readonly texts: readonly TextBuilder[];
  private readonly textCells: Int32Array;
  private readonly others: readonly Builder[];
  private readonly otherCells: Int32Array;

  constructor(signal: Signal, partition: Millis, columns: readonly TableColumn[]) {
    this.signal = signal;
    this.partition = partition;
    this.builders = columns.map(({ type, isPlain }) => builderOf(type, this.heavy, isPlain));
    const isText = (_: unknown, index: number) => this.builders[index] instanceof TextBuilder;
    this.texts = this.builders.filter((builder) => builder instanceof TextBuilder);
    this.textCells = Int32Array.from(columns.filter(isText), ({ cell }) => cell);
    this.others = this.builders.filter((builder) => !(builder instanceof TextBuilder));
    this.otherCells = Int32Array.from(
      columns.filter((column, index) => !isText(column, index)),
      ({ cell }) => cell,
    );
  }

  append(row: Row, raw: number): void {
    const { texts, textCells, others, otherCells, count } = this;
    if (count === 0) this.clear();
    if (count === this.room) this.makeRoom();
    for (let index = 0; index < texts.length; index++) {
      const cell = textCells[index] as number;
      if (row.kind[cell] === CELL.text) (texts[index] as TextBuilder).append(row, cell, count);
    }
    for (let index = 0; index < others.length; index++) {
      const cell = otherCells[index] as number;
      if (row.kind[cell] !== CELL.null) (others[index] as Builder).append(row, cell, count);
    }
    this.count = count + 1;
    this.raw += raw;
  }

  private clear(): void {
    this.heavy.spelt = 0;
    for (const builder of this.builders) builder.clear();
  }

  private makeRoom(): void {
    this.room = Math.max(64, this.room * 2);
    for (const builder of this.builders) builder.reserve(this.room);
  }

  /** Bytes that it takes, more or less. */
  get size(): number {
    return this.builders.reduce((sum, { size }) => sum + size, this.count * this.builders.length * 5);
  }

  take(): RowGroup {
    const { signal, partition, count, raw } = this;
    const rows = { count, vectors: this.builders.map((builder) => builder.take(count)) };
    this.count = 0;
    this.raw = 0;
    return { signal, partition, rows, raw };
  }
}
