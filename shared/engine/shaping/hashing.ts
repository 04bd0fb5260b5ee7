import { createHmac } from 'node:crypto';
import type { Secret } from '../../model.ts';
import type { ShapedColumn } from '../../signals/shape.ts';
import { CELL, type Row } from '../decode/rows/row.ts';
import type { TableColumn } from '../decode/rows/table.ts';
import { plainReal } from '../encode/text/real.ts';
import { timeText } from '../encode/text/time.ts';

/** Users and sessions come again and again: hashes of so many values, not longer than that, are kept in mind. */
const MOST_KNOWN = 4096;
const LONGEST_KNOWN = 256;

/**
 * Puts HMAC-SHA256 in hex, with the settings' key, in the place of values; null stays null. What is hashed is the value
 * as CSV spells it.
 */
export function createHashing(
  columns: readonly (ShapedColumn & TableColumn)[],
  key: Secret | undefined,
): (row: Row) => void {
  const hashed = columns.filter((column) => column.hashed);
  if (hashed.length === 0) return () => undefined;
  if (key === undefined) throw new Error('SHAPE_HASH_KEY is not set, and a shape hashes columns');
  const hexOf = createHex(key);
  return (row) => {
    for (const { cell, from } of hashed) {
      if (row.kind[cell] === CELL.null) continue;
      const hex = hexOf(spelled(row, cell, from.type));
      row.setText(cell, hex, 0, hex.length);
    }
  };
}

function createHex(key: Secret): (text: string) => Uint8Array {
  const secret = key.reveal();
  const known = new Map<string, Uint8Array>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const hex = Buffer.from(createHmac('sha256', secret).update(text).digest('hex'));
    if (known.size >= MOST_KNOWN) known.clear();
    if (text.length <= LONGEST_KNOWN) known.set(text, hex);
    return hex;
  };
}

function spelled(row: Row, cell: number, type: string): string {
  switch (row.kind[cell]) {
    case CELL.text:
      return row.textOf(cell);
    case CELL.real:
      return plainReal(row.real[cell] as number);
    case CELL.boolean:
      return String(row.real[cell] === 1);
    default:
      return type === 'timestamp' ? timeText(row.bigOf(cell)) : String(row.bigOf(cell));
  }
}
