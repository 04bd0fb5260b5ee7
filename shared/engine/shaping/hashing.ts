import { createHmac } from 'node:crypto';
import type { Secret } from '../../model.ts';
import type { ShapedColumn } from '../../signals/shape.ts';
import { CELL, type Row } from '../decode/row.ts';
import type { Scratch } from '../decode/scratch.ts';
import type { TableColumn } from '../decode/table.ts';
import { plainReal } from '../encode/text/real.ts';
import { timeText } from '../encode/text/time.ts';

/** Puts HMAC-SHA256 in hex, with the settings' key, in the place of values; null stays null. What is hashed is the value as CSV spells it. */
export function createHashing(
  columns: readonly (ShapedColumn & TableColumn)[],
  scratch: Scratch,
  key: Secret | undefined,
): (row: Row) => void {
  const hashed = columns.filter((column) => column.hashed);
  if (hashed.length === 0) return () => undefined;
  if (key === undefined) throw new Error('SHAPE_HASH_KEY is not set, and a shape hashes columns');
  const secret = key.reveal();
  return (row) => {
    for (const { cell, from } of hashed) {
      if (row.kind[cell] === CELL.null) continue;
      const hex = createHmac('sha256', secret)
        .update(spelled(row, cell, from.type))
        .digest('hex');
      const start = scratch.length;
      scratch.text(hex);
      row.setText(cell, scratch.bytes, start, scratch.length);
    }
  };
}

function spelled(row: Row, cell: number, type: string): Uint8Array | string {
  switch (row.kind[cell]) {
    case CELL.text:
      return (row.source[cell] as Uint8Array).subarray(row.start[cell], row.end[cell]);
    case CELL.real:
      return plainReal(row.real[cell] as number);
    case CELL.boolean:
      return String(row.real[cell] === 1);
    default:
      return type === 'timestamp' ? timeText(row.bigOf(cell)) : String(row.bigOf(cell));
  }
}
