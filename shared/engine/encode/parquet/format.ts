import type { ColumnType } from '../../../signals/column.ts';
import { bool, i32, struct, type Value } from './thrift.ts';

/** Numbers and structures of parquet.thrift (apache/parquet-format 2.x), as far as they are used here. */

export const CODEC_ZSTD = 6;
export const ENCODING = { plain: 0, rle: 3, dictionary: 8 } as const;
export const PAGE = { data: 0, dictionary: 2 } as const;
export const OPTIONAL = 1;
const PHYSICAL = { boolean: 0, long: 2, double: 5, bytes: 6 } as const;
export type PhysicalType = (typeof PHYSICAL)[keyof typeof PHYSICAL];

export function physicalType(type: ColumnType): PhysicalType {
  if (type === 'string' || type === 'dynamic') return PHYSICAL.bytes;
  if (type === 'boolean') return PHYSICAL.boolean;
  return type === 'real' ? PHYSICAL.double : PHYSICAL.long;
}

/** How readers are to take the physical type: of old ones by a number, of new ones by a structure. */
export function annotation(type: ColumnType): Readonly<Record<number, Value>> {
  if (type === 'string' || type === 'dynamic') return { 6: i32(0), 10: struct({ 1: struct({}) }) };
  if (type !== 'timestamp') return {};
  const micros = struct({ 1: bool(true), 2: struct({ 2: struct({}) }) });
  return { 6: i32(10), 10: struct({ 8: micros }) };
}
