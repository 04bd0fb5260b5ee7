import type { Millis } from '../model.ts';

const units: Readonly<Record<string, Millis>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `15m`, `1h`, `1d`, `30s` → milliseconds; undefined when it is not written so. */
export function durationOf(text: string): Millis | undefined {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  return count === undefined || unit === undefined ? undefined : Number(count) * (units[unit] ?? 0);
}

/** The shortest spelling: 3600000 → `1h`. Whole seconds only. */
export function durationText(length: Millis): string {
  const unit = ['d', 'h', 'm'].find((name) => length > 0 && length % (units[name] ?? 1) === 0) ?? 's';
  return `${length / (units[unit] ?? 1)}${unit}`;
}

/**
 * An ISO 8601 date or date and time → milliseconds; undefined when it is not one. Without an offset it is UTC, never
 * local time: the same settings must mean the same range on every machine.
 */
export function instantOf(text: string): Millis | undefined {
  const found = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(\.\d{1,7})?(Z|[+-]\d{2}:\d{2})?)?$/.exec(text);
  if (!found) return undefined;
  const [, day, minutes = '00:00', seconds = ':00', fraction = '', offset = 'Z'] = found;
  if (minutes > '23:59') return undefined;
  const midnight = Date.parse(`${day}T00:00:00Z`);
  // V8 reads 2024-02-30 as 1 March
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return undefined;
  const instant = Date.parse(`${day}T${minutes}${seconds}${fraction.slice(0, 4)}${offset}`);
  return Number.isNaN(instant) ? undefined : instant;
}

/** No settings nest deeper by far; what does would end in a stack without words. */
const DEEPEST = 32;

export const tooDeep = `nests more than ${DEEPEST} deep`;

/** Whether lists and objects of a parsed value lie in one another more often than settings do. */
export function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
}

/** Hosts of this very machine: there plain http and no credentials are in order. */
export const isLoopback = (url: URL): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);

/** The address, when it is https, or http on this machine. */
export function secureUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)) ? url : undefined;
}
