import type { Feed, Interval, LedgerEntry, Millis, Signal, Window } from '../../model.ts';
import { appWord } from '../../pure/app-word.ts';
import { isAtRest, plannedEntry } from '../entry.ts';
import { filesOfLake } from '../lake/own-files.ts';
import { coveredEnd, type Others } from '../names/names.ts';
import { keptPart, retiredBefore } from '../retention/due.ts';
import { readRetired } from '../retention/retired-word.ts';
import { gapsIn } from './gaps.ts';
import { type LakeView, listTables, type SeenFile, type WrongFile } from './in-tables.ts';
import { isKept, judgeEntry, type LakeEntryPorts, noteTags, runAgain } from './lake-entry.ts';
import { type LostOfFeed, lostOf } from './lost.ts';

/** Which windows to look at; `app` '' and no signals: all. */
export interface LakeAuditRequest extends Interval {
  readonly app: string;
  readonly signals: readonly Signal[];
  /** Windows whose files are not as the ledger says run again. */
  readonly repair: boolean;
}

export interface LakeAuditPorts extends LakeEntryPorts {
  /** Whose file it is by its name; undefined: no template that is known made it. Left out: names tell nothing. */
  named?(path: string): Window | undefined;
  /** Feeds that the settings name; left out: not known. */
  readonly feeds?: readonly Feed[];
  /** What other names of a feed's app have brought; left out: nothing. */
  readonly others?: (feed: Feed) => Promise<Others | undefined>;
}

/** What the ledger says of one feed, and what of that is not true of the lake. */
export interface FeedReport {
  readonly feed: Feed;
  readonly windows: number;
  readonly rows: number;
  /** Start of the first window, and end of the last one. */
  readonly start: Millis;
  readonly end: Millis;
  /** Exclusive end of the windows that are done without a gap. */
  readonly completeThrough: Millis;
  /** Due, running or asked for again; failed; not to be had any more. */
  readonly open: number;
  readonly failed: number;
  readonly unavailable: number;
  /** Older than the lake keeps its rows. */
  readonly retired: number;
  readonly gaps: readonly Interval[];
  /** Lengths of windows, where there is more than one. */
  readonly lengths: readonly Millis[];
  readonly wrong: readonly WrongFile[];
  /** Windows that run again for it. */
  readonly repaired: number;
  /** The settings do not name it any more: nothing new is planned. */
  readonly stopped: boolean;
}

export interface LakeAudit {
  readonly feeds: readonly FeedReport[];
  /**
   * Files beside those of the ledger, in folders that these feeds' files have or could have, or named like one of them:
   * nobody of ours wrote them, or the ledger has lost them.
   */
  readonly unknown: readonly string[];
  /** Feeds of which the ledger has lost windows: files of them are there. */
  readonly lost: readonly LostOfFeed[];
  /** Files that readers of the tables see and no window knows: the rows in them may be there twice. */
  readonly strangers: readonly string[];
  /** Files that no reader sees any more and that wait for their removal. */
  readonly dead: number;
  /** Files and bytes that are there. */
  readonly files: number;
  readonly bytes: number;
}

/** Whether something is not as it should be. What is open is on its way. */
export const differs = ({ feeds, unknown, lost, strangers }: LakeAudit): boolean =>
  unknown.length + lost.length + strangers.length > 0 ||
  feeds.some(({ wrong, gaps, failed, stopped }) => wrong.length + gaps.length + failed > 0 || stopped);

