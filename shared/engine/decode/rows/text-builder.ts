import { validOf } from '../../bits.ts';
import { Sink } from '../../sink.ts';
import type { Vector } from '../../vectors.ts';
import { grown, hashOf, putOffsets, same, spelledBytes, viewOf } from '../../words.ts';
import type { Builder, Heavy } from './builders.ts';
import type { Row } from './row.ts';

/**
 * A column is looked at when it has so many rows: it stays a dictionary while at most a quarter of them are new values.
 */
const LOOK = 128;
const MOST_ENTRIES = 4 * 1024;
/** Looking for a value among others ends after so many: where values are made to collide, the column is plain text. */
const MOST_PROBES = 24;
/** A longer one is an entry as well, but found again only by the row that follows it. */
const LONGEST_ENTRY = 4096;
/** Memory that one long text needed is not kept for the next rows. */
const MOST_KEPT = 16 * 1024 * 1024;
/** Columns of a table that become plain text write out so much together; what would take more stays a dictionary. */
const MOST_SPELT = 8 * 1024 * 1024;
/** So much written out has the tables looked at. */
const MUCH = 1024 * 1024;
/** Room for the bytes of the first texts. */
const FIRST = 256;
const NULL = -1;

/**
 * A column of texts. It begins as a dictionary, whose best case is the value of the row before, and becomes plain text
 * where values are mostly new ones; then it is plain from its first row in the next take, too.
 */
export class TextBuilder implements Builder {
  private plain: boolean;
  /** Of each row its entry in the dictionary, or the length of its plain text. */
  private values = new Int32Array(0);
  /** Entries of the dictionary, or rows of plain text: their bytes, one after the other. */
  private texts = new Sink(FIRST);
  private entries = 0;
  private offsets = new Int32Array(64);
  private table = new Int32Array(128);
  private last = -1;
  /** Rows that have a value. */
  private filled = 0;
  private source: Uint8Array = this.texts.bytes;
  private sourceView: DataView = this.texts.view;
  /** The long text that came last, where it stands in memory that stays as it is for its record; -1: none does. */
  private long = { record: -1, start: 0, length: 0, source: this.source, entry: -1 };
  /** Plain, it has met a long text twice. */
  private repeats = false;
  /** It stays a dictionary until the next take, whatever values come. */
  private stays = false;
  private readonly heavy: Heavy;

  constructor(heavy: Heavy, isPlain: boolean) {
    this.heavy = heavy;
    this.plain = isPlain;
  }

  reserve(rows: number): void {
    const { length } = this.values;
    this.values = grown(this.values, rows);
    this.values.fill(NULL, length);
  }

  get size(): number {
    return this.texts.length + this.entries * 4;
  }

  append(row: Row, cell: number, index: number): void {
    const source = row.source[cell] as Uint8Array;
    if (source !== this.source) this.turnTo(source);
    this.filled++;
    const start = row.start[cell] as number;
    const length = (row.end[cell] as number) - start;
    const isAgain = length > LONGEST_ENTRY && this.isAgain(row, start, length);
    if (!this.plain) {
      let entry = isAgain ? this.long.entry : this.entryOf(start, length, index);
      if (entry < 0 && !this.turnPlain(index)) entry = this.addEntry(start, length);
      if (length > LONGEST_ENTRY) this.long.entry = entry;
      if (entry >= 0) {
        this.values[index] = entry;
        return;
      }
    }
    this.repeats ||= isAgain;
    this.values[index] = length;
    this.put(start, length);
  }

  /** Whether it is the very text of the row before: rows of a record share what stands in it once, however long. */
  private isAgain({ record, kept, made }: Row, start: number, length: number): boolean {
    const { long, source } = this;
    const isSame = long.record === record && long.start === start && long.length === length && long.source === source;
    const stays = source === kept || source === made;
    if (!isSame) this.long = { record: stays ? record : -1, start, length, source, entry: -1 };
    return isSame;
  }

  private turnTo(source: Uint8Array): void {
    this.source = source;
    this.sourceView = viewOf(source);
  }

