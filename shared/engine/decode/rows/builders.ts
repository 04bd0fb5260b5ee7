import type { Vector } from '../../vectors.ts';
import { grown, setBit, validityOf } from './bitmap.ts';
import { CELL, type Row } from './row.ts';
import { TextBuilder } from './text-builder.ts';

/** Takes the cells of one column, row by row. Rows that it is not given are null. */
export interface Builder {
  /** Room for so many rows. */
  reserve(rows: number): void;
  append(row: Row, cell: number, index: number): void;
  /** Bytes that values take so far beside a fixed size a row. */
  readonly size: number;
  /** The column of so many rows, good until `clear`. */
  take(rows: number): Vector;
  /** No rows, in the same memory. */
  clear(): void;
}

class LongBuilder implements Builder {
  readonly size = 0;
  private values = new Int32Array(0);
  private validity = new Uint8Array(0);

  reserve(rows: number): void {
    this.values = grown(this.values, rows * 2);
    this.validity = grownBits(this.validity, rows);
  }

  append(row: Row, cell: number, index: number): void {
    if (row.kind[cell] !== CELL.long) return;
    setBit(this.validity, index);
    this.values[index * 2] = row.low[cell] as number;
    this.values[index * 2 + 1] = row.high[cell] as number;
  }

  take(rows: number): Vector {
    const values = new BigInt64Array(this.values.buffer, 0, rows);
    return { kind: 'long', validity: validityOf(this.validity, rows), values };
  }

  clear(): void {
    this.validity.fill(0);
  }
}

class RealBuilder implements Builder {
  readonly size = 0;
  private values = new Float64Array(0);
  private validity = new Uint8Array(0);

  reserve(rows: number): void {
    const values = new Float64Array(rows);
    values.set(this.values);
    this.values = values;
    this.validity = grownBits(this.validity, rows);
  }

  append(row: Row, cell: number, index: number): void {
    if (row.kind[cell] !== CELL.real) return;
    setBit(this.validity, index);
    this.values[index] = row.real[cell] as number;
  }

  take(rows: number): Vector {
    return { kind: 'real', validity: validityOf(this.validity, rows), values: this.values.subarray(0, rows) };
  }

  clear(): void {
    this.validity.fill(0);
  }
}

class BooleanBuilder implements Builder {
  readonly size = 0;
  private values = new Uint8Array(0);
  private validity = new Uint8Array(0);

  reserve(rows: number): void {
    this.values = grownBits(this.values, rows);
    this.validity = grownBits(this.validity, rows);
  }

  append(row: Row, cell: number, index: number): void {
    if (row.kind[cell] !== CELL.boolean) return;
    setBit(this.validity, index);
    if (row.real[cell] === 1) setBit(this.values, index);
  }

  take(rows: number): Vector {
    return { kind: 'boolean', validity: validityOf(this.validity, rows), values: this.values };
  }

  clear(): void {
    this.values.fill(0);
    this.validity.fill(0);
  }
}

export const builderOf = (type: string): Builder => {
  if (type === 'real') return new RealBuilder();
  if (type === 'boolean') return new BooleanBuilder();
  return type === 'string' || type === 'dynamic' ? new TextBuilder() : new LongBuilder();
};

function grownBits(old: Uint8Array<ArrayBuffer>, rows: number): Uint8Array<ArrayBuffer> {
  const more = new Uint8Array((rows + 7) >> 3);
  more.set(old);
  return more;
}
