import { countValid, isValid } from '../../bits.ts';
import { Sink } from '../../sink.ts';
import type { BooleanVector, DictionaryVector, Vector } from '../../vectors.ts';
import type { PutCell } from './cells.ts';

/** Cells of few values, or of several such columns that stand side by side: each row is one of `count` choices. */
export interface Choices {
  readonly count: number;
  readonly indices: Int32Array;
  put(sink: Sink, choice: number): void;
}

/** Choices that columns may have together, of their rows; and what a table of pairs may hold. */
const SHARE = 1 / 8;
const MOST_PAIRS = 2 ** 18;
/** Of each pair which choice it became, of the columns that are joined at the moment. */
const known = new Int32Array(MOST_PAIRS);
/** Longer texts are not kept, but spelled again. */
const KEPT_BYTES = 4096;

/**
 * A column as choices, null being one of them; undefined where it has too many. `value` writes an entry of a
 * dictionary, or a boolean.
 */
export function choicesOf(
  vector: Vector,
  rows: number,
  value: PutCell,
  nothing: (sink: Sink) => void,
): Choices | undefined {
  if (countValid(vector.validity, 0, rows) === 0) return { count: 1, indices: new Int32Array(rows), put: nothing };
  if (vector.kind !== 'dictionary' && vector.kind !== 'boolean') return undefined;
  const count = vector.kind === 'boolean' ? 2 : vector.offsets.length - 1;
  const indices = vector.kind === 'boolean' ? bits(vector, rows) : entries(vector, rows);
  for (let row = 0; vector.validity !== undefined && row < rows; row++)
    if (!isValid(vector.validity, row)) indices[row] = count;
  return {
    count: count + 1,
    indices,
    put: (sink, choice) => (choice === count ? nothing(sink) : value(sink, choice)),
  };
}

const entries = ({ indices }: DictionaryVector, rows: number): Int32Array => indices.slice(0, rows);
const bits = ({ values }: BooleanVector, rows: number): Int32Array =>
  Int32Array.from({ length: rows }, (_, row) => (isValid(values, row) ? 1 : 0));

/** Both side by side; undefined where they have too many choices together to be worth it. */
export function together(one: Choices, other: Choices): Choices | undefined {
  const pairs = one.count * other.count;
  if (pairs > MOST_PAIRS) return undefined;
  const most = Math.max(16, one.indices.length * SHARE);
  known.fill(-1, 0, pairs);
  const found: number[] = [];
  const indices = new Int32Array(one.indices.length);
  for (let row = 0; row < indices.length; row++) {
    const pair = (one.indices[row] as number) * other.count + (other.indices[row] as number);
    if (known[pair] === -1) {
      known[pair] = found.length;
      if (found.push(pair) > most) return undefined;
    }
    indices[row] = known[pair] as number;
  }
  return {
    count: found.length,
    indices,
    put(sink, choice) {
      const pair = found[choice] as number;
      one.put(sink, Math.floor(pair / other.count));
      other.put(sink, pair % other.count);
    },
  };
}

/** Each choice is spelled once, behind those that came before it, and copied from there. */
export function putChoice({ count, indices, put }: Choices): PutCell {
  const spelled = new Sink(1024);
  const starts = new Int32Array(count).fill(-1);
  const ends = new Int32Array(count);
  return (sink, row) => {
    const choice = indices[row] as number;
    if ((starts[choice] as number) < 0) {
      const start = sink.length;
      put(sink, choice);
      if (sink.length - start > KEPT_BYTES) return;
      starts[choice] = spelled.length;
      spelled.put(sink.bytes, sink.view, start, sink.length);
      ends[choice] = spelled.length;
    } else sink.put(spelled.bytes, spelled.view, starts[choice] as number, ends[choice] as number);
  };
}