/** The ledger beside the files that are really there. Changes nothing unless it is asked to repair. */
export async function auditLake(request: LakeAuditRequest, ports: LakeAuditPorts): Promise<LakeAudit> {
  const began = ports.clock.now();
  const there = new Map<string, SeenFile>();
  let bytes = 0;
  for await (const file of filesOfLake(ports.lake)) {
    there.set(file.name, file);
    bytes += file.bytes;
  }
  const seen = ports.tables && (await listTables(ports.tables));
  const feeds: FeedReport[] = [];
  const known = new Set<string>();
  const folders = new Set<string>();
  const isNear = (name: string): boolean => isBeside(name, folders);
  const isOfFeed = (feed: Feed): boolean =>
    (request.app === '' || feed.app === request.app) &&
    (request.signals.length === 0 || request.signals.includes(feed.signal));
  for await (const feed of ports.ledger.feeds()) {
    const wanted = isOfFeed(feed);
    const entries: LedgerEntry[] = [];
    // All of them: a folder can hold files of windows that were not asked for.
    for await (const entry of ports.ledger.list(feed)) {
      const isWanted = wanted && entry.window.start >= request.start && entry.window.start < request.end;
      if (isWanted) entries.push(entry);
      for (const { path, signal } of entry.files) {
        known.add(path);
        if (!isWanted) continue;
        const own = signal === 'quarantine' ? feed.signal : signal;
        for (const place of placesOf(path, appWord(feed.app), own)) folders.add(place);
      }
    }
    if (entries.length === 0) continue;
    const retired = (await readRetired(ports.lake, feed))?.value.keptFrom ?? 0;
    const look = { there, seen, began, keptFrom: retiredBefore(feed, retired), until: request.end };
    feeds.push(await report(feed, entries, look, request.repair, ports));
  }
  const isAll = request.app === '' && request.signals.length === 0;
  const isDead = (name: string): boolean => seen?.removed.has(name) === true && !seen.live.has(name);
  const ownerOf = (name: string): Window | undefined => {
    const window = ports.named?.(name);
    return window && isOfFeed(window) && window.start < request.end && request.start < window.end ? window : undefined;
  };
  const isStray = (name: string): boolean =>
    !known.has(name) && !isDead(name) && seen?.live.has(name) !== true && (isNear(name) || ownerOf(name) !== undefined);
  const unknown = [...there.keys()].filter(isStray).sort();
  const strangers = [...(seen?.live.keys() ?? [])]
    .filter((name) => !known.has(name) && (isAll || isNear(name) || ownerOf(name) !== undefined))
    .sort();
  const owners = [...unknown, ...strangers].map(ownerOf).filter((window) => window !== undefined);
  return {
    ...{ feeds, unknown, strangers, lost: await lostOf(owners, ports.ledger) },
    ...{ dead: [...there.keys()].filter(isDead).length, files: there.size, bytes },
  };
}

/**
 * What others of the same feed have in common with a file: its name, its folder, and the folders of times that its
 * template makes, from the first that stands below app and signal: see `isBeside`.
 */
function placesOf(path: string, app: string, signal: string): readonly string[] {
  const { before, after } = partsOf(path);
  const stands = (word: string, name: string) => word === name || word.endsWith(`=${name}`);
  const at = before.findIndex((word) => stands(word, app));
  const isOwn = at !== -1 && before.some((word, n) => n !== at && stands(word, signal));
  const above = isOwn ? after.map((_, n) => timesOf([...before, ...after.slice(0, n)])) : [];
  return [stemOf(path), folderOf(path), timesOf([...before, ...after]), ...above];
}

/** Folders before the first that is named by a time; those from there on, whatever the time is. */
function partsOf(path: string): { readonly before: readonly string[]; readonly after: readonly string[] } {
  const words = folderOf(path).split('/').slice(0, -1);
  const timed = words.findIndex((word) => /(^|[^0-9a-z])(19|20)\d\d/i.test(word));
  const at = timed === -1 ? words.length : timed;
  return { before: words.slice(0, at), after: words.slice(at).map((word) => word.replace(/\d/g, '0')) };
}

/** No folder begins like that. */
const timesOf = (words: readonly string[]): string => `//${words.join('/')}`;

/**
 * Whether a file lies in a folder that some are in, or is named like a window's; or holds data by its name, and lies
 * where some would be at another time. What readers pass over is nobody's.
 */
function isBeside(path: string, places: ReadonlySet<string>): boolean {
  if (/(^|\/)[._][^/]*$/.test(path)) return false;
  if (places.has(folderOf(path)) || places.has(stemOf(path))) return true;
  const { before, after } = partsOf(path);
  return /\.(parquet|ndjson|csv)(\.gz)?$/.test(path) && places.has(timesOf([...before, ...after]));
}

