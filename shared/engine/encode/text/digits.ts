import type { Sink } from '../../sink.ts';

const [ZERO, POINT] = [0x30, 0x2e];

/** A whole number from 0 to below 2^31. */
export function putDigits(sink: Sink, value: number): void {
  let count = 1;
  for (let rest = value; rest > 9; rest = (rest / 10) | 0) count++;
  putPadded(sink, value, count);
}

function putPadded(sink: Sink, value: number, count: number): void {
  const out = sink.reserve(count);
  let rest = value;
  for (let at = sink.length + count - 1; at >= sink.length; at--) {
    const tenth = (rest / 10) | 0;
    out[at] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  sink.length += count;
}

/** Digits behind the point, as durations have them, and what makes a whole number of a value with so many. */
const PLACES = 4;
const SCALE = 10 ** PLACES;

/**
 * Writes a number of four decimals at most, and says whether it was one. Of up to 15 digits each decimal is another
 * double: what gives the value back when it is divided is its shortest spelling.
 */
export function putDecimal(sink: Sink, value: number): boolean {
  const scaled = Math.round(value * SCALE);
  const whole = Math.floor(value);
  if (scaled / SCALE !== value || !(whole >= 0 && whole < 2 ** 31) || Object.is(value, -0)) return false;
  let [rest, places] = [scaled - whole * SCALE, PLACES];
  for (; places > 1 && rest % 10 === 0; places--) rest /= 10;
  putDigits(sink, whole);
  sink.byte(POINT);
  putPadded(sink, rest, places);
  return true;
}
