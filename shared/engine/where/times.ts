/** Ticks of 100 ns in a µs, a second, a day. */
export const TICKS_PER_MICRO = 10n;
const SECOND = 10_000_000n;
const DAY = 86_400n * SECOND;

const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?:(:\d\d)(?:\.(\d{1,9}))?)?\s*(Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?)?$/i;

/**
 * An ISO 8601 time (UTC unless it says otherwise) in ticks since 1970; undefined where it is none. Digits beyond the
 * seventh are cut off.
 */
export function datetimeOf(text: string): bigint | undefined {
  const [, date = '', clock = '00:00', seconds = ':00', fraction = '', zone = 'Z'] = DATE.exec(text.trim()) ?? [];
  const offset = zone.toUpperCase().replace(/(\d\d)(\d\d)$/, '$1:$2');
  const millis = Date.parse(`${date}T${clock}${seconds}${offset}`);
  // Date.parse turns the 30th of February into a day of March.
  const isDay = !Number.isNaN(millis) && new Date(date).toISOString().startsWith(date);
  if (!isDay || date.startsWith('0000')) return undefined;
  return BigInt(millis) * 10_000n + BigInt(fraction.slice(0, 7).padEnd(7, '0'));
}

/** Lengths of time, by what Kusto calls them. */
const UNITS: readonly (readonly [names: RegExp, ticks: bigint])[] = [
  [/^(d|days?)$/i, DAY],
  [/^(h|hrs?|hours?)$/i, 3600n * SECOND],
  [/^(m|min|minutes?)$/i, 60n * SECOND],
  [/^(s|sec|seconds?)$/i, SECOND],
  [/^(ms|millis?|milliseconds?)$/i, 10_000n],
  [/^(micros?|microseconds?)$/i, 10n],
  [/^ticks?$/i, 1n],
];

/** A length of time as literals write it, `1.5h`, `1.02:03:04.5` or days alone, in ticks; undefined: it is none. */
export function timespanOf(text: string): bigint | undefined {
  const trimmed = text.trim();
  if (/^-?\d+$/.test(trimmed)) return BigInt(trimmed) * DAY;
  const short = /^(-?)(\d+)(?:\.(\d+))?\s*([a-z]+)$/i.exec(trimmed);
  if (short === null) return clockOf(trimmed);
  const [, sign, whole = '', fraction = '', name = ''] = short;
  const unit = UNITS.find(([names]) => names.test(name))?.[1];
  if (unit === undefined) return undefined;
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
