import type { Interval, Millis, Oddity, Sighting, Sightings, Signal, SweepRequest, Window } from '../../model.ts';
import { daysIn, type ExportStore, type SignalFolder, signalFolders, timePrefixes } from './folders.ts';
import { hourOfBlob, isMissing, type ListedBlob, type LookSettings, lookOf } from './look.ts';

export interface SightingSettings extends LookSettings {
  readonly containers: readonly ExportStore[];
  readonly apps: Readonly<Record<string, string>>;
  /** Length of a window: an hour, or whole hours that divide the day. */
  readonly window: Millis;
  readonly signals: readonly Signal[];
  /** Windows that start before, or from that time on, are left alone; undefined: no limit. */
  readonly from: Millis | undefined;
  readonly until: Millis | undefined;
}

/** A folder of a feed, in its container. */
interface FeedFolder extends SignalFolder {
  readonly at: ExportStore;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** From so many hours of a day on the whole day is listed: one request rather than many. */
const MOST_HOURS = 4;
/** In a longer range the days that there are are asked for first. */
const MOST_DAYS = 40;

/** The windows of export blobs, of all containers together. Memory holds the blobs of one feed and day, however many there are. */
export function createSightings(settings: SightingSettings): Sightings {
  return {
    async *sightings(request, abort, tell) {
      const range = withinGrid(request, settings);
      const feeds = await feedsIn(settings, request, tell);
      for (const folders of feeds) {
        yield* untilItFails(windowsOfFeed(folders, range, settings, request.prefix, abort), abort, tell);
      }
    },
  };
}

/** What cannot be listed holds back no other feed. */
async function* untilItFails<T>(
  found: AsyncIterable<T>,
  abort: AbortSignal,
  tell: (oddity: Oddity) => void,
): AsyncIterable<T> {
  const next = found[Symbol.asyncIterator]();
  for (;;) {
    const step = await next.next().catch((error: unknown) => {
      abort.throwIfAborted();
      tell(failure(error));
    });
    if (step === undefined || step.done) return;
    yield step.value;
  }
}

const failure = (error: unknown): Oddity => ({
  kind: 'failed',
  what: error instanceof Error ? error.message : String(error),
});

/** Whole windows, so that each is seen with all of its folders. */
function withinGrid({ start, end }: Interval, { window, from, until }: SightingSettings): Interval {
  const first = Math.floor(Math.max(start, from ?? start) / window) * window;
  const last = Math.ceil(Math.min(end, until ?? end) / window) * window;
  return { start: from === undefined || first >= from ? first : first + window, end: last };
}

/** The folders of each feed. What the prefix does not lead to is no feed to sweep, but the folders of a feed stay together. */
async function feedsIn(
  { containers, apps, signals }: SightingSettings,
  { app, prefix }: SweepRequest,
  tell: (oddity: Oddity) => void,
): Promise<FeedFolder[][]> {
  const feeds = new Map<string, FeedFolder[]>();
  const wanted = app === '' ? {} : { app };
  for (const at of containers) {
    const unknown = (what: string) => tell({ kind: 'unknown', what });
    try {
      for await (const folder of signalFolders({ ...at, apps, wanted, unknown })) {
        if (!signals.includes(folder.signal)) continue;
        const key = [folder.app, folder.signal, folder.layout].join('\n');
        feeds.set(key, [...(feeds.get(key) ?? []), { ...folder, at }]);
      }
    } catch (error) {
      tell(isMissing(error) ? { kind: 'missing', what: at.container || at.store.place } : failure(error));
    }
  }
  return [...feeds.values()].filter((folders) => folders.some(({ path }) => leadsTo(path, prefix)));
}

/** The parts of the range day by day, in order. */
async function* days(folders: readonly FeedFolder[], range: Interval): AsyncIterable<Interval> {
  const part = (midnight: Millis) => ({
    start: Math.max(midnight, range.start),
    end: Math.min(midnight + DAY, range.end),
  });
  if (range.end - range.start <= MOST_DAYS * DAY) {
    for (let day = Math.floor(range.start / DAY) * DAY; day < range.end; day += DAY) yield part(day);
    return;
  }
  const found = new Set<Millis>();
  for (const folder of folders) for (const day of await daysIn(folder, range, folder.at.store)) found.add(day);
  for (const day of [...found].sort((one, other) => one - other)) yield part(day);
}

async function* windowsOfFeed(
  folders: readonly FeedFolder[],
  range: Interval,
  settings: SightingSettings,
  prefix: string,
  abort: AbortSignal,
): AsyncIterable<Sighting> {
  for await (const day of days(folders, range)) {
    abort.throwIfAborted();
    if (folders.some((folder) => leadsTo(dayFolder(folder, day.start), prefix)))
      yield* windowsOf(folders, day, settings, prefix);
  }
}

/** Whether names below the folder can start with the prefix. */
const leadsTo = (folder: string, prefix: string): boolean => folder.startsWith(prefix) || prefix.startsWith(folder);

function dayFolder(folder: SignalFolder, at: Millis): string {
  const midnight = Math.floor(at / DAY) * DAY;
  return timePrefixes(folder, { start: midnight, end: midnight + DAY })[0] ?? folder.path;
}

async function* windowsOf(
  folders: readonly FeedFolder[],
  part: Interval,
  settings: SightingSettings,
  prefix: string,
): AsyncIterable<Sighting> {
  const midnight = Math.floor(part.start / DAY) * DAY;
  const listed = part.end - part.start >= MOST_HOURS * HOUR ? { start: midnight, end: midnight + DAY } : part;
  const windows = new Map<Millis, ListedBlob[]>();
  for (const { at, ...folder } of folders) {
    const feed = { app: folder.app, signal: folder.signal, source: folder.layout };
    for (const place of timePrefixes(folder, listed)) {
      for await (const blob of at.store.list(place)) {
        const hour = hourOfBlob(blob.name, at, feed, settings.apps);
        if (hour === undefined || hour < part.start || hour >= part.end) continue;
        const start = Math.floor(hour / settings.window) * settings.window;
        const blobs = windows.get(start);
        if (blobs) blobs.push({ ...blob, at });
        else windows.set(start, [{ ...blob, at }]);
      }
    }
  }
  const [first] = folders;
  for (const [start, blobs] of [...windows].sort(([one], [other]) => one - other)) {
    if (first === undefined || !blobs.some(({ name }) => name.startsWith(prefix))) continue;
    const window: Window = {
      app: first.app,
      signal: first.signal,
      source: first.layout,
      start,
      end: start + settings.window,
    };
    const bytes = blobs.reduce((sum, blob) => sum + blob.bytes, 0);
    yield { window, ...lookOf(blobs, window, settings), blobs: blobs.length, bytes };
  }
}
