/** The time that was read last: whole milliseconds since 1970 in UTC, and microseconds beyond them (0 to 999). */
export const time = { millis: 0, micros: 0 };

const DAY = 86_400_000;
/** Years 1 to 9999, in UTC: others have no text that readers take. */
const [FIRST, END] = [-62_135_596_800_000, 253_402_300_800_000];
const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/** Days since 1970-01-01 of a date of the Gregorian calendar; -Infinity where there is no such day. */
function daysOf(year: number, month: number, day: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const length = month === 2 ? (leap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > length) return Number.NEGATIVE_INFINITY;
  const before = year - 1;
  const leaps = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 477;
  return (year - 1970) * 365 + leaps + (DAYS_BEFORE[month - 1] as number) + (leap && month > 2 ? 1 : 0) + day - 1;
}

/**
 * `2026-11-21T03:00:00.1234567Z`, as all of Azure writes it; the seventh digit is cut off. Other spellings take longer.
 */
export function readTime(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start] as number;
  if (end - start < 1 || first < 0x30 || first > 0x39) return false;
  return readIso(bytes, start, end) || readTimeSlowly(Buffer.from(bytes.subarray(start, end)).toString('latin1'));
}

const two = (bytes: Uint8Array, at: number): number => {
  const tens = (bytes[at] as number) - 0x30;
  const ones = (bytes[at + 1] as number) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
};

function readIso(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 20 || bytes[end - 1] !== 0x5a) return false;
  const isApart = bytes[start + 4] === 0x2d && bytes[start + 7] === 0x2d && bytes[start + 10] === 0x54;
  if (!isApart || bytes[start + 13] !== 0x3a || bytes[start + 16] !== 0x3a) return false;
  const year = two(bytes, start) * 100 + two(bytes, start + 2);
  const days = daysOf(year, two(bytes, start + 5), two(bytes, start + 8));
  const [hours, minutes] = [two(bytes, start + 11), two(bytes, start + 14)];
  const seconds = two(bytes, start + 17);
  if (!(days > Number.NEGATIVE_INFINITY && hours < 24 && minutes < 60 && seconds < 60)) return false;
  let micros = 0;
  if (end - start > 20) {
    if (bytes[start + 19] !== 0x2e) return false;
    let digits = 0;
    for (let at = start + 20; at < end - 1; at++) {
      const digit = (bytes[at] as number) - 0x30;
      if (digit < 0 || digit > 9) return false;
      if (digits++ < 6) micros = micros * 10 + digit;
    }
    for (; digits < 6; digits++) micros *= 10;
  }
  setTime(days * DAY + hours * 3_600_000 + minutes * 60_000 + seconds * 1000, micros);
  return true;
}

function setTime(whole: number, micros: number): void {
  const millis = Math.floor(micros / 1000);
  time.millis = whole + millis;
  time.micros = micros - millis * 1000;
}

const DATE = /^(\d{1,4})[-/](\d{1,2})[-/](\d{1,2})/;
const CLOCK = /(?:[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?)?\s*/;
const ZONE = /(Z|UTC|GMT|[+-](?:[01]?\d|2[0-3])(?::?[0-5]\d)?)?$/;
const TIME = new RegExp(DATE.source + CLOCK.source + ZONE.source, 'i');

function readTimeSlowly(text: string): boolean {
  const parts = TIME.exec(text.trim());
  if (parts === null) return false;
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = parts
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const days = daysOf(year, month, day);
  if (!Number.isFinite(days) || hours > 23 || minutes > 59 || seconds > 59) return false;
  const micros = Number((parts[7] ?? '').slice(0, 6).padEnd(6, '0'));
  const clock = (hours * 60 + minutes) * 60_000 + seconds * 1000;
  const whole = days * DAY + clock - offsetOf(parts[8] ?? '');
  if (whole < FIRST || whole >= END) return false;
  setTime(whole, micros);
  return true;
}

/** Milliseconds of `+01:30`. */
function offsetOf(zone: string): number {
  const parts = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(zone);
  if (parts === null) return 0;
  return (parts[1] === '-' ? -1 : 1) * (Number(parts[2]) * 60 + Number(parts[3] ?? 0)) * 60_000;
}
