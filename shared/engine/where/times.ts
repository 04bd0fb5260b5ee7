/** Ticks of 100 ns in a µs, a second, a day. */
export const TICKS_PER_MICRO = 10n;
const SECOND = 10_000_000n;
const DAY = 86_400n * SECOND;

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * An ISO 8601 time (UTC unless it says otherwise) in ticks since 1970; undefined where it is none. Digits beyond the
 * seventh are cut off.
 */
export function datetimeOf(text: string): bigint | undefined {
  const found = DATE.exec(text.trim());
  if (found === null) return undefined;
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] =
    found;
  const millis = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // Date.parse turns the 30th of February into a day of March.
  if (Number.isNaN(millis) || new Date(millis).getUTCDate() !== Number(day) || year === '0000') return undefined;
  const offset = zoneMinutes(zone);
  if (offset === undefined) return undefined;
  return BigInt(millis - offset * 60_000) * 10_000n + BigInt(fraction.slice(0, 7).padEnd(7, '0'));
}

function zoneMinutes(zone: string): number | undefined {
  if (/^z$/i.test(zone)) return 0;
  const digits = zone.replace(/[^\d]/g, '');
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2))];
  if (hours > 14 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

const UNITS: Readonly<Record<string, bigint>> = {
  d: DAY,
  day: DAY,
  days: DAY,
  h: 3600n * SECOND,
  hr: 3600n * SECOND,
  hrs: 3600n * SECOND,
  hour: 3600n * SECOND,
  hours: 3600n * SECOND,
  m: 60n * SECOND,
  min: 60n * SECOND,
  minute: 60n * SECOND,
  minutes: 60n * SECOND,
  s: SECOND,
  sec: SECOND,
  second: SECOND,
  seconds: SECOND,
  ms: 10_000n,
  milli: 10_000n,
  millis: 10_000n,
  millisecond: 10_000n,
  milliseconds: 10_000n,
  micro: 10n,
  micros: 10n,
  microsecond: 10n,
  microseconds: 10n,
  nano: 0n,
  tick: 1n,
  ticks: 1n,
};

/** A length of time as literals write it, `1.5h` or `1.02:03:04.5`, in ticks; undefined where it is none. */
export function timespanOf(text: string): bigint | undefined {
  const trimmed = text.trim();
  const short = /^(-?)(\d+)(?:\.(\d+))?\s*([a-z]+)$/i.exec(trimmed);
  if (short === null) return clockOf(trimmed);
  const [, sign, whole = '', fraction = '', name = ''] = short;
  const unit = UNITS[name.toLowerCase()];
  if (unit === undefined || unit === 0n) return undefined;
  const ticks = (BigInt(whole + fraction) * unit) / 10n ** BigInt(fraction.length);
  return sign === '-' ? -ticks : ticks;
}

/** `[-][days.]hours:minutes[:seconds[.fraction]]`, as Kusto writes a timespan. */
function clockOf(text: string): bigint | undefined {
  const found = /^(-?)(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?$/.exec(text);
  if (found === null) return undefined;
  const [, sign, days = '0', hours = '', minutes = '', seconds = '0', fraction = ''] = found;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const whole = (BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds);
  const ticks = BigInt(days) * DAY + whole * SECOND + BigInt(fraction.padEnd(7, '0'));
  return sign === '-' ? -ticks : ticks;
}

/** As Kusto writes a datetime. */
export function datetimeText(ticks: bigint): string {
  const remainder = ((ticks % SECOND) + SECOND) % SECOND;
  const seconds = Number((ticks - remainder) / SECOND);
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(remainder).padStart(7, '0')}Z`;
}
