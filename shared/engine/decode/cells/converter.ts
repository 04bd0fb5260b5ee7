import type { Column } from '../../../signals/column.ts';
import { signalTables } from '../../../signals/tables.ts';
import { Sink } from '../../sink.ts';
import type { BlobFacts } from '../blob-facts.ts';
import { type PartedCells, partedCells } from '../program/parted-cells.ts';
import type { ColumnPlan, Program } from '../program/program.ts';
import { NOTHING, type Row } from '../rows/row.ts';
import { KIND, type Slots } from '../walk/slots.ts';
import type { Walker } from '../walk/walker.ts';
import {
  BOOLEANS,
  bucketOf,
  isShared,
  isWord,
  meaningOf,
  RESULTS,
  SEVERITIES,
  shareOf,
  type Words,
} from './conversions.ts';
import { putDynamic } from './dynamic.ts';
import { putUnescaped } from './escapes.ts';
import { KeptCell } from './kept-cell.ts';
import { dimensionsOf, measurementsOf } from './merged.ts';
import { FIT, number, readReal, readWhole } from './numbers.ts';
import { firstOf, saysSomething } from './texts.ts';
import { readTime, time } from './times.ts';

/** Makes the cells of a row from what a walk left in the slots. */
export class Converter {
  readonly scratch = new Sink();
  /** Cells whose text does not say what the column holds now. */
  readonly refused: number[] = [];
  private readonly program: Program;
  private readonly walker: Walker;
  private readonly slots: Slots;
  private readonly cells: PartedCells;
  private readonly itemType: Uint8Array;
  /** The name of the workspace's table, in small letters. */
  readonly table: Uint8Array;
  /** What all rows of a record share, put together once: a record can be a thousand rows. */
  private readonly made = new Sink();
  private readonly shared = { dimensions: new KeptCell(), measurements: new KeptCell() };
  /** Where the text that was asked for last stands. */
  private start = 0;
  private end = 0;

  constructor(program: Program, walker: Walker) {
    this.program = program;
    this.walker = walker;
    this.slots = walker.slots;
    this.cells = partedCells(program.plans);
    const { itemType, table } = signalTables[program.signal];
    [this.itemType, this.table] = [Buffer.from(itemType), Buffer.from(table.toLowerCase())];
  }

  /** All cells but `extra`. */
  convert(row: Row, facts: BlobFacts): void {
    row.clear();
    this.scratch.length = 0;
    this.refused.length = 0;
    this.texts(row);
    const { plans } = this.program;
    const { others } = this.cells;
    for (let index = 0; index < others.length; index++) {
      const cell = others[index] as number;
      this.cell(row, cell, plans[cell] as ColumnPlan, facts);
    }
  }

  private texts(row: Row): void {
    const { texts, textSlots } = this.cells;
    const { kind, start, end } = this.slots;
    const { bytes } = this.walker;
    for (let index = 0; index < texts.length; index++) {
      const slot = textSlots[index] as number;
      const found = kind[slot] as number;
      if (found === KIND.missing) continue;
      const cell = texts[index] as number;
      if (found === KIND.text) row.setText(cell, bytes, start[slot] as number, end[slot] as number);
      else this.textIn(row, cell, slot);
    }
  }

  private cell(row: Row, cell: number, { column, slots }: ColumnPlan, facts: BlobFacts): void {
    const { as } = column;
    if (as === 'value') this.plain(row, cell, column, slots);
    else if (as === 'ticks' || as === 'share') this.share(row, cell, slots, as === 'ticks' ? 10_000 : 1);
    else if (as === 'items') this.items(row, cell, slots);
    else if (as === 'severity') this.severity(row, cell, firstOf(this.slots, slots));
    else if (as === 'passed') this.flag(row, cell, firstOf(this.slots, slots), RESULTS);
    else if (as === 'bucket') this.bucket(row, cell);
    else if (as === 'dimensions' || as === 'measurements') this.merged(row, cell, slots, as);
    else if (as === 'itemType') this.type(row, cell, slots);
    else if (as === 'exportWindow') row.setConstant(cell, facts.window);
    else if (as === 'folderKey' || as === 'folderApp') {
      if (slots.length > 0 && saysSomething(this.slots, firstOf(this.slots, slots))) this.text(row, cell, slots);
      else if (this.program.layout !== 'query') row.setConstant(cell, as === 'folderKey' ? facts.key : facts.app);
      else this.text(row, cell, slots);
    }
  }

  private plain(row: Row, cell: number, { type }: Column, slots: readonly number[]): void {
    if (type === 'string') this.text(row, cell, slots);
    else {
      const slot = firstOf(this.slots, slots);
      if (slot < 0 || !saysSomething(this.slots, slot)) return;
      if (type === 'timestamp') this.time(row, cell, slot);
      else if (type === 'real') {
        if (this.number(cell, slot)) row.setReal(cell, number.value);
      } else if (type === 'boolean') this.flag(row, cell, slot, BOOLEANS);
      else if (type === 'dynamic') putDynamic(row, cell, this.slots, slot, this.walker.bytes, this.scratch);
      else this.whole(row, cell, slot);
    }
  }

  /** An empty object or array stands for a missing string; anything else that is none is its JSON. */
  private text(row: Row, cell: number, among: readonly number[]): void {
    const slot = among.length === 1 ? (among[0] as number) : firstOf(this.slots, among);
    if (slot >= 0) this.textIn(row, cell, slot);
  }

