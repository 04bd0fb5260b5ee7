import { CLOSE_OBJECT, COMMA, OPEN_OBJECT } from '../../../framing/strict.ts';
import type { Stamp } from '../../sink.ts';
import type { Reader } from '../reader.ts';
import { putValue } from './texts.ts';

/**
 * Fills the cell `extra`: what no column holds. Where a value did not fit its column, or the record is odd, it is the
 * record whole, from `start` to `end`; of an answer, which has no more than cells, those that did not fit.
 */
export function fillExtra(reader: Reader, start: number, end: number): void {
  const { walker, converter, program, row, extraCell: cell, layout, elementKey, columnKeys } = reader;
  const { scratch, refused } = converter;
  const { bytes } = walker;
  const isOdd = walker.odd || walker.elementOdd || refused.length > 0;
  if (isOdd && layout !== 'query') {
    row.setText(cell, bytes, start, end);
    return;
  }
  const from = scratch.length;
  const { elementLeftovers, rootLeftovers, view } = walker;
  scratch.byte(OPEN_OBJECT);
  if (elementLeftovers.count > 0) {
    scratch.stamp(elementKey);
    scratch.byte(OPEN_OBJECT);
    elementLeftovers.write(bytes, view, scratch);
    scratch.byte(CLOSE_OBJECT);
    if (rootLeftovers.count > 0) scratch.byte(COMMA);
  }
  rootLeftovers.write(bytes, view, scratch);
  for (const other of refused) {
    scratch.comma();
    scratch.stamp(columnKeys[other] as Stamp);
    putValue(walker.slots, program.plans[other]?.slots[0] ?? 0, bytes, scratch);
  }
  scratch.byte(CLOSE_OBJECT);
  if (scratch.length - from > 2) row.setText(cell, scratch.bytes, from, scratch.length);
}
