import { isValid, type Validity } from '../../bits.ts';
import type { Sink } from '../../sink.ts';
import { putRun } from './hybrid.ts';

/**
 * Definition levels of the rows from `start` to below `end`, `values` of them not null: their length, then the hybrid
 * encoding. Its packed form of one bit a value is the bitmap itself.
 */
export function putLevels(sink: Sink, validity: Validity, start: number, end: number, values: number): void {
  const at = sink.length;
  sink.uint32(0);
  const count = end - start;
  if (values === count || values === 0 || validity === undefined) putRun(sink, values === 0 ? 0 : 1, count, 1);
  else {
    const groups = Math.ceil(count / 8);
    sink.varint(groups * 2 + 1);
    putBitmap(sink, validity, start, end);
  }
  const length = sink.length - at - 4;
  sink.view.setUint32(at, length, true);
}

/** The bits from `start` to below `end`, from a byte's first bit on. */
function putBitmap(sink: Sink, validity: Uint8Array, start: number, end: number): void {
  if ((start & 7) === 0) {
    const bytes = sink.reserve((end - start + 7) >> 3);
    bytes.set(validity.subarray(start >> 3, (end + 7) >> 3), sink.length);
    sink.length += (end - start + 7) >> 3;
    return;
  }
  for (let row = start; row < end; row += 8) {
    let byte = 0;
    for (let bit = 0; bit < 8 && row + bit < end; bit++) if (isValid(validity, row + bit)) byte |= 1 << bit;
    sink.byte(byte);
  }
}
