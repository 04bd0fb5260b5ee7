import { countValid, isValid } from '../../bits.ts';
import { Sink } from '../../sink.ts';
import type { BooleanVector, Vector } from '../../vectors.ts';
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
  const indices = vector.kind === 'boolean' ? bits(vector, rows) : vector.indices;
  const { validity } = vector;
  if (validity === undefined) return { count, indices, put: value };
  return {
    count: count + 1,
    indices: orNull(indices, validity, rows, count),
    put: (sink, choice) => (choice === count ? nothing(sink) : value(sink, choice)),
  };
}

function orNull(indices: Int32Array, validity: Uint8Array, rows: number, nothing: number): Int32Array {
  const choices = new Int32Array(rows);
  for (let row = 0; row < rows; row++) choices[row] = isValid(validity, row) ? (indices[row] as number) : nothing;
  return choices;
}

function bits({ values }: BooleanVector, rows: number): Int32Array {
  const indices = new Int32Array(rows);
  for (let row = 0; row < rows; row++) indices[row] = isValid(values, row) ? 1 : 0;
  return indices;
}

/** Both side by side; undefined where they have too many choices together to be worth it. */
export function together(one: Choices, other: Choices, rows: number): Choices | undefined {
  const pairs = one.count * other.count;
  if (pairs > MOST_PAIRS) return undefined;
  if (one.count === 1 || other.count === 1) return besideOne(one, other);
  const most = Math.max(16, rows * SHARE);
  known.fill(-1, 0, pairs);
  const found: number[] = [];
  const indices = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
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

/** The same where one of them is always the same. */
const besideOne = (one: Choices, other: Choices): Choices => ({
  count: Math.max(one.count, other.count),
  indices: one.count === 1 ? other.indices : one.indices,
  put(sink, choice) {
    one.put(sink, one.count === 1 ? 0 : choice);
    other.put(sink, other.count === 1 ? 0 : choice);
  },
});

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
