import type { ColumnType } from '../../../signals/column.ts';
import { Sink } from '../../sink.ts';
import type { ColumnChunk } from './column-chunk.ts';
import { annotation, OPTIONAL, physicalType } from './format.ts';
import { binary, i32, i64, list, string, struct, type Value } from './thrift.ts';

export interface NamedType {
  readonly name: string;
  readonly type: ColumnType;
}

export interface RowGroup {
  /** Of its first byte in the file. */
  readonly offset: number;
  readonly rows: number;
  readonly columns: readonly ColumnChunk[];
}

export const MAGIC = new TextEncoder().encode('PAR1');

/** What ends a Parquet file: the metadata, their length, the magic word. */
export function footer(
  columns: readonly NamedType[],
  groups: readonly RowGroup[],
  facts: Readonly<Record<string, string>>,
): Uint8Array {
  const bounded = columns.map((_, index) => groups.every((group) => group.columns[index]?.bounds !== undefined));
  const metadata = struct({
    1: i32(1),
    2: list([
      struct({ 4: string('schema'), 5: i32(columns.length) }),
      ...columns.map(({ name, type }) =>
        struct({ 1: i32(physicalType(type)), 3: i32(OPTIONAL), 4: string(name), ...annotation(type) }),
      ),
    ]),
    3: i64(groups.reduce((sum, { rows }) => sum + rows, 0)),
    4: list(groups.map((group) => rowGroup(columns, group, bounded))),
    5: list(Object.entries(facts).map(([key, value]) => struct({ 1: string(key), 2: string(value) }))),
    6: string('insights-lake'),
    // Bounds count only where the order is said: that of the type, which is the one of bytes for text.
    7: list(columns.map(() => struct({ 1: struct({}) }))),
  });
  const sink = new Sink();
  metadata.put(sink);
  sink.uint32(sink.length);
  sink.copy(MAGIC, 0, MAGIC.length);
  return sink.written();
}

function rowGroup(columns: readonly NamedType[], group: RowGroup, bounded: readonly boolean[]): Value {
  const sum = (of: (chunk: ColumnChunk) => number) => group.columns.reduce((total, chunk) => total + of(chunk), 0);
  let offset = group.offset;
  return struct({
    1: list(
      group.columns.map((chunk, index) => {
        const value = columnChunk(columns[index]?.name ?? '', chunk, offset, bounded[index] ?? false);
        offset += chunk.bytes;
        return value;
      }),
    ),
    2: i64(sum(({ rawBytes }) => rawBytes)),
    3: i64(group.rows),
    5: i64(group.offset),
    6: i64(sum(({ bytes }) => bytes)),
  });
}

/** `bounded`: whether every row group of the file has bounds of this column. Readers take those of one for all. */
function columnChunk(name: string, chunk: ColumnChunk, offset: number, bounded: boolean): Value {
  const bounds = bounded ? chunk.bounds : undefined;
  const statistics = struct({
    3: i64(chunk.nulls),
    5: bounds && binary(bounds.max),
    6: bounds && binary(bounds.min),
  });
  return struct({
    // The metadata stand here and nowhere else.
    2: i64(0),
    3: struct({
      1: i32(chunk.type),
      2: list(chunk.encodings.map(i32)),
      3: list([string(name)]),
      4: i32(chunk.codec),
      5: i64(chunk.rows),
      6: i64(chunk.rawBytes),
      7: i64(chunk.bytes),
      9: i64(offset + chunk.dataAt),
      11: chunk.dictionaryAt === undefined ? undefined : i64(offset + chunk.dictionaryAt),
      12: statistics,
    }),
  });
}
