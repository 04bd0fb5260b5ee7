import { CLOSE_OBJECT, COMMA, OPEN_OBJECT } from '../../../framing/strict.ts';
import type { Reader } from '../reader.ts';
import { putValue } from './texts.ts';

/**
 * Fills the cell `extra`: what no column holds. Where a value did not fit its column, or the record is odd, it is the
 * record whole, from
 * `start` to `end`; of an answer, which has no more than cells, those that did not fit.
 */
export function fillExtra(reader: Reader, start: number, end: number): void {
  const { walker, converter, row, extraCell: cell, layout, elementKey } = reader;
  const { scratch, refused } = converter;
  const { bytes } = walker;
  const isOdd = walker.odd || walker.elementOdd || refused.length > 0;
  if (isOdd && layout !== 'query') {
    row.setText(cell, bytes, start, end);
    return;
  }
  const from = scratch.length;
  const { elementLeftovers, rootLeftovers, view } = walker;
  const hasElement = elementLeftovers.count > 0;
  let any = hasElement || rootLeftovers.count > 0;
  scratch.byte(OPEN_OBJECT);
  if (hasElement) {
    scratch.all(elementKey);
    scratch.byte(OPEN_OBJECT);
    elementLeftovers.write(bytes, view, scratch);
    scratch.byte(CLOSE_OBJECT);
    if (rootLeftovers.count > 0) scratch.byte(COMMA);
  }
  rootLeftovers.write(bytes, view, scratch);
  if (refused.length > 0) any = refusedCells(reader, any);
  scratch.byte(CLOSE_OBJECT);
  if (any) row.setText(cell, scratch.bytes, from, scratch.length);
}

function refusedCells({ walker, converter, program, columnKeys }: Reader, any: boolean): boolean {
  const { slots, bytes } = walker;
  const { scratch } = converter;
  for (const [index, cell] of converter.refused.entries()) {
    if (any || index > 0) scratch.byte(COMMA);
    scratch.all(columnKeys[cell] as Uint8Array);
    putValue(slots, program.plans[cell]?.slots[0] ?? 0, bytes, scratch);
  }
  return true;
}