/** The name of a file without part, revision and format: what it has of its window, in whatever folder it lies. */
const stemOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/(_r\d+)?(_\d+)?\.[a-z.]+$/, '');

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

async function report(
  feed: Feed,
  entries: readonly LedgerEntry[],
  view: LakeView & { readonly began: Millis; readonly keptFrom: Millis; readonly until: Millis },
  repair: boolean,
  ports: LakeAuditPorts,
): Promise<FeedReport> {
  const windows = entries.filter(({ state }) => state !== 'halved');
  const wrong: WrongFile[] = [];
  let repaired = 0;
  // What was done since the lake was listed is judged by the next audit.
  for (const entry of windows.filter((each) => isKept(each) && each.doneAt <= view.began)) {
    const found = await judgeEntry(entry, view, Number.POSITIVE_INFINITY, ports);
    wrong.push(...found.wrong);
    if (repair && found.touched.length > 0) await noteTags(entry, found.touched, ports);
    if (repair && found.wrong.length > 0 && (await runAgain(entry, ports))) repaired += 1;
  }
  const lengths = [...new Set(windows.map(({ window: { start, end } }) => end - start))].sort((a, b) => a - b);
  const count = (which: (entry: LedgerEntry) => boolean) => windows.filter(which).length;
  return {
    feed,
    windows: windows.length,
    rows: windows.reduce((sum, { state, counts }) => sum + (state === 'retired' ? 0 : counts.written), 0),
    start: Math.min(...windows.map(({ window }) => window.start)),
    end: Math.max(...windows.map(({ window }) => window.end)),
    completeThrough: await completeThrough(feed, windows, ports),
    open: count((entry) => !isAtRest(entry) && entry.state !== 'failed'),
    failed: count(({ state }) => state === 'failed'),
    unavailable: count(({ state }) => state === 'unavailable'),
    retired: count(({ state }) => state === 'retired'),
    // Folders of export blobs exist only where there was telemetry.
    // What the lake has let go by its rules lacks nothing.
    gaps: feed.source === 'query' ? await keptGaps(feed, windows, view, ports) : [],
    lengths: lengths.length > 1 ? lengths : [],
    wrong,
    repaired,
    stopped: feed.source === 'query' && ports.feeds !== undefined && !ports.feeds.some((one) => isSame(one, feed)),
  };
}

/** The last windows of those that the ledger says were planned can be what it lacks. */
async function keptGaps(
  feed: Feed,
  windows: readonly LedgerEntry[],
  { keptFrom, until }: { readonly keptFrom: Millis; readonly until: Millis },
  ports: LakeAuditPorts,
): Promise<readonly Interval[]> {
  const last = windows.at(-1)?.window;
  const planned = Math.min(until, (last && (await ports.ledger.progress(last)))?.value.horizon ?? 0);
  const rest = last && last.end < planned ? [plannedEntry({ ...last, start: planned, end: planned + 1 })] : [];
  return (await gapsIn(feed, [...windows, ...rest], ports))
    .map((gap) => keptPart(gap, keptFrom))
    .filter(({ start, end }) => start < end);
}

const isSame = (one: Feed, other: Feed): boolean =>
  one.app === other.app && one.signal === other.signal && one.source === other.source;

async function completeThrough(feed: Feed, windows: readonly LedgerEntry[], ports: LakeAuditPorts): Promise<Millis> {
  let reached = windows[0]?.window.start ?? 0;
  const over = async (end: Millis): Promise<Millis> => {
    const others = await ports.others?.(feed);
    const has = (entry: LedgerEntry) => entry.doneAt > 0 && others?.has(entry) === true;
    return coveredEnd(others && { ...others, has }, { start: reached, end }, ports.ledger);
  };
  for (const { window, doneAt } of windows) {
    if (window.start > reached) reached = await over(window.start);
    if (window.start !== reached || doneAt === 0) break;
    reached = window.end;
  }
  return reached;
}
