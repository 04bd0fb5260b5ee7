import type { Vector } from '../vectors.ts';
import { CELL, type Row } from './row.ts';
import { TextBuilder } from './text-builder.ts';
import { bitmap, grown, setBit, Validity } from './validity.ts';

/** Takes the cells of one column, row by row. Rows that it is not given are null. */
export interface Builder {
  append(row: Row, cell: number, index: number): void;
  /** Bytes that the column takes so far, more or less. */
  readonly size: number;
  /** The column of so many rows; the builder is empty again then. */
  take(rows: number): Vector;
}

export class LongBuilder implements Builder {
  private values = new Int32Array(512);
  private readonly validity = new Validity();

  get size(): number {
    return this.validity.count * 8;
  }

  append(row: Row, cell: number, index: number): void {
    if (row.kind[cell] !== CELL.long) return;
    this.validity.set(index);
    if (index * 2 + 1 >= this.values.length) this.values = grown(this.values, index * 2 + 2);
    this.values[index * 2] = row.low[cell] as number;
    this.values[index * 2 + 1] = row.high[cell] as number;
  }

  take(rows: number): Vector {
    const words = grown(this.values, rows * 2);
    this.values = new Int32Array(512);
    return { kind: 'long', validity: this.validity.take(rows), values: new BigInt64Array(words.buffer, 0, rows) };
  }
}

export class RealBuilder implements Builder {
  private values = new Float64Array(256);
  private readonly validity = new Validity();

  get size(): number {
    return this.validity.count * 8;
  }

  append(row: Row, cell: number, index: number): void {
    if (row.kind[cell] !== CELL.real) return;
    this.validity.set(index);
    if (index >= this.values.length) {
      const more = new Float64Array(Math.max(index + 1, this.values.length * 2));
      more.set(this.values);
      this.values = more;
    }
    this.values[index] = row.real[cell] as number;
  }

  take(rows: number): Vector {
    const values = new Float64Array(rows);
    values.set(this.values.subarray(0, rows));
    this.values = new Float64Array(256);
    return { kind: 'real', validity: this.validity.take(rows), values };
  }
}

export class BooleanBuilder implements Builder {
  private values = new Uint8Array(64);
  private readonly validity = new Validity();

  get size(): number {
    return this.validity.count >> 3;
  }

  append(row: Row, cell: number, index: number): void {
    if (row.kind[cell] !== CELL.boolean) return;
    this.validity.set(index);
    if (row.real[cell] === 1) this.values = setBit(this.values, index);
  }

  take(rows: number): Vector {
    const values = bitmap(this.values, rows);
    this.values = new Uint8Array(64);
    return { kind: 'boolean', validity: this.validity.take(rows), values };
  }
}

export const builderOf = (type: string): Builder => {
  if (type === 'real') return new RealBuilder();
  if (type === 'boolean') return new BooleanBuilder();
  return type === 'string' || type === 'dynamic' ? new TextBuilder() : new LongBuilder();
};
