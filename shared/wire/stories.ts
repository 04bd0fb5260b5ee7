import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { RangedFile } from '../engine/ledger-table/read.ts';
import { parquetFacts } from '../lake/parquet-facts.ts';
import { identityOf, intervalOf, usualTemplates } from '../lake/path-identity.ts';
import { defaultPathTemplate } from '../lake/path-template.ts';
import { feedPrefix, quarantinePath, windowPrefixes } from '../lake/paths.ts';
import type { Feed, FileRecord, Interval, LakeTables, ObjectStore, Signal, StoredObject, Window } from '../model.ts';
import type { AdoptPorts } from '../pipeline/adopt/adopt.ts';
import type { FileStory } from '../pipeline/adopt/found.ts';
import { createLakeLook, type LookPorts } from '../pipeline/adopt/lake-look.ts';
import type { LakeLook } from '../pipeline/adopt/take-in.ts';
import type { InLake } from '../pipeline/running/in-lake.ts';
import { signals } from '../signals/tables.ts';

/**
 * The files of one window that lie in a lake: a listing of what their paths begin with, for each signal that a window
 * of its source can have rows of, and what those say of themselves that are named like it. `near`: of the days of the
 * window and beside it, in its own signal and those of these files; and their further parts. `tables`: their logs tell
 * of their files, and only what was set aside beside them is looked for.
 */
export function windowFiles(
  lake: ObjectStore,
  templates: Iterable<string>,
  quarantine: string,
  tables: LakeTables | undefined,
) {
  const story = createStories(lake, templates, quarantine);
  const named = windowNames(templates, quarantine);
  return async (window: Window, near?: readonly FileRecord[]): Promise<readonly InLake[]> => {
    const found: FileStory[] = [];
    const all = tables ? [quarantinePath(window, quarantine)] : prefixesOf(window, templates, quarantine, near);
    for (const prefix of all)
      for await (const file of lake.list(prefix)) {
        const own = named(file.name);
        if (own === undefined || !isSame(own, window)) continue;
        const told = await story(file);
        if (typeof told === 'object' && isSame(told.window, window)) found.push(told);
      }
    return found;
  };
}

function prefixesOf(
  window: Window,
  templates: Iterable<string>,
  quarantine: string,
  near?: readonly FileRecord[],
): readonly string[] {
  const own = new Set([window.signal, ...(near ?? []).map(({ signal }) => signal)]);
  const all = beginnings(window, templates, (template, signal) =>
    near === undefined
      ? windowPrefixes(template, window, signal)
      : own.has(signal)
        ? windowPrefixes(template, window, signal, beside)
        : [],
  );
  const parts = (near ?? []).map(({ path }) => path.replace(/(_\d+)?\.[a-z.]+$/, ''));
  return leastOf([...all, ...parts, quarantinePath(window, quarantine)]);
}

const beside = { before: 24 * 3_600_000, after: 24 * 3_600_000 };

/** Blobs can hold records of other signals. */
const beginnings = (
  { source, signal }: Feed,
  templates: Iterable<string>,
  of: (template: string, signal: Signal) => readonly string[],
): readonly string[] =>
  [...new Set([...templates, ...usualTemplates])].flatMap((template) =>
    (source === 'query' ? [signal] : signals).flatMap((each) => of(template, each)),
  );

/** None begins like another. */
function leastOf(prefixes: readonly string[]): readonly string[] {
  const sorted = [...new Set(prefixes)].toSorted();
  return sorted.filter((each, n) => !sorted.some((other, m) => m < n && each.startsWith(other)));
}

const isSame = (one: Window, other: Window): boolean =>
  one.app === other.app &&
  one.signal === other.signal &&
  one.source === other.source &&
  one.start === other.start &&
  one.end === other.end;

/** Whose file it is by its name, set aside or not; undefined: none of these templates made it. */
export const windowNames =
  (templates: Iterable<string>, quarantine: string) =>
  (path: string): Window | undefined =>
    identityOf(path.startsWith(`${quarantine}/`) ? path.slice(quarantine.length + 1) : path, templates)?.window;

/** How the lake is looked at for windows that its ledger has lost. */
export function lakeLook(
  { lake, tables, clock }: Pick<LookPorts, 'lake' | 'clock' | 'tables'> & { readonly lake: ObjectStore },
  templates: Iterable<string>,
  quarantine: string,
  more: Pick<LookPorts, 'ready' | 'rules'> & Partial<Pick<LookPorts, 'story'>>,
): LakeLook {
  const hours = [defaultPathTemplate('hour')];
  // Of a query feed's files none holds rows of another signal.
  const below = (feed: Feed, of: Iterable<string>, range?: Interval, own = feed.source === 'query') =>
    leastOf(
      beginnings(own ? { ...feed, source: 'query' } : feed, of, (template, signal) =>
        range === undefined
          ? [feedPrefix(template, feed.app, signal)]
          : windowPrefixes(beforeTimes(template), { ...feed, ...reach(range) }, signal, farOf(feed)),
      ),
    );
  return createLakeLook({
    ...{ lake, clock, ...(tables && { tables }), story: createStories(lake, templates, quarantine), ...more },
    named: windowNames(templates, quarantine),
    own: (feed, range) => below(feed, templates, range, true),
    beginnings: (feed, range) => below(feed, templates, range),
    aside: (feed, range) => below(feed, hours, range, true).map((each) => `${quarantine}/${each}`),
  });
}

