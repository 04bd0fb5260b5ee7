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
 * its own. Throws where one is not understood: its window would seem to have no rows. `name`: what was asked.
 */
export function looksOf(
  name: string,
  stretches: readonly Covered[],
  columns: readonly AnswerColumn[],
  rows: readonly string[],
): Map<Window, Look> {
  const all = binsIn(columns, rows);
  const odd = all.findIndex((bin) => !isUnderstood(bin, stretches));
  if (odd >= 0)
    throw new Error(
      `${name}: the answer has a row that is not understood, ${rows[odd]?.slice(0, 200)} under ` +
        `${columns.map((column) => column.name).join(', ')}; nothing is taken for changed`,
    );
  const bins = Map.groupBy(all, ({ signal }) => signal);
  const looks = new Map<Window, Look>();
  for (const { signal, windows } of stretches) {
    const own = (bins.get(signal) ?? []).toSorted((one, other) => one.start - other.start);
    for (const window of windows) {
      // Of a window alone the first bin may begin before it.
      const inside = windows.length === 1 ? own : own.slice(firstAt(own, window.start), firstAt(own, window.end));
      looks.set(window, { fingerprint: fingerprintOf(inside), empty: false });
    }
  }
  return looks;
}

const isUnderstood = ({ signal, start, rows }: Bin, stretches: readonly Covered[]): boolean =>
  !Number.isNaN(start) && Number.isInteger(rows) && rows >= 0 && stretches.some((stretch) => stretch.signal === signal);

/** The place of the first bin that begins then or later. */
function firstAt(bins: readonly Bin[], at: Millis): number {
  let [low, high] = [0, bins.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((bins[middle]?.start ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
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

const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):?(\d\d))?$/i;
const minute = 60_000;

/**
 * In UTC. An endpoint leaves out zeros at the end of a fraction, and maybe the zone: UTC, whatever this machine's is.
 */
function timeText(cell: unknown): string {
  const [, date, time, fraction = '', sign = '+', hours = 0, minutes = 0] = TIME.exec(String(cell ?? '')) ?? [];
  const local = Date.parse(`${date}T${time}Z`);
  if (Number.isNaN(local)) return '';
  const ahead = Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * minute;
  const seconds = new Date(local - ahead).toISOString().slice(0, 19);
  return `${seconds}.${fraction.slice(0, 7).padEnd(7, '0')}Z`;
}

function wholeNumber(cell: unknown): bigint | undefined {
  if (typeof cell === 'number' && Number.isInteger(cell)) return BigInt(cell);
  return typeof cell === 'string' && /^-?\d+$/.test(cell) ? BigInt(cell) : undefined;
}
