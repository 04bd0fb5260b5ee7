import { CELL, type Row } from '../../decode/rows/row.ts';
import type { TableColumn } from '../../decode/rows/table.ts';
import { type Sink, type Stamp, stampOf } from '../../sink.ts';
import { viewOf } from '../../words.ts';
import { putDecimal, putDigits } from './digits.ts';
import { putCsvText, putJsonString } from './escape.ts';
import { jsonReal, plainReal } from './real.ts';
import { createTimeWriter, TIME_LENGTH } from './time.ts';

/** How a text format spells a row. */
export interface Spelling {
  /** Before a column. */
  prefix(name: string, index: number): string;
  readonly lineEnd: string;
  readonly null: string;
  text(sink: Sink, bytes: Uint8Array, view: DataView, start: number, end: number): void;
  /** JSON, on one line. */
  dynamic(sink: Sink, bytes: Uint8Array, view: DataView, start: number, end: number): void;
  real(value: number): string;
  /** Around a time. */
  readonly quote: string;
}

export const json: Spelling = {
  prefix: (name, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`,
  lineEnd: '}\n',
  null: 'null',
  text: putJsonString,
  dynamic: (sink, bytes, view, start, end) => sink.put(bytes, view, start, end),
  real: jsonReal,
  quote: '"',
};

export const csv: Spelling = {
  prefix: (_, index) => (index === 0 ? '' : ','),
  lineEnd: '\n',
  null: '',
  text: putCsvText,
  dynamic: putCsvText,
  real: plainReal,
  quote: '',
};

/** Writes the value of a cell that has one. */
type PutValue = (sink: Sink, row: Row, cell: number) => void;

/** A column of lines: a cell of another kind than `kind` is null. */
class LineColumn {
  readonly cell: number;
  readonly kind: number;
  readonly prefix: Stamp;
  readonly nothing: Stamp;
  readonly put: PutValue;

  constructor({ name, type, cell }: TableColumn, index: number, spelling: Spelling) {
    const prefix = spelling.prefix(name, index);
    const isText = type === 'string' || type === 'dynamic';
    this.cell = cell;
    this.kind = isText ? CELL.text : type === 'real' ? CELL.real : type === 'boolean' ? CELL.boolean : CELL.long;
    this.prefix = stampOf(type === 'timestamp' ? prefix + spelling.quote : prefix);
    this.nothing = stampOf(prefix + spelling.null);
    if (isText) this.put = textValues(type === 'string' ? spelling.text : spelling.dynamic);
    else if (type === 'timestamp') this.put = timeValues(spelling.quote);
    else this.put = type === 'real' ? realValues(spelling.real) : type === 'boolean' ? putBoolean : putLong;
  }
}

/** Writes a row as a line, from left to right. */
export function lineWriter(columns: readonly TableColumn[], spelling: Spelling): (sink: Sink, row: Row) => void {
  const all = columns.map((column, index) => new LineColumn(column, index, spelling));
  const lineEnd = stampOf(spelling.lineEnd);
  return (sink, row) => {
    for (let index = 0; index < all.length; index++) {
      const { cell, kind, prefix, nothing, put } = all[index] as LineColumn;
      if (row.kind[cell] !== kind) sink.stamp(nothing);
      else {
        sink.stamp(prefix);
        put(sink, row, cell);
      }
    }
    sink.stamp(lineEnd);
  };
}

function textValues(put: Spelling['text']): PutValue {
  let source: Uint8Array = new Uint8Array(0);
  let view = viewOf(source);
  return (sink, row, cell) => {
    const bytes = row.source[cell] as Uint8Array;
    if (bytes !== source) {
      source = bytes;
      view = viewOf(bytes);
    }
    put(sink, bytes, view, row.start[cell] as number, row.end[cell] as number);
  };
}

function timeValues(quote: string): PutValue {
  const putTime = createTimeWriter();
  const after = stampOf(quote);
  return (sink, row, cell) => {
    const out = sink.reserve(TIME_LENGTH);
    putTime(out, sink.view, sink.length, row.words[2 * cell] as number, row.words[2 * cell + 1] as number);
    sink.length += TIME_LENGTH;
    sink.stamp(after);
  };
}

function realValues(spell: Spelling['real']): PutValue {
  return (sink, row, cell) => {
    const value = row.real[cell] as number;
    if (!putDecimal(sink, value)) sink.text(spell(value));
  };
}

function putLong(sink: Sink, row: Row, cell: number): void {
  const low = row.words[2 * cell] as number;
  if (low >= 0 && row.words[2 * cell + 1] === 0) putDigits(sink, low);
  else sink.text(String(row.bigOf(cell)));
}

const [NO, YES] = [stampOf('false'), stampOf('true')];

const putBoolean: PutValue = (sink, row, cell) => sink.stamp(row.real[cell] === 1 ? YES : NO);
