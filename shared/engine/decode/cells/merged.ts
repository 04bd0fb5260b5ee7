import { CLOSE_OBJECT, COLON, COMMA, OPEN_OBJECT } from '../../../framing/strict.ts';
import type { Sink } from '../../sink.ts';
import type { Program } from '../program/program.ts';
import type { Row } from '../rows/row.ts';
import { KIND } from '../walk/slots.ts';
import type { Walker } from '../walk/walker.ts';
import { isShared, shareOf } from './conversions.ts';
import { putValue } from './texts.ts';

/**
 * The dimensions of a classic record, merged into one object. Returns whether a key stands twice: then its last value
 * counts.
 */
export function dimensionsOf(row: Row, cell: number, walker: Walker, scratch: Sink): boolean {
  const { bytes, dimensions } = walker;
  if (dimensions.count === 0) return false;
  const repeats = dimensions.repeats(bytes);
  if (dimensions.objects === 1 && !repeats)
    row.setText(cell, bytes, dimensions.around[0] as number, dimensions.around[1] as number);
  else {
    const chosen = repeats ? dimensions.last(bytes) : undefined;
    const from = scratch.length;
    const count = chosen?.length ?? dimensions.count;
    for (let index = 0; index < count; index++) {
      const member = chosen?.[index] ?? index;
      scratch.byte(index === 0 ? OPEN_OBJECT : COMMA);
      scratch.copy(bytes, dimensions.key[member] as number, dimensions.end[member] as number);
    }
    scratch.byte(CLOSE_OBJECT);
    row.setText(cell, scratch.bytes, from, scratch.length);
  }
  return repeats;
}

/** Who reads the number in a slot; NaN where there is none. */
interface NumberIn {
  field(slot: number | undefined): number;
}

/** The metrics of a classic record as one object `{name: value / count}`. What they are made of stays in `extra`. */
export function measurementsOf(
  row: Row,
  cell: number,
  walker: Walker,
  program: Program,
  scratch: Sink,
  numbers: NumberIn,
): void {
  const { bytes, metrics } = walker;
  if (metrics.count === 0) return;
  const chosen = metrics.repeats(bytes) ? metrics.last(bytes) : undefined;
  const from = scratch.length;
  const count = chosen?.length ?? metrics.count;
  for (let index = 0; index < count; index++) {
    const member = chosen?.[index] ?? index;
    scratch.byte(index === 0 ? OPEN_OBJECT : COMMA);
    scratch.copy(bytes, metrics.key[member] as number, (metrics.keyEnd[member] as number) + 1);
    scratch.byte(COLON);
    const start = metrics.value[member] as number;
    if (bytes[start] === OPEN_OBJECT && program.measurement !== undefined)
      measured(start, walker, program, scratch, numbers);
    else scratch.copy(bytes, start, metrics.end[member] as number);
  }
  scratch.byte(CLOSE_OBJECT);
  row.setText(cell, scratch.bytes, from, scratch.length);
}

/** One item's share of a metric object's value; the value as it stands where it is no number, or only one item's. */
function measured(at: number, walker: Walker, program: Program, scratch: Sink, numbers: NumberIn): void {
  const { slots, bytes } = walker;
  const { measurementSlots } = program;
  const value = measurementSlots[0] ?? 0;
  for (let index = 0; index < measurementSlots.length; index++)
    slots.kind[measurementSlots[index] as number] = KIND.missing;
  if (program.measurement !== undefined) walker.aside(program.measurement, at);
  const kind = slots.kind[value];
  if (kind === KIND.missing || kind === KIND.null) {
    scratch.text('null');
    return;
  }
  const items = numbers.field(measurementSlots[1]);
  if (isShared(items)) {
    const whole = numbers.field(value);
    const share = shareOf(whole, items, numbers.field(measurementSlots[2]), numbers.field(measurementSlots[3]));
    if (Number.isFinite(share) && share !== whole) {
      scratch.text(String(share));
      return;
    }
  }
  putValue(slots, value, bytes, scratch);
}
