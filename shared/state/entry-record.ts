/** How a ledger entry is spelled where it is kept: flat, for people and for Table Storage. Pure. */
import type { FileRecord, LedgerEntry, Millis, Progress, Signal, Totals, WindowState } from '../model.ts';

/**
 * The newest version of the state that this code knows. It rises only when an older instance would do harm with the
 * newer state; new properties alone do not raise it: who does not know them leaves them alone. 2: windows that were
 * halved, which an older one would run. 3: windows that are retired, likewise.
 */
export const STATE_VERSION = 3;
/** The version that all other state is written in: an older instance gets on with it. */
export const COMMON_VERSION = 1;

/** An entry without its files. Instants as ISO 8601 in UTC with milliseconds, '' for none (0). */
export interface EntryRecord {
  readonly stateVersion: number;
  readonly app: string;
  readonly signal: string;
  readonly source: string;
  readonly start: string;
  readonly end: string;
  readonly state: string;
  readonly revision: number;
  readonly attempts: number;
  /** Missing in what older versions wrote: 0. */
  readonly died: number;
  readonly leaseUntil: string;
  readonly notBefore: string;
  readonly hintedAt: string;
  readonly again: boolean;
  readonly fingerprint: string;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly rowsDeduplicated: number;
  /** Missing in what older versions wrote: 0. */
  readonly rowsFiltered: number;
  readonly quarantined: number;
  readonly asked: number;
  readonly startedAt: string;
  readonly doneAt: string;
  readonly error: string;
  /** '' where no backfill asked for it; missing in what older versions wrote. */
  readonly backfill: string;
  /** Missing where no backfill has put it there, and in what older versions wrote. */
  readonly past?: boolean;
  /** '' where it is not known; missing in what older versions wrote. */
  readonly origin: string;
  /** What all runs add up to (`Totals`); missing before the first has ended, and in what older versions wrote. */
  readonly askedTotal?: number;
  readonly askedInVain?: number;
  readonly rowsLate?: number;
  readonly rowsPurged?: number;
  readonly delay?: number;
}

/** How each of the totals is spelled. */
export const TOTALS = [
  ['askedTotal', 'asked'],
  ['askedInVain', 'wasted'],
  ['rowsLate', 'late'],
  ['rowsPurged', 'purged'],
  ['delay', 'delay'],
] as const satisfies readonly (readonly [keyof EntryRecord, keyof Totals])[];

/** Not at rest. */
export const isOpen = (entry: LedgerEntry): boolean =>
  !['halved', 'retired'].includes(entry.state) && (!['done', 'unavailable'].includes(entry.state) || entry.again);

/**
 * What `open` of a ledger lists: also what is at rest but has empty files, which are to go one day. Those of retired
 * windows, thousands maybe, are seen to by what retires them.
 */
export const isWatched = (entry: LedgerEntry): boolean =>
  isOpen(entry) || (entry.state !== 'retired' && entry.files.some(({ rows }) => rows === 0));

export const spellTime = (time: Millis): string => (time === 0 ? '' : new Date(time).toISOString());

export function readTime(text: unknown): Millis {
  return text === '' || typeof text !== 'string' ? 0 : Date.parse(text);
}

/** Of entries that older versions would take for others. */
const stateVersions: Partial<Record<WindowState, number>> = { halved: 2, retired: STATE_VERSION };

/** An error text is cut at this many characters: it is there to be read. */
const ERROR_LIMIT = 4000;

