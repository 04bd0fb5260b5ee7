import type { Millis } from '../../shared/model.ts';

/** 1234567 → `1,234,567`. */
export const countText = (count: number): string => Math.round(count).toLocaleString('en-US');

/** Decimal units, as disks and bills have them: 1234567 → `1.2 MB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const scaled = bytes / 1000 ** step;
  return `${step === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[step]}`;
}

/** 65000 → `1m 05s`; rounded up to the second. */
export function spanText(length: Millis): string {
  const seconds = Math.ceil(length / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const two = (value: number): string => String(value).padStart(2, '0');
  if (hours > 0) return `${hours}h ${two(minutes)}m`;
  return minutes > 0 ? `${minutes}m ${two(seconds % 60)}s` : `${seconds}s`;
}

/** A window as people write it: `2026-01-31T06:00Z`. Seconds only where they matter. */
export const timeText = (at: Millis): string => new Date(at).toISOString().replace('.000Z', 'Z').replace(/:00Z$/, 'Z');
