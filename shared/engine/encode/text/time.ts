const DAY_SECONDS = 86_400;
const ZERO = 0x30;

/** Bytes of `2026-11-21T03:00:00.123456Z`. */
export const TIME_LENGTH = 27;

/**
 * Writes µs since 1970, given as 32 bit halves, at `at` as ISO 8601 with exactly six digits. Years from 1 to 9999. The
 * text of the second is kept: records of one window share most of it.
 */
export function createTimeWriter(): (out: Uint8Array, at: number, low: number, high: number) => void {
  const text = new Uint8Array(TIME_LENGTH);
  text.set(new TextEncoder().encode('0000-00-00T00:00:00.000000Z'));
  let [known, knownDay] = [Number.NaN, Number.NaN];

  function digits(at: number, count: number, value: number): void {
    let rest = value;
    for (let index = at + count - 1; index >= at; index--) {
      text[index] = ZERO + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }

  function putSecond(second: number): void {
    const day = Math.floor(second / DAY_SECONDS);
    const rest = second - day * DAY_SECONDS;
    if (day !== knownDay) {
      const [year, month, date] = dateOf(day);
      digits(0, 4, year);
      digits(5, 2, month);
      digits(8, 2, date);
    }
    digits(11, 2, Math.floor(rest / 3600));
    digits(14, 2, Math.floor(rest / 60) % 60);
    digits(17, 2, rest % 60);
    [known, knownDay] = [second, day];
  }

  return (out, at, low, high) => {
    const [second, micros] = secondsOf(low, high);
    if (second !== known) putSecond(second);
    digits(20, 6, micros);
    for (let index = 0; index < TIME_LENGTH; index++) out[at + index] = text[index] as number;
  };
}

/** Whole seconds, rounded down, and µs. A double holds the µs of 285 years around 1970 only. */
function secondsOf(low: number, high: number): [second: number, micros: number] {
  const micros = high * 2 ** 32 + (low >>> 0);
  if (Math.abs(micros) < 2 ** 53) {
    const second = Math.floor(micros / 1e6);
    return [second, micros - second * 1e6];
  }
  const exact = (BigInt(high) << 32n) + BigInt(low >>> 0);
  const rest = ((exact % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return [Number((exact - rest) / 1_000_000n), Number(rest)];
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
  createTimeWriter()(out, 0, halves[0] ?? 0, halves[1] ?? 0);
  return new TextDecoder().decode(out);
}