  /** The entry of a value, made where there is none; -1: this column is no dictionary. */
  private entryOf(start: number, length: number, index: number): number {
    const { last } = this;
    if (last >= 0 && this.equals(last, start, length)) return last;
    // Nobody looks for a long one among all others.
    if (length > LONGEST_ENTRY) return this.isVaried(index) ? -1 : this.addEntry(start, length);
    const { table } = this;
    let at = hashOf(this.source, this.sourceView, start, length) & (table.length - 1);
    for (let probe = 0; probe < MOST_PROBES; probe++) {
      const entry = (table[at] as number) - 1;
      if (entry < 0) return this.newEntry(at, start, length, index);
      if (this.equals(entry, start, length)) {
        this.last = entry;
        return entry;
      }
      at = (at + 1) & (table.length - 1);
    }
    return -1;
  }

  private newEntry(at: number, start: number, length: number, index: number): number {
    if (this.isVaried(index)) return -1;
    this.table[at] = this.entries + 1;
    const entry = this.addEntry(start, length);
    if (entry * 2 > this.table.length) this.growTable();
    return entry;
  }

  /** Whether most values are new ones. */
  private isVaried(index: number): boolean {
    const { entries } = this;
    return entries >= MOST_ENTRIES || (entries >= LOOK && entries * 4 > index);
  }

  private addEntry(start: number, length: number): number {
    const { entries } = this;
    this.put(start, length);
    this.entries = entries + 1;
    this.offsets = grown(this.offsets, entries + 2);
    this.offsets[entries + 1] = this.texts.length;
    this.last = entries;
    return entries;
  }

  private equals(entry: number, start: number, length: number): boolean {
    const { texts, offsets } = this;
    const from = offsets[entry] as number;
    if ((offsets[entry + 1] as number) - from !== length) return false;
    return same(texts.bytes, texts.view, from, this.source, this.sourceView, start, length);
  }

  private put(start: number, length: number): void {
    if (length > LONGEST_ENTRY) this.heavy.bytes += length;
    this.texts.put(this.source, this.sourceView, start, start + length);
  }

  private growTable(): void {
    const { texts } = this;
    const table = new Int32Array(this.table.length * 4);
    for (let entry = 0; entry < this.entries; entry++) {
      const start = this.offsets[entry] as number;
      const length = (this.offsets[entry + 1] as number) - start;
      if (length > LONGEST_ENTRY) continue;
      let at = hashOf(texts.bytes, texts.view, start, length) & (table.length - 1);
      while (table[at] !== 0) at = (at + 1) & (table.length - 1);
      table[at] = entry + 1;
    }
    this.table = table;
  }

  /** Writes the entries out row by row. False: that would be too much: a record of a thousand rows may share 20 MB. */
  private turnPlain(rows: number): boolean {
    const { source, texts, offsets, values, heavy } = this;
    this.stays ||= heavy.spelt + spelledBytes(values, offsets, rows) > MOST_SPELT;
    if (this.stays) return false;
    this.plain = true;
    this.turnTo(texts.bytes);
    this.texts = new Sink(texts.bytes.length);
    for (let row = 0; row < rows; row++) {
      const entry = values[row] as number;
      if (entry === NULL) continue;
      const start = offsets[entry] as number;
      values[row] = (offsets[entry + 1] as number) - start;
      this.put(start, values[row] as number);
    }
    this.turnTo(source);
    const { length } = this.texts;
    if (length > MUCH) heavy.bytes += length;
    heavy.spelt += length;
    return true;
  }

  take(rows: number): Vector {
    const { values, entries } = this;
    const bytes = this.texts.written();
    const validity = this.filled === rows ? undefined : validOf(values, rows);
    if (this.plain) return { kind: 'text', offsets: this.offsetsOf(rows), bytes, validity };
    const offsets = this.offsets.subarray(0, entries + 1);
    return { kind: 'dictionary', indices: values.subarray(0, rows), offsets, bytes, validity };
  }

  private offsetsOf(rows: number): Int32Array {
    this.offsets = grown(this.offsets, rows + 1);
    putOffsets(this.values, this.offsets, rows);
    return this.offsets.subarray(0, rows + 1);
  }

  clear(): void {
    this.values.fill(NULL);
    if (this.repeats) [this.plain, this.repeats] = [false, false];
    this.long.record = -1;
    this.stays = false;
    if (!this.plain) this.table.fill(0);
    this.entries = 0;
    this.filled = 0;
    this.last = -1;
    if (this.texts.bytes.length > MOST_KEPT) this.texts = new Sink(FIRST);
    this.texts.length = 0;
  }
}
