/** Words and numbers as the page shows them. Pure. */

export const countText = (count) => Math.round(count).toLocaleString('en-US');

/** 1234567 → `1.2 MB`. */
export function bytesText(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = bytes < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  const scaled = bytes / 1000 ** step;
  return `${step === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[step]}`;
}

/** Milliseconds → `12 min`, `3 h 20 min`, `2 days`. */
export function spanText(ms) {
  const minutes = Math.round(ms / 60000);
  if (ms < 60000) return `${Math.round(ms / 1000)} s`;
  if (minutes < 120 && minutes !== 60) return `${minutes} min`;
  if (minutes === 1440) return '1 day';
  if (minutes < 2880) return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`;
  return `${Math.round(minutes / 1440)} days`;
}

/** `2026-01-31 06:00`; UTC, as everything here. */
export const timeText = (iso) => (iso ? iso.slice(0, 16).replace('T', ' ') : '–');

/** `28d f d958f42` → cells, each a list of [letter, share]. */
export function cellsOf(text) {
  return text.split(' ').flatMap((token) => {
    const [, times, cell] = /^(\d*)(.*)$/.exec(token);
    const parts = [...cell.matchAll(/([a-z])(\d*)/g)].map(([, letter, share]) => [
      letter,
      share === '' ? 1 : share / 1000,
    ]);
    return Array.from({ length: times === '' ? 1 : Number(times) }, () => parts);
  });
}

/** `done 96 %, failed 4 %`. */
export function cellText(parts, letters) {
  if (parts.length === 0) return 'nothing';
  const percent = (share) => (share >= 0.995 ? '' : ` ${share < 0.01 ? '< 1' : Math.round(share * 100)} %`);
  return parts.map(([letter, share]) => `${letters[letter]}${percent(share)}`).join(', ');
}
