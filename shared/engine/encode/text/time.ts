import { copy, viewOf } from '../../words.ts';

const DAY_SECONDS = 86_400;
const ZERO = 0x30;

/** Bytes of `2026-11-21T03:00:00.123456Z`. */
export const TIME_LENGTH = 27;

/**
 * Writes µs since 1970, given as 32 bit halves, at `at` as ISO 8601 with exactly six digits. Years from 1 to 9999. The
 * text of the second is kept: records of one window share most of it.
 */
export function createTimeWriter(): (out: Uint8Array, view: DataView, at: number, low: number, high: number) => void {
  const text = new TextEncoder().encode('0000-00-00T00:00:00.000000Z');
  const textView = viewOf(text);
  let [known, knownDay] = [Number.NaN, Number.NaN];

  function putSecond(second: number): void {
    const day = Math.floor(second / DAY_SECONDS);
    const rest = second - day * DAY_SECONDS;
    if (day !== knownDay) {
      const [year, month, date] = dateOf(day);
      putTwo(text, 0, Math.floor(year / 100));
      putTwo(text, 2, year % 100);
      putTwo(text, 5, month);
      putTwo(text, 8, date);
    }
    const minutes = (rest / 60) | 0;
    putTwo(text, 11, (minutes / 60) | 0);
    putTwo(text, 14, minutes % 60);
    putTwo(text, 17, rest % 60);
    [known, knownDay] = [second, day];
  }

  return (out, view, at, low, high) => {
    // A double holds the µs of 285 years around 1970 only: of 2^32 µs, 4,294 s and some, those beyond whole seconds.
    const micros = high * 967_296 + (low >>> 0);
    const seconds = Math.floor(micros / 1e6);
    const second = high * 4294 + seconds;
    const rest = micros - seconds * 1e6;
    if (second !== known) putSecond(second);
    copy(text, textView, 0, out, view, at, TIME_LENGTH);
    putTwo(out, at + 20, (rest / 10_000) | 0);
    putTwo(out, at + 22, ((rest / 100) | 0) % 100);
    putTwo(out, at + 24, rest % 100);
  };
}

/** A number below 100 as two digits. */
function putTwo(out: Uint8Array, at: number, value: number): void {
  const tens = (value / 10) | 0;
  out[at] = ZERO + tens;
  out[at + 1] = ZERO + value - tens * 10;
}

/** Of a day since 1970, in the Gregorian calendar without a beginning. */
function dateOf(day: number): [year: number, month: number, date: number] {
  const time = new Date(day * DAY_SECONDS * 1000);
  return [time.getUTCFullYear(), time.getUTCMonth() + 1, time.getUTCDate()];
}

/** The same as a text of its own. */
export function timeText(micros: bigint): string {
  const out = new Uint8Array(TIME_LENGTH);
  const halves = new Int32Array(BigInt64Array.of(micros).buffer);
  createTimeWriter()(out, viewOf(out), 0, halves[0] ?? 0, halves[1] ?? 0);
  return new TextDecoder().decode(out);
}
