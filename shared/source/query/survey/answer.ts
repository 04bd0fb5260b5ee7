import type { AnswerColumn, Look, Millis, Window } from '../../../model.ts';
import type { Covered } from './stretches.ts';

/** Rows of a step of a stretch. */
interface Bin {
  readonly signal: string;
  readonly start: Millis;
  readonly rows: number;
  /** UTC text with seven digits, so that it compares as text; '' where none was told. */
  readonly latest: string;
  /** Undefined where none was told. */
  readonly ids: bigint | undefined;
}

/**
 * What the rows of an answer, a JSON array each, say of the windows of those stretches, each of which has a signal of
 * its own.
 */
export function looksOf(
  stretches: readonly Covered[],
  columns: readonly AnswerColumn[],
  rows: readonly string[],
): Map<Window, Look> {
  const bins = binsIn(columns, rows);
  const looks = new Map<Window, Look>();
  for (const { signal, windows } of stretches) {
    const own = bins.filter((bin) => bin.signal === signal);
    for (const window of windows) {
      // Of a window alone the first bin may begin before it.
      const inside = ({ start }: Bin) => windows.length === 1 || (window.start <= start && start < window.end);
      looks.set(window, { fingerprint: fingerprintOf(own.filter(inside)), empty: false });
    }
  }
  return looks;
}

/** `rows:12 latest:2026-11-21T03:00:00.1234567Z ids:123456`; what was not told is left out. */
function fingerprintOf(bins: readonly Bin[]): string {
  const rows = bins.reduce((sum, bin) => sum + bin.rows, 0);
  const latest =
    bins
      .map((bin) => bin.latest)
      .toSorted()
      .at(-1) ?? '';
  const told = bins.length > 0 && bins.every(({ ids }) => ids !== undefined);
  const ids = bins.reduce((sum, bin) => sum + (bin.ids ?? 0n), 0n);
  return [`rows:${rows}`, ...(latest === '' ? [] : [`latest:${latest}`]), ...(told ? [`ids:${ids}`] : [])].join(' ');
}

function binsIn(columns: readonly AnswerColumn[], rows: readonly string[]): Bin[] {
  const names = columns.map(({ name }) => name.toLowerCase());
  const place = (name: string) => names.indexOf(name);
  const [signal, start, count, latest, ids] = ['signal', 'start', 'rows', 'latest', 'ids'].map(place) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return rows.map((row) => {
    const cells: readonly unknown[] = JSON.parse(row);
    return {
      signal: String(cells[signal]),
      start: Date.parse(timeText(cells[start])),
      rows: Number(cells[count]),
      latest: timeText(cells[latest]),
      ids: wholeNumber(cells[ids]),
    };
  });
}

const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|[+-]00:?00)?$/i;

/** An endpoint leaves out zeros at the end of a fraction, and maybe the zone: UTC, whatever this machine's is. */
function timeText(cell: unknown): string {
  const [, date, time, fraction = ''] = TIME.exec(String(cell ?? '')) ?? [];
  return date === undefined ? '' : `${date}T${time}.${fraction.slice(0, 7).padEnd(7, '0')}Z`;
}

function wholeNumber(cell: unknown): bigint | undefined {
  if (typeof cell === 'number' && Number.isInteger(cell)) return BigInt(cell);
  return typeof cell === 'string' && /^-?\d+$/.test(cell) ? BigInt(cell) : undefined;
}
