import type { ColumnType } from '../../../signals/column.ts';
import { isValid } from '../../bits.ts';
import { type Sink, type Stamp, stampOf } from '../../sink.ts';
import type { LongVector, RealVector, Rows, Vector } from '../../vectors.ts';
import { viewOf } from '../../words.ts';
import type { NamedType } from '../parquet/footer.ts';
import { type Choices, choicesOf, putChoice, together } from './choices.ts';
import { putDecimal, putDigits } from './digits.ts';
import { createTimeWriter, TIME_LENGTH } from './time.ts';

/** Writes the cell of a row. */
export type PutCell = (sink: Sink, row: number) => void;

/** How a text format spells values. */
export interface Spelling {
  readonly null: Uint8Array;
  text(sink: Sink, type: ColumnType, bytes: Uint8Array, view: DataView, start: number, end: number): void;
  real(value: number): string;
  /** Around a time. */
  readonly quote: Uint8Array;
}

/**
 * What writes a row, from left to right; before each column stands its prefix. Neighbours of few values are written as
 * one.
 */
export function cellsOf(
  { count, vectors }: Rows,
  columns: readonly NamedType[],
  prefixes: readonly Uint8Array[],
  spelling: Spelling,
): readonly PutCell[] {
  const cells: PutCell[] = [];
  let held: Choices | undefined;
  const letGo = () => {
    if (held !== undefined) cells.push(putChoice(held));
    held = undefined;
  };
  for (const [index, vector] of vectors.entries()) {
    const type = columns[index]?.type ?? 'string';
    const prefix = prefixes[index] ?? new Uint8Array(0);
    const nothing = stampOf(concatenated(prefix, spelling.null));
    const put = valueCells(vector, type, prefix, spelling);
    const choices = choicesOf(vector, count, put, (sink) => sink.stamp(nothing));
    const both = choices && held && together(held, choices, count);
    if (both === undefined) letGo();
    held = both ?? choices;
    if (choices === undefined)
      cells.push(vector.validity === undefined ? put : orNothing(put, vector.validity, nothing));
  }
  letGo();
  return cells;
}

const orNothing =
  (put: PutCell, validity: Uint8Array, nothing: Stamp): PutCell =>
  (sink, row) =>
    isValid(validity, row) ? put(sink, row) : sink.stamp(nothing);

/** Writes the value of a row, or of an entry of the dictionary, or of a boolean: 0 or 1. */
function valueCells(vector: Vector, type: ColumnType, prefix: Uint8Array, spelling: Spelling): PutCell {
  if (vector.kind === 'long')
    return type === 'timestamp' ? timeCells(vector, prefix, spelling) : longCells(vector, prefix);
  if (vector.kind === 'real') return realCells(vector, prefix, spelling);
  if (vector.kind === 'boolean') {
    const [no, yes] = [stampOf(concatenated(prefix, ascii('false'))), stampOf(concatenated(prefix, ascii('true')))];
    return (sink, value) => sink.stamp(value === 1 ? yes : no);
  }
  const { offsets, bytes } = vector;
  const view = viewOf(bytes);
  const before = stampOf(prefix);
  return (sink, row) => {
    sink.stamp(before);
    spelling.text(sink, type, bytes, view, offsets[row] as number, offsets[row + 1] as number);
  };
}

function timeCells({ values }: LongVector, prefix: Uint8Array, { quote }: Spelling): PutCell {
  const halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  const putTime = createTimeWriter();
  const before = stampOf(concatenated(prefix, quote));
  const after = stampOf(quote);
  return (sink, row) => {
    sink.stamp(before);
    const out = sink.reserve(TIME_LENGTH);
    putTime(out, sink.view, sink.length, halves[row * 2] as number, halves[row * 2 + 1] as number);
    sink.length += TIME_LENGTH;
    sink.stamp(after);
  };
}

function longCells({ values }: LongVector, prefix: Uint8Array): PutCell {
  const halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  const before = stampOf(prefix);
  return (sink, row) => {
    const low = halves[row * 2] as number;
    sink.stamp(before);
    if (low >= 0 && halves[row * 2 + 1] === 0) putDigits(sink, low);
    else putAscii(sink, String(values[row]));
  };
}

function realCells({ values }: RealVector, prefix: Uint8Array, spelling: Spelling): PutCell {
  const before = stampOf(prefix);
  return (sink, row) => {
    sink.stamp(before);
    const value = values[row] as number;
    if (!putDecimal(sink, value)) putAscii(sink, spelling.real(value));
  };
}

function putAscii(sink: Sink, text: string): void {
  const out = sink.reserve(text.length);
  let at = sink.length;
  for (let index = 0; index < text.length; index++) out[at++] = text.charCodeAt(index);
  sink.length = at;
}

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

function concatenated(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
