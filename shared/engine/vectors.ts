/**
 * Rows as columns, in the layout of Apache Arrow (columnar format 1.x, little endian): what decode/ makes and encode/
 * writes. Bitmaps have a bit a row, least significant first; a set bit is a value, or true. `validity` undefined: no
 * row is null. What stands at the place of a null row is not defined, except that `offsets` never fall.
 */
export interface Rows {
  readonly count: number;
  /** One for each column of the signal as the settings shape it, in their order. */
  readonly vectors: readonly Vector[];
}

interface Nullable {
  readonly validity: Uint8Array | undefined;
}

/**
 * UTF-8. Row i is `bytes.subarray(offsets[i], offsets[i + 1])`; `count + 1` offsets, the first is 0. Strings and
 * dynamic columns.
 */
export interface TextVector extends Nullable {
  readonly kind: 'text';
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}

/**
 * Text of few distinct values: row i is entry `indices[i]` of the dictionary, whose entries lie as those of a
 * TextVector. Each of them is the value of a row.
 */
export interface DictionaryVector extends Nullable {
  readonly kind: 'dictionary';
  readonly indices: Int32Array;
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}

/** `integer` and `long` columns (both 64 bit in files), and `timestamp`: µs since 1970-01-01T00:00:00Z. */
export interface LongVector extends Nullable {
  readonly kind: 'long';
  readonly values: BigInt64Array;
}

export interface RealVector extends Nullable {
  readonly kind: 'real';
  readonly values: Float64Array;
}

export interface BooleanVector extends Nullable {
  readonly kind: 'boolean';
  /** A bitmap. */
  readonly values: Uint8Array;
}

export type Vector = TextVector | DictionaryVector | LongVector | RealVector | BooleanVector;
