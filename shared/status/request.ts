import type { Interval, Millis, Signal } from '../model.ts';

/** What is wrong with a request: the field, and what it must be. */
export class BadRequest extends Error {
  readonly field: string;

  constructor(field: string, text: string) {
    super(`${field}: ${text}`);
    this.name = 'BadRequest';
    this.field = field;
  }
}

export type Given = Readonly<Record<string, string | undefined>>;

/** What of the status is asked for. */
export interface StatusRequest extends Interval {
  /** Length of a cell of the strips. */
  readonly grain: Millis;
  /** '' and none: all. */
  readonly app: string;
  readonly signals: readonly Signal[];
}

/** Lengths of a cell, as they are asked for. */
export const GRAINS = { '15m': 900_000, '1h': 3_600_000, '6h': 21_600_000, '1d': 86_400_000 } as const;
/** Cells of one strip at most: a page shows no more, and an answer stays small. */
export const MAX_CELLS = 200;
const DAYS_BY_DEFAULT = 30;
const day: Millis = 86_400_000;

/** Throws BadRequest. Without a range the last 30 days; without a grain one that makes at most 120 cells. */
export function statusRequest(given: Given, now: Millis): StatusRequest {
  refuseOthers(given, ['from', 'to', 'grain', 'app', 'signal']);
  const end = timeIn(given, 'to') ?? Math.ceil(now / 3_600_000) * 3_600_000;
  const start = timeIn(given, 'from') ?? Math.floor((end - DAYS_BY_DEFAULT * day) / day) * day;
  if (start >= end) throw new BadRequest('from', 'must lie before to');
  if (end - start > 400 * day) throw new BadRequest('from', 'at most 400 days may be asked for at once');
  const word = given.grain ?? Object.entries(GRAINS).find(([, length]) => (end - start) / length <= 120)?.[0] ?? '1d';
  const grain = Object.hasOwn(GRAINS, word) ? GRAINS[word as keyof typeof GRAINS] : undefined;
  if (grain === undefined) throw new BadRequest('grain', `must be one of ${Object.keys(GRAINS).join(', ')}`);
  const from = Math.floor(start / grain) * grain;
  if (given.grain !== undefined && (end - from) / grain > MAX_CELLS)
    throw new BadRequest(
      'grain',
      `makes more than ${MAX_CELLS} cells of that range; ask for longer cells or less time`,
    );
  return { start: from, end, grain, app: given.app ?? '', signals: signalsIn(given) };
}

export interface WindowRequest {
  readonly app: string;
  readonly signal: Signal;
  /** '': of any source. */
  readonly source: string;
  /** A moment that the window covers. */
  readonly at: Millis;
}

/** Throws BadRequest. */
export function windowRequest(given: Given): WindowRequest {
  refuseOthers(given, ['app', 'signal', 'source', 'at']);
  const at = timeIn(given, 'at');
  if (at === undefined) throw new BadRequest('at', 'must be a time like 2026-01-31T06:00Z');
  if (!given.app) throw new BadRequest('app', 'must be the name of an app');
  const [signal] = signalsIn(given);
  if (signal === undefined) throw new BadRequest('signal', `must be one of ${SIGNAL_NAMES.join(', ')}`);
  return { app: given.app, signal, source: given.source ?? '', at };
}

export function refuseOthers(given: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const other = Object.keys(given).find((name) => !known.includes(name) && name !== 'code');
  if (other !== undefined) throw new BadRequest(other, `is not known here; there are ${known.join(', ')}`);
}

export function timeIn(given: Given, field: string): Millis | undefined {
  const text = given[field];
  if (text === undefined || text === '') return undefined;
  const at = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  // A day that its month does not have would be one of the next; 24:00 is the end of one that it has.
  const within = text.includes('T24:') ? at - 1 : at;
  const length = within === at ? 'YYYY-MM-DDTHH'.length : 'YYYY-MM-DD'.length;
  if (Number.isNaN(at) || !new Date(within).toISOString().startsWith(text.slice(0, length)))
    throw new BadRequest(field, 'must be a date or a time in UTC, like 2026-01-31 or 2026-01-31T06:00Z');
  return at;
}

function signalsIn({ signal }: Given): readonly Signal[] {
  if (signal === undefined || signal === '') return [];
  return signal.split(',').map((word) => signalNamed(word, 'signal'));
}

export function signalNamed(word: string, field: string): Signal {
  if (!SIGNAL_NAMES.includes(word)) throw new BadRequest(field, `must be one of ${SIGNAL_NAMES.join(', ')}`);
  return word as Signal;
}

const SIGNAL_NAMES: readonly string[] = [
  'requests',
  'dependencies',
  'exceptions',
  'traces',
  'customEvents',
  'customMetrics',
  'pageViews',
  'browserTimings',
  'availabilityResults',
  'performanceCounters',
] satisfies readonly Signal[];
