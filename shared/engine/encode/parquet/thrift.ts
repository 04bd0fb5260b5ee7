import type { Sink } from '../../sink.ts';

/** Values of Thrift's compact protocol, as far as Parquet's metadata needs them. */
export interface Value {
  /** The protocol's code of the type; of a boolean in a struct the value itself. */
  readonly type: number;
  put(sink: Sink): void;
}

const text = new TextEncoder();
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
const nothing = (): void => undefined;

export const bool = (value: boolean): Value => ({ type: value ? 1 : 2, put: nothing });
export const i32 = (value: number): Value => ({ type: 5, put: (sink) => sink.varint(zigzag(value)) });
export const i64 = (value: number): Value => ({ type: 6, put: (sink) => sink.varint(zigzag(value)) });

export const binary = (bytes: Uint8Array): Value => ({
  type: 8,
  put(sink) {
    sink.varint(bytes.length);
    sink.copy(bytes, 0, bytes.length);
  },
});

export const string = (value: string): Value => binary(text.encode(value));

/** Elements of one type; no booleans. */
export const list = (values: readonly Value[]): Value => ({
  type: 9,
  put(sink) {
    const type = values[0]?.type ?? 12;
    if (values.length < 15) sink.byte((values.length << 4) | type);
    else {
      sink.byte(0xf0 | type);
      sink.varint(values.length);
    }
    for (const value of values) value.put(sink);
  },
});

/** Fields by their ids; what is undefined is left out. */
export const struct = (fields: Readonly<Record<number, Value | undefined>>): Value => ({
  type: 12,
  put(sink) {
    let last = 0;
    for (const [key, value] of Object.entries(fields)) {
      if (value === undefined) continue;
      const id = Number(key);
      if (id - last < 16) sink.byte(((id - last) << 4) | value.type);
      else {
        sink.byte(value.type);
        sink.varint(zigzag(id));
      }
      value.put(sink);
      last = id;
    }
    sink.byte(0);
  },
});
