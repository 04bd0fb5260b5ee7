/** What became of a text that should be a number. */
export const FIT = {
  yes: 0,
  /** It is none, or beyond what the type holds. */
  no: 1,
  /** The column holds the nearest double, which is another number. */
  rounded: 2,
} as const;

/** What the last reading found: one at a time. `whole`: of `readWhole`, where `value` cannot hold it exactly. */
export const number = { value: 0, whole: undefined as bigint | undefined };

const POWERS = Array.from({ length: 23 }, (_, power) => 10 ** power);
/** So many digits a double always holds. */
const SAFE_DIGITS = 15;

/** A double from its text; the spellings of NaN and the infinities, too. */
export function readReal(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const negative = bytes[at] === 0x2d;
  if (negative) at++;
  let mantissa = 0;
  let digits = 0;
  let point = -1;
  for (; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte >= 0x30 && byte <= 0x39) {
      mantissa = mantissa * 10 + byte - 0x30;
      digits++;
    } else if (byte === 0x2e && point < 0) point = at;
    else break;
  }
  if (at < end || digits === 0 || digits > SAFE_DIGITS) return readRealSlowly(textOf(bytes, start, end));
  // Of two doubles that are exact the quotient is the nearest double there is.
  const value = point < 0 ? mantissa : mantissa / (POWERS[end - point - 1] as number);
  number.value = negative ? -value : value;
  return FIT.yes;
}

/** Texts of numbers are short; what is longer is none that anybody wrote, and is not turned over for long. */
const LONGEST = 1100;

const textOf = (bytes: Uint8Array, start: number, end: number): string =>
  end - start > LONGEST ? '' : Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');

const REAL = /^[+-]?(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?$/;
const WORDS: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
};

function readRealSlowly(text: string): number {
  const trimmed = text.trim();
  const parts = REAL.exec(trimmed);
  if (parts === null) {
    const word = WORDS[trimmed.replace(/^[+-]/, '').toLowerCase()];
    if (word === undefined) return FIT.no;
    number.value = trimmed.startsWith('-') ? -word : word;
    return FIT.yes;
  }
  number.value = Number(trimmed);
  // As .NET prints its largest double with 15 digits.
  if (!Number.isFinite(number.value)) return FIT.no;
  return isRounded(parts[1] ?? '', parts[2] ?? parts[3] ?? '', parts[4] ?? '') ? FIT.rounded : FIT.yes;
}

/**
 * Seventeen digits are what it takes to write any double; a text with more, or a whole number that is none, was
 * something else.
 */
function isRounded(whole: string, fraction: string, exponent: string): boolean {
  const digits = `${whole}${fraction}`.replace(/^0+/, '').replace(/0+$/, '');
  if (digits.length <= SAFE_DIGITS) return digits !== '' && number.value === 0;
  return exponent === '' && fraction === '' ? BigInt(whole) !== magnitude() : digits.length > 17;
}

const magnitude = (): bigint => BigInt(Math.abs(number.value));

const [LEAST, MOST] = [-(2n ** 63n), 2n ** 63n - 1n];

/** A whole number of 64 bits, `4.0` and `1e3` too. */
export function readWhole(bytes: Uint8Array, start: number, end: number): number {
  number.whole = undefined;
  let at = start;
  const negative = bytes[at] === 0x2d;
  if (negative) at++;
  let value = 0;
  const first = at;
  for (; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x30 || byte > 0x39) break;
    value = value * 10 + byte - 0x30;
  }
  if (at === end && at > first && at - first <= SAFE_DIGITS) {
    number.value = negative ? -value : value;
    return FIT.yes;
  }
  return readWholeSlowly(textOf(bytes, start, end));
}

function readWholeSlowly(text: string): number {
  number.whole = undefined;
  const trimmed = text.trim();
  if (/^[+-]?\d+$/.test(trimmed)) {
    const whole = BigInt(trimmed.replace('+', ''));
    if (whole < LEAST || whole > MOST) return FIT.no;
    number.whole = whole;
    number.value = Number(whole);
    return FIT.yes;
  }
  const fit = readRealSlowly(trimmed);
  return fit === FIT.yes && Number.isSafeInteger(number.value) ? FIT.yes : FIT.no;
}
