import type { Millis } from '../model.ts';

/** The last instant that four digits of a year can spell. */
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * An instant for file names: `20261121T0300Z`, with seconds (`20261121T030015Z`) and milliseconds
 * (`20261121T030015250Z`) only where they are not zero. Different instants are spelled differently; only letters and
 * digits, always ending in `Z`.
 */
export function compactTime(time: Millis): string {
  if (!Number.isInteger(time) || time < 0 || time > LAST)
    throw new Error(`spell ${time} as a time: must be whole ms between 1970 and 9999`);
  const digits = new Date(time).toISOString().replace(/[-:.Z]/g, '');
  return `${digits.replace(/(0{5}|0{3})$/, '')}Z`;
}