export function entryRecord(entry: LedgerEntry): EntryRecord {
  const { window, counts } = entry;
  return {
    stateVersion: stateVersions[entry.state] ?? COMMON_VERSION,
    app: window.app,
    signal: window.signal,
    source: window.source,
    start: new Date(window.start).toISOString(),
    end: new Date(window.end).toISOString(),
    state: entry.state,
    revision: entry.revision,
    attempts: entry.attempts,
    died: entry.died,
    leaseUntil: spellTime(entry.leaseUntil),
    notBefore: spellTime(entry.notBefore),
    hintedAt: spellTime(entry.hintedAt),
    again: entry.again,
    fingerprint: entry.fingerprint,
    rowsRead: counts.read,
    rowsWritten: counts.written,
    rowsDeduplicated: counts.deduplicated,
    rowsFiltered: counts.filtered ?? 0,
    quarantined: counts.quarantined,
    asked: entry.asked,
    startedAt: spellTime(entry.startedAt),
    doneAt: spellTime(entry.doneAt),
    error: entry.error.slice(0, ERROR_LIMIT),
    backfill: entry.backfill ?? '',
    ...(entry.past && { past: true }),
    origin: entry.origin ?? '',
    ...totalsRecord(entry.totals),
  };
}

function totalsRecord(totals: Totals | undefined): Partial<EntryRecord> {
  if (totals === undefined) return {};
  return Object.fromEntries(
    TOTALS.flatMap(([spelled, name]) => (totals[name] === undefined ? [] : [[spelled, totals[name]]])),
  );
}

function totalsOf(record: Readonly<Record<string, unknown>>): Totals | undefined {
  if (record.askedTotal === undefined) return undefined;
  const [asked, wasted, late, purged] = TOTALS.map(([spelled]) => Number(record[spelled] ?? 0));
  const delay = record.delay === undefined ? {} : { delay: Number(record.delay) };
  return { asked: asked ?? 0, wasted: wasted ?? 0, late: late ?? 0, purged: purged ?? 0, ...delay };
}

/**
 * Reads what entryRecord wrote, or an older version of it: what is missing counts as empty. Throws on a newer state
 * version.
 */
export function entryOf(record: Readonly<Record<string, unknown>>, files: readonly FileRecord[]): LedgerEntry {
  checkStateVersion(record);
  const word = (name: keyof EntryRecord) => String(record[name] ?? '');
  const count = (name: keyof EntryRecord) => Number(record[name] ?? 0);
  const time = (name: keyof EntryRecord) => readTime(record[name]);
  const totals = totalsOf(record);
  return {
    window: {
      app: word('app'),
      signal: word('signal') as Signal,
      source: word('source'),
      start: time('start'),
      end: time('end'),
    },
    state: word('state') as WindowState,
    revision: count('revision'),
    attempts: count('attempts'),
    died: count('died'),
    leaseUntil: time('leaseUntil'),
    notBefore: time('notBefore'),
    hintedAt: time('hintedAt'),
    again: record.again === true,
    files,
    fingerprint: word('fingerprint'),
    counts: {
      read: count('rowsRead'),
      written: count('rowsWritten'),
      deduplicated: count('rowsDeduplicated'),
      quarantined: count('quarantined'),
      ...(count('rowsFiltered') > 0 && { filtered: count('rowsFiltered') }),
    },
    asked: count('asked'),
    ...(totals && { totals }),
    startedAt: time('startedAt'),
    doneAt: time('doneAt'),
    error: word('error'),
    ...(word('backfill') !== '' && { backfill: word('backfill') }),
    ...(record.past === true && { past: true }),
    ...(word('origin') !== '' && { origin: word('origin') }),
  };
}

export function toProgress(record: Readonly<Record<string, unknown>>): Progress {
  checkStateVersion(record);
  const { origin } = record;
  return {
    ...{ horizon: readTime(record.horizon), watermark: readTime(record.watermark) },
    ...(record.regaining === true && { regaining: true }),
    ...(typeof origin === 'string' && origin !== '' && { origin }),
    ...(origin === undefined && { early: true }),
  };
}

export function checkStateVersion(record: Readonly<Record<string, unknown>>): void {
  const version = Number(record.stateVersion ?? 0);
  if (version <= STATE_VERSION) return;
  const what = `state version ${version}, this one knows ${STATE_VERSION}`;
  throw new Error(`read the ledger: a newer version of Insights Lake wrote it (${what}); upgrade this instance`);
}
