/** What a cell of a row holds. */
export const CELL = { null: 0, text: 1, long: 2, real: 3, boolean: 4 } as const;

const WORD = 4294967296;

/** Counts records, of whatever reader: rows of several go to one table, which tells records apart by it. */
let records = 0;
/** Then it begins anew: no table holds rows of so many. */
const LAST_RECORD = 2 ** 30 - 1;

/**
 * One row between decoding and appending: a cell for each column of the signal, in the order of `columnsOf`, and behind
 * them those that a shape adds. It is used again for every row, and texts are ranges of bytes that are gone with the
 * next chunk.
 */
export class Row {
  readonly kind: Uint8Array;
  /** Text: `source[i].subarray(start[i], end[i])`, UTF-8. */
  readonly source: Uint8Array[];
  readonly start: Int32Array;
  readonly end: Int32Array;
  /** Of a cell two words: the lower (unsigned) and the upper (signed) half of a whole number, or of µs since 1970. */
  readonly words: Int32Array;
  /** The same memory: reals; 0 or 1 of a boolean. */
  readonly real: Float64Array;
  private readonly whole: BigInt64Array;
  /** The number of the record that its rows are of. */
  record = 0;
  /** Memory that stays as it is while the rows of a record are made: its own bytes, and what was made of them once. */
  kept: Uint8Array = NOTHING;
  made: Uint8Array = NOTHING;

  constructor(cells: number) {
    this.kind = new Uint8Array(cells);
    this.source = Array.from({ length: cells }, () => NOTHING);
    this.start = new Int32Array(cells);
    this.end = new Int32Array(cells);
    this.real = new Float64Array(cells);
    this.words = new Int32Array(this.real.buffer);
    this.whole = new BigInt64Array(this.real.buffer);
  }

  /** Before the rows of a record that stands in these bytes. */
  begin(bytes: Uint8Array): void {
    this.record = records = (records + 1) & LAST_RECORD;
    if (this.kept !== bytes) this.kept = bytes;
    this.made = NOTHING;
  }

  clear(): void {
    this.kind.fill(CELL.null);
  }

  setNull(cell: number): void {
    this.kind[cell] = CELL.null;
  }

  setText(cell: number, source: Uint8Array, start: number, end: number): void {
    this.kind[cell] = CELL.text;
    // A store of a reference costs more than looking at it, and it is nearly always the same.
    if (this.source[cell] !== source) this.source[cell] = source;
    this.start[cell] = start;
    this.end[cell] = end;
  }

  /** Undefined: null. */
  setConstant(cell: number, text: Uint8Array | undefined): void {
    if (text !== undefined) this.setText(cell, text, 0, text.length);
  }

  setReal(cell: number, value: number): void {
    this.kind[cell] = CELL.real;
    this.real[cell] = value;
  }

  setBoolean(cell: number, value: boolean): void {
    this.kind[cell] = CELL.boolean;
    this.real[cell] = value ? 1 : 0;
  }

  /** A whole number up to 2^53, either way. */
  setLong(cell: number, value: number): void {
    this.kind[cell] = CELL.long;
    const high = Math.floor(value / WORD);
    this.words[2 * cell + 1] = high;
    this.words[2 * cell] = value - high * WORD;
  }

  setBig(cell: number, value: bigint): void {
    this.kind[cell] = CELL.long;
    this.whole[cell] = value;
  }

  isNull(cell: number): boolean {
    return this.kind[cell] === CELL.null;
  }

  textOf(cell: number): string {
    const start = this.start[cell] as number;
    const source = this.source[cell] as Uint8Array;
    return decoder.decode(source.subarray(start, this.end[cell]));
  }

  /** As a double: exact up to 2^53. */
  longOf(cell: number): number {
    return (this.words[2 * cell + 1] as number) * WORD + ((this.words[2 * cell] as number) >>> 0);
  }

  bigOf(cell: number): bigint {
    return this.whole[cell] as bigint;
  }
}

export const NOTHING = new Uint8Array(0);
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
