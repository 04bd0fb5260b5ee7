import { grownBits, setBit, validityOf } from '../../bits.ts';
import type { Vector } from '../../vectors.ts';
import { grown } from '../../words.ts';
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

/** What columns of text of a table count together. */
export interface Heavy {
  /** Bytes of long texts, and of many that were written out row by row. */
  bytes: number;
  /** All that were written out, since the table was empty. */
  spelt: number;
}

/** A column of numbers, times or booleans. */
class FixedBuilder implements Builder {
  readonly size = 0;
  /** The kind of cells that it takes. */
  private readonly kind: number;
  private validity = new Uint8Array(0);
  /** Two words of four bytes a row; of booleans none, but a bit. */
  private words = new Int32Array(0);
  private flags = new Uint8Array(0);

  constructor(kind: number) {
    this.kind = kind;
  }

  reserve(rows: number): void {
    this.validity = grownBits(this.validity, rows);
    if (this.kind === CELL.boolean) this.flags = grownBits(this.flags, rows);
    else this.words = grown(this.words, rows * 2);
  }

  append(row: Row, cell: number, index: number): void {
    const { kind } = this;
    if (row.kind[cell] !== kind) return;
    setBit(this.validity, index);
    if (kind === CELL.boolean) {
      if (row.real[cell] === 1) setBit(this.flags, index);
      return;
    }
    this.words[index * 2] = row.words[cell * 2] as number;
    this.words[index * 2 + 1] = row.words[cell * 2 + 1] as number;
  }

  take(rows: number): Vector {
    const { kind } = this;
    const validity = validityOf(this.validity, rows);
    if (kind === CELL.boolean) return { kind: 'boolean', validity, values: this.flags };
    if (kind === CELL.real) return { kind: 'real', validity, values: new Float64Array(this.words.buffer, 0, rows) };
    return { kind: 'long', validity, values: new BigInt64Array(this.words.buffer, 0, rows) };
  }

  clear(): void {
    this.validity.fill(0);
    this.flags.fill(0);
  }
}

export const builderOf = (type: string, heavy: Heavy = { bytes: 0, spelt: 0 }, isPlain = false): Builder => {
  if (type === 'string' || type === 'dynamic') return new TextBuilder(heavy, isPlain);
  return new FixedBuilder(type === 'real' ? CELL.real : type === 'boolean' ? CELL.boolean : CELL.long);
};