  private textIn(row: Row, cell: number, slot: number): void {
    const kind = this.slots.kind[slot] as number;
    if (kind !== KIND.missing && kind !== KIND.null && kind !== KIND.empty)
      row.setText(cell, this.textOf(slot), this.start, this.end);
  }

  /** The bytes in which a slot's text stands without escapes, from `start` to `end`. */
  private textOf(slot: number): Uint8Array {
    const { slots, scratch } = this;
    const { bytes } = this.walker;
    this.start = slots.start[slot] as number;
    this.end = slots.end[slot] as number;
    if (slots.kind[slot] !== KIND.escaped) return bytes;
    const from = scratch.length;
    putUnescaped(bytes, this.start, this.end, scratch);
    this.start = from;
    this.end = scratch.length;
    return scratch.bytes;
  }

  private time(row: Row, cell: number, slot: number): void {
    if (!readTime(this.textOf(slot), this.start, this.end)) this.refused.push(cell);
    else if (Math.abs(time.millis) < 9e12) row.setLong(cell, time.millis * 1000 + time.micros);
    else row.setBig(cell, BigInt(time.millis) * 1000n + BigInt(time.micros));
  }

  /** Reads the number in a slot; a rounded one counts as refused too, but has a value. */
  private number(cell: number, slot: number): boolean {
    const fit = readReal(this.textOf(slot), this.start, this.end);
    if (fit !== FIT.yes) this.refused.push(cell);
    return fit !== FIT.no;
  }

  private whole(row: Row, cell: number, slot: number): void {
    if (readWhole(this.textOf(slot), this.start, this.end) !== FIT.yes) this.refused.push(cell);
    else if (number.whole !== undefined) row.setBig(cell, number.whole);
    else row.setLong(cell, number.value);
  }

  private flag(row: Row, cell: number, slot: number, words: Words<boolean>): void {
    if (slot < 0 || !saysSomething(this.slots, slot)) return;
    const value = meaningOf(words, this.textOf(slot), this.start, this.end);
    if (value === undefined) this.refused.push(cell);
    else row.setBoolean(cell, value);
  }

  private severity(row: Row, cell: number, slot: number): void {
    if (slot < 0 || !saysSomething(this.slots, slot)) return;
    const level = meaningOf(SEVERITIES, this.textOf(slot), this.start, this.end);
    if (level === undefined) this.whole(row, cell, slot);
    else row.setLong(cell, level);
  }

  /**
   * The sum over the items that a sampled record stands for, as one item's share. Some write the average instead: where
   * the share lies outside of what the items were, and the value inside, it is one.
   */
  private share(row: Row, cell: number, among: readonly number[], unit: number): void {
    const value = among[0];
    if (value === undefined || !saysSomething(this.slots, value)) return;
    if (!this.number(cell, value)) return;
    const whole = number.value;
    const count = among.length === 1 ? 1 : this.field(among[1]);
    const share = isShared(count) ? shareOf(whole, count, this.field(among[2]), this.field(among[3])) : whole;
    row.setReal(cell, among.length === 1 ? whole : share / unit);
  }

  /** A number beside another one, which is not missed where it is none. */
  field(slot: number | undefined): number {
    if (slot === undefined || !saysSomething(this.slots, slot)) return Number.NaN;
    const { start, end } = this.slots;
    return readReal(this.walker.bytes, start[slot] as number, end[slot] as number) === FIT.no
      ? Number.NaN
      : number.value;
  }

  /** Traces and timings carry no count; a record of which one in four was kept stands for four. */
  private items(row: Row, cell: number, among: readonly number[]): void {
    const count = among[0];
    if (count !== undefined && saysSomething(this.slots, count)) {
      this.whole(row, cell, count);
      return;
    }
    const percent = this.field(among[1]);
    const items = Math.round(100 / percent);
    if (percent > 0 && Number.isSafeInteger(items)) row.setLong(cell, items);
  }

  private bucket(row: Row, cell: number): void {
    const { plans, layout } = this.program;
    if (layout !== 'continuous') {
      this.text(row, cell, plans[cell]?.slots ?? []);
      return;
    }
    const duration = this.cells.durations[cell] as number;
    if (duration < 0 || row.isNull(duration)) return;
    row.setConstant(cell, bucketOf(row.real[duration] as number));
  }

  private merged(row: Row, cell: number, slots: readonly number[], as: 'dimensions' | 'measurements'): void {
    const { walker, made } = this;
    if (this.program.layout !== 'continuous') {
      const slot = slots[0];
      if (slot !== undefined && saysSomething(this.slots, slot))
        putDynamic(row, cell, this.slots, slot, walker.bytes, this.scratch);
      return;
    }
    const kept = this.shared[as];
    if (kept.putBack(row, cell)) return;
    if (row.made === NOTHING) made.length = 0;
    if (as === 'measurements') measurementsOf(row, cell, walker, this.program, made, this);
    else if (dimensionsOf(row, cell, walker, made)) walker.odd = true;
    row.made = made.bytes;
    kept.keep(row, cell);
  }

  /** The workspace names its table where the query names the kind. */
  private type(row: Row, cell: number, slots: readonly number[]): void {
    const slot = slots[0];
    const kind = slot === undefined ? KIND.missing : this.slots.kind[slot];
    const bytes = slot === undefined || kind === KIND.missing || kind === KIND.null ? undefined : this.textOf(slot);
    const isOther = bytes !== undefined && this.end > this.start && !isWord(this.table, bytes, this.start, this.end);
    if (isOther) this.text(row, cell, slots);
    else row.setConstant(cell, this.itemType);
  }
}
