import { isValid } from '../../bits.ts';
import type { Sink } from '../../sink.ts';
import type { BooleanVector, LongVector, RealVector, TextVector } from '../../vectors.ts';
import { copy, viewOf } from '../../words.ts';

/** PLAIN: each value that is not null behind its length. */
export function putTexts(sink: Sink, vector: TextVector, start: number, end: number): void {
  const { offsets, bytes, validity } = vector;
  const out = sink.reserve(4 * (end - start) + (offsets[end] as number) - (offsets[start] as number));
  const from = viewOf(bytes);
  const { view } = sink;
  let at = sink.length;
  for (let row = start; row < end; row++) {
    if (!isValid(validity, row)) continue;
    const first = offsets[row] as number;
    const length = (offsets[row + 1] as number) - first;
    view.setInt32(at, length, true);
    copy(bytes, from, first, out, view, at + 4, length);
    at += 4 + length;
  }
  sink.length = at;
}

/** PLAIN: eight bytes a value. */
export function putWides(sink: Sink, vector: LongVector | RealVector, start: number, end: number): void {
  const { values, validity } = vector;
  const source = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const out = sink.reserve((end - start) * 8);
  if (validity === undefined) {
    out.set(source.subarray(start * 8, end * 8), sink.length);
    sink.length += (end - start) * 8;
    return;
  }
  let at = sink.length;
  for (let row = start; row < end; row++) {
    if (!isValid(validity, row)) continue;
    for (let byte = row * 8; byte < row * 8 + 8; byte++) out[at++] = source[byte] as number;
  }
  sink.length = at;
}

/** PLAIN: a bit a value. */
export function putBooleans(sink: Sink, { values, validity }: BooleanVector, start: number, end: number): void {
  let [byte, bits] = [0, 0];
  for (let row = start; row < end; row++) {
    if (!isValid(validity, row)) continue;
    if (isValid(values, row)) byte |= 1 << bits;
    if (++bits < 8) continue;
    sink.byte(byte);
    [byte, bits] = [0, 0];
  }
  if (bits > 0) sink.byte(byte);
}