/** As far as it does not tell of which time exactly a window is. */
const beforeTimes = (template: string): string => template.replace(/\{(start|end)\}.*$/, '.{ext}');

/** A window that reaches into the range begins a day earlier at most, and ends a day later. */
const reach = ({ start, end }: Interval): Interval => ({ start: start - longest, end: end + longest });
const longest = 24 * 3_600_000;
/** Rows of the query API are of their window's own time. */
const farOf = ({ source }: Feed) => (source === 'query' ? { before: 0, after: 0 } : undefined);

/** A stored file, to be read in ranges. */
export const rangesOf = ({ name, bytes, etag }: StoredObject, lake: ObjectStore): RangedFile => ({
  bytes,
  read: async (start, end) => Buffer.concat(await Array.fromAsync(lake.read(name, { start, end, etag }))),
});

/** As much of the end of a Parquet file as mostly holds its footer. */
const tailBytes = 32 * 1024;

/**
 * What files of this lake say of themselves: Parquet by its metadata, all by their paths. `templates`: paths that the
 * settings have, or had. `quarantine`: its folder. One ranged read for a Parquet file; text is read, to count its rows.
 */
export function createStories(lake: ObjectStore, templates: Iterable<string>, quarantine: string): AdoptPorts['story'] {
  return async (file) => {
    const isAside = file.name.startsWith(`${quarantine}/`);
    const path = isAside ? file.name.slice(quarantine.length + 1) : file.name;
    const named = identityOf(path, templates);
    if (file.name.endsWith('.parquet')) return parquetStory(file, named, lake);
    if (named === undefined) return (await isBare(file, lake)) ? 'empty' : undefined;
    const { window, signal, revision } = named;
    // One that is spoilt is its window's all the same, and its run replaces it.
    const rows = file.archived ? 0 : await rowsIn(file, lake);
    return { window, revision, file: record(file, isAside ? 'quarantine' : signal, rows ?? 0) };
  };
}

/** Text that has no rows: at most the head of a CSV file. */
const isBare = async (file: StoredObject, lake: ObjectStore): Promise<boolean> =>
  file.bytes < tailBytes && !file.archived && (await rowsIn(file, lake)) === 0;

const record = ({ name, bytes }: StoredObject, signal: FileRecord['signal'], rows: number): FileRecord => ({
  ...{ path: name, signal, rows, bytes },
});

async function parquetStory(
  file: StoredObject,
  named: ReturnType<typeof identityOf>,
  lake: ObjectStore,
): Promise<FileStory | 'empty' | undefined> {
  const told = file.archived ? undefined : await factsOf(file, lake);
  const facts = told?.facts ?? {};
  const signal = signalOf(facts.insights_lake_signal) ?? named?.signal;
  const window = windowIn(facts, named?.window) ?? named?.window;
  if (signal === undefined || window === undefined) return told?.rows === 0 ? 'empty' : undefined;
  const revision = Math.max(Number(facts.insights_lake_revision ?? 0) || 0, named?.revision ?? 0);
  return { window, revision, file: record(file, signal, told?.rows ?? 0) };
}

/** The path alone tells whose signal the window is, where a file of it holds rows of another. */
function windowIn(facts: Readonly<Record<string, string>>, named: Window | undefined): Window | undefined {
  const times = intervalOf(facts.insights_lake_window ?? '');
  const { insights_lake_app: app, insights_lake_source: source } = facts;
  const signal = signalOf(facts.insights_lake_owner) ?? named?.signal ?? signalOf(facts.insights_lake_signal);
  return times && app !== undefined && source !== undefined && signal ? { app, signal, source, ...times } : undefined;
}

const signalOf = (word: string | undefined): Signal | undefined => signals.find((signal) => signal === word);

async function factsOf({ name, bytes, etag }: StoredObject, lake: ObjectStore) {
  for (let wanted = tailBytes; ; ) {
    const start = Math.max(0, bytes - wanted);
    const tail = Buffer.concat(await Array.fromAsync(lake.read(name, { start, end: bytes, etag })));
    const found = parquetFacts(tail);
    if (typeof found !== 'number') return found;
    if (start === 0 || found > bytes) return undefined;
    wanted = found;
  }
}

/**
 * Lines of NDJSON; records of CSV, whose quotes can hold lines, without its head. Undefined: it should be packed, and
 * cannot be unpacked.
 */
async function rowsIn({ name, bytes, etag }: StoredObject, lake: ObjectStore): Promise<number | undefined> {
  const isCsv = /\.csv(\.gz)?$/.test(name);
  let [lines, quoted] = [0, false];
  try {
    for await (const piece of plain(lake.read(name, { start: 0, end: bytes, etag }), name.endsWith('.gz')))
      for (const byte of piece) {
        if (isCsv && byte === 0x22) quoted = !quoted;
        else if (byte === 0x0a && !quoted) lines += 1;
      }
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) return undefined;
    throw error;
  }
  return isCsv ? Math.max(0, lines - 1) : lines;
}

/** Where it cannot be unpacked, or nobody reads on, the store is asked for no more. */
function plain(pieces: AsyncIterable<Uint8Array>, isPacked: boolean): AsyncIterable<Uint8Array> {
  return isPacked ? pipeline(Readable.from(copies(pieces)), createGunzip(), () => {}) : pieces;
}

/** Pieces are read ahead. */
async function* copies(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const piece of pieces) yield Buffer.from(piece);
}
