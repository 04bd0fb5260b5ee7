import type { Vector } from '../vectors.ts';
import type { Builder } from './builders.ts';
import { CELL, type Row } from './row.ts';
import { grown, Validity } from './validity.ts';

/** Below so many bytes a loop copies faster than `set` does. */
const SHORT = 40;
/**
 * A column is looked at when it has so many rows: it stays a dictionary while at most a quarter of them are new values.
 */
const LOOK = 128;
const MOST_ENTRIES = 4 * 1024;
/** Looking for a value among others ends after so many: where values are made to collide, the column is plain text. */
const MOST_PROBES = 24;
const LONGEST_ENTRY = 4096;

/**
 * A column of texts. It begins as a dictionary, whose best case is the value of the row before, and becomes plain text
 * where values are mostly new ones; then it is plain from its first row in the next take, too.
 */
export class TextBuilder implements Builder {
  private readonly validity = new Validity();
  /** Entries of the dictionary; rows of plain text. Bytes are theirs, one after the other. */
  private entries = 0;
  private offsets = new Int32Array(256);
  private bytes = new Uint8Array(4096);
  private length = 0;
  private indices = new Int32Array(256);
  private table = new Int32Array(1024);
  private last = -1;
  private plain = false;

  get size(): number {
    return this.length + this.entries * 4 + this.validity.count * 4;
  }

  append(row: Row, cell: number, index: number): void {
    if (row.kind[cell] !== CELL.text) return;
    const source = row.source[cell] as Uint8Array;
    const start = row.start[cell] as number;
    const length = (row.end[cell] as number) - start;
    if (this.plain) {
      this.pass(index);
      this.put(source, start, length);
    } else {
      if (index >= this.indices.length) this.indices = grown(this.indices, index + 1);
      const entry = this.entryOf(source, start, length);
      if (entry < 0) {
        this.validity.set(index);
        this.indices[index] = this.entries;
        this.put(source, start, length);
        this.turnPlain(index + 1);
        return;
      }
      this.indices[index] = entry;
    }
    this.validity.set(index);
  }

  /** The entry of a value, made where there is none; -1: this column is no dictionary. */
  private entryOf(source: Uint8Array, start: number, length: number): number {
    const { last } = this;
    if (last >= 0 && this.equals(last, source, start, length)) return last;
    if (length > LONGEST_ENTRY) return -1;
    const { table } = this;
    let at = hashOf(source, start, length) & (table.length - 1);
    for (let probe = 0; probe < MOST_PROBES; probe++) {
      const entry = (table[at] as number) - 1;
      if (entry < 0) {
        if (this.entries >= MOST_ENTRIES || (this.entries >= LOOK && this.entries * 4 > this.validity.count)) return -1;
        this.put(source, start, length);
        table[at] = this.entries;
        this.last = this.entries - 1;
        if (this.entries * 2 > table.length) this.growTable();
        return this.last;
      }
      if (this.equals(entry, source, start, length)) {
        this.last = entry;
        return entry;
      }
      at = (at + 1) & (table.length - 1);
    }
    return -1;
  }

  private equals(entry: number, source: Uint8Array, start: number, length: number): boolean {
    const from = this.offsets[entry] as number;
    if ((this.offsets[entry + 1] as number) - from !== length) return false;
    const { bytes } = this;
    for (let index = 0; index < length; index++) if (bytes[from + index] !== source[start + index]) return false;
    return true;
  }

  private put(source: Uint8Array, start: number, length: number): void {
    if (this.length + length > this.bytes.length) {
      const more = new Uint8Array(Math.max(this.length + length, this.bytes.length * 2));
      more.set(this.bytes.subarray(0, this.length));
      this.bytes = more;
    }
    const { bytes } = this;
    let at = this.length;
    if (length > SHORT) bytes.set(source.subarray(start, start + length), at);
    else for (let from = start; from < start + length; from++) bytes[at++] = source[from] as number;
    this.length += length;
    if (++this.entries >= this.offsets.length) this.offsets = grown(this.offsets, this.entries + 1);
    this.offsets[this.entries] = this.length;
  }

  /** Rows of plain text up to this one that are null. */
  private pass(index: number): void {
    if (index >= this.offsets.length) this.offsets = grown(this.offsets, index + 1);
    while (this.entries < index) this.offsets[++this.entries] = this.length;
  }

  private growTable(): void {
    const table = new Int32Array(this.table.length * 4);
    for (let entry = 0; entry < this.entries; entry++) {
      const start = this.offsets[entry] as number;
      let at = hashOf(this.bytes, start, (this.offsets[entry + 1] as number) - start) & (table.length - 1);
      while (table[at] !== 0) at = (at + 1) & (table.length - 1);
      table[at] = entry + 1;
    }
    this.table = table;
  }

  /** Writes the entries out row by row. */
  private turnPlain(rows: number): void {
    const { bytes: old, offsets: starts, indices } = this;
    const bits = this.validity;
    this.bytes = new Uint8Array(Math.max(old.length, 4096));
    this.offsets = new Int32Array(Math.max(rows + 1, 256));
    this.length = 0;
    this.entries = 0;
    this.plain = true;
    for (let row = 0; row < rows; row++) {
      if (!bits.has(row)) continue;
      this.pass(row);
      const entry = indices[row] as number;
      this.put(old, starts[entry] as number, (starts[entry + 1] as number) - (starts[entry] as number));
    }
  }

  take(rows: number): Vector {
    const { plain } = this;
    if (plain) this.pass(rows);
    // A dictionary is never empty: of rows that are all null it has one entry that nobody points to.
    else if (this.entries === 0) this.put(this.bytes, 0, 0);
    const offsets = this.offsets.slice(0, this.entries + 1);
    const bytes = this.bytes.subarray(0, this.length);
    const text = { offsets, bytes, validity: this.validity.take(rows) };
    const vector: Vector = plain
      ? { kind: 'text', ...text }
      : { kind: 'dictionary', ...text, indices: grown(this.indices, rows).slice(0, rows) };
    this.bytes = new Uint8Array(Math.min(Math.max(this.length, 4096), 1024 * 1024));
    this.offsets = new Int32Array(256);
    this.indices = new Int32Array(256);
    this.table = new Int32Array(1024);
    this.entries = 0;
    this.length = 0;
    this.last = -1;
    return vector;
  }
}

/** FNV-1a over the ends of the value, and its length. */
function hashOf(bytes: Uint8Array, start: number, length: number): number {
  let hash = 0x811c9dc5 ^ length;
  const head = length > 32 ? 16 : length;
  for (let index = start; index < start + head; index++) hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193);
  if (length > 32)
    for (let index = start + length - 16; index < start + length; index++)
      hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193);
  return hash ^ (hash >>> 15);
}
