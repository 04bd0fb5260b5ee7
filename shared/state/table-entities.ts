/** Ledger entries as entities of Table Storage. Pure. */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { DayAudit, DriftSighting, Feed, FileRecord, Interval, LedgerEntry, Millis } from '../model.ts';
import { auditOf, auditRecord } from './audit-record.ts';
import { componentKey } from './document-names.ts';
import { driftKey } from './drift-record.ts';
import { entryOf, entryRecord, TOTALS } from './entry-record.ts';

/**
 * A string property holds 32 Ki characters, an entity 1 MiB: so many pieces of so many characters leave room for the
 * rest.
 */
const PIECE = 30_000;
const MAX_PIECES = 15;
/** Before a list of files that is packed. */
const PACKED = 'gzip:';
const COUNTS = ['rowsRead', 'rowsWritten', 'rowsDeduplicated', 'rowsFiltered', 'quarantined', 'asked'].concat(
  TOTALS.map(([spelled]) => spelled),
);

export interface Keys {
  readonly partitionKey: string;
  readonly rowKey: string;
}

/**
 * Keys cannot hold `/ \ # ?` and control characters; `|` parts words. Anything unusual becomes `~` and its code in 4
 * hex digits.
 */
function keyWord(text: string): string {
  return text.replace(/[^A-Za-z0-9._ -]/g, (char) => `~${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export const feedWords = ({ app, source, signal }: Feed): string => [app, source, signal].map(keyWord).join('|');

/** One partition per feed and lake: what must change together lies together. */
export const feedPartition = (lakeId: string, feed: Feed): string => `${keyWord(lakeId)}|${feedWords(feed)}`;

/** Row keys sort by time: all instants are spelled with the same length. */
const rowTime = (time: Millis): string => new Date(Math.min(Math.max(time, 0), Date.UTC(9999, 0))).toISOString();
export const windowRow = ({ start, end }: Interval): string => `w|${rowTime(start)}_${rowTime(end)}`;
/** A copy of each open entry, written in the same transaction: so open() reads what is open and nothing else. */
export const openRow = ({ start, end }: Interval): string => `o|${rowTime(start)}_${rowTime(end)}`;
export const auditRow = (day: Millis): string => `a|${rowTime(day)}`;
export const PROGRESS_ROW = 'p';
/** Marks on days whose tally is behind. Beyond `p!`, which is where versions without tallies end to read. */
export const MARKS = { from: `${PROGRESS_ROW}|`, to: `${PROGRESS_ROW}}` };
/** They sort next to each other: one query brings what is open, how far the feed has come, and the marks. */
export const OPEN_AND_PROGRESS = { from: 'o|', to: MARKS.to };
/** Tallies of all feeds of the lake. */
export const dayPartition = (lakeId: string): string => `${keyWord(lakeId)}|days`;
/** All rows whose key starts with `kind|` and whose start lies in the range. */
export const rowRange = (
  kind: 'w' | 'o' | 'f' | 'd' | 'a',
  { start, end }: Partial<Interval> = {},
): { from: string; to: string } => ({
  from: start === undefined ? `${kind}|` : `${kind}|${rowTime(start)}`,
  to: end === undefined ? `${kind}}` : `${kind}|${rowTime(end)}`,
});

/** The lake's own partition: which feeds there are, and a row that shows that the table can be written. */
export const lakePartition = (lakeId: string): string => keyWord(lakeId);
export const feedRow = (feed: Feed): string => `f|${feedWords(feed)}`;
/**
 * What a feed has read stands in a property for each: so whoever says it merges it in, and takes nothing away.
 */
export const originProperty = (origin: string | undefined): Readonly<Record<string, string>> =>
  origin === undefined ? {} : { [`origin${componentKey(origin)}`]: origin };
export const originsIn = (entity: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.entries(entity).flatMap(([name, value]) => (/^origin[0-9a-f]{32}$/.test(name) ? [String(value)] : []));
export const driftRow = (sighting: DriftSighting): string => `d|${driftKey(sighting)}`;
/** The name that an export folder goes by. */
export const appRow = (component: string): string => `a|${componentKey(component)}`;
export const LAKE_ROW = 'lake';
/** How the ledger knows its lake. */
export const MARK_ROW = 'mark';
export const SWEPT_ROW = 'swept';

/** Throws when the list of files does not fit into an entity. */
export function entryEntity(keys: Keys, entry: LedgerEntry): Keys & Record<string, unknown> {
  const record = Object.entries(entryRecord(entry)).map(([name, value]) => [
    name,
    COUNTS.includes(name) ? int64(Number(value)) : value,
  ]);
  const files = JSON.stringify(entry.files.map(filePieces));
  // Long paths differ in a few letters: packed, thousands of them fit. Not before they must, since older versions
  // cannot read that.
  const fits = files.length <= PIECE * MAX_PIECES;
  const pieces = piecesOf(fits ? files : `${PACKED}${gzipSync(files).toString('base64')}`);
  if (pieces.length > MAX_PIECES) {
    const what = `${entry.files.length} files are more than an entry of the ledger can name`;
    throw new Error(
      `write the ledger entry of ${entry.window.app} ${entry.window.signal}: ${what}; shorten LAKE_PATH, or ` +
        'choose a shorter window',
    );
  }
  const named = pieces.map((text, n) => [`files${n}`, text]);
  return { ...keys, ...Object.fromEntries(record), filePieces: pieces.length, ...Object.fromEntries(named) };
}

export function entityEntry(entity: Readonly<Record<string, unknown>>): LedgerEntry {
  // Updates merge: pieces of a longer list that was there before may still stand behind the last one.
  const pieces = Array.from({ length: Number(entity.filePieces ?? 0) }, (_, n) => String(entity[`files${n}`] ?? ''));
  const rows: FileLine[] = pieces.length === 0 ? [] : JSON.parse(unpacked(pieces.join('')));
  const files = rows.map(([path, signal, count, bytes, etag, hash]) => ({
    ...{ path, signal, rows: count, bytes },
    ...(etag !== undefined && hash !== undefined && { etag, hash }),
  }));
  return entryOf(entity, files);
}

/** Older versions take the first four. */
type FileLine = [path: string, signal: FileRecord['signal'], rows: number, bytes: number, etag?: string, hash?: string];

const filePieces = ({ path, signal, rows, bytes, etag, hash }: FileRecord): FileLine =>
  etag === undefined || hash === undefined ? [path, signal, rows, bytes] : [path, signal, rows, bytes, etag, hash];

export function auditEntity(keys: Keys, audit: DayAudit): Keys & Record<string, unknown> {
  const { windows, ...record } = auditRecord(audit);
  const pieces = piecesOf(JSON.stringify(windows));
  const named = pieces.map((text, n) => [`windows${n}`, text]);
  return { ...keys, ...record, windowPieces: pieces.length, ...Object.fromEntries(named) };
}

export function entityAudit(entity: Readonly<Record<string, unknown>>): DayAudit {
  const pieces = Array.from({ length: Number(entity.windowPieces ?? 0) }, (_, n) =>
    String(entity[`windows${n}`] ?? ''),
  );
  return auditOf({ ...entity, windows: JSON.parse(pieces.join('') || '[]') });
}

const piecesOf = (text: string): string[] =>
  Array.from({ length: Math.ceil(text.length / PIECE) }, (_, n) => text.slice(n * PIECE, (n + 1) * PIECE));

const unpacked = (text: string): string =>
  text.startsWith(PACKED) ? gunzipSync(Buffer.from(text.slice(PACKED.length), 'base64')).toString() : text;

/** A plain number beyond 31 bits would be refused. */
const int64 = (value: number) => ({ type: 'Int64', value: String(value) });
