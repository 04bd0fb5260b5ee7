import type {
  Cut,
  Feed,
  Interval,
  Millis,
  Oddity,
  Sighting,
  Sightings,
  Signal,
  SweepRequest,
  UnseenPlace,
  Window,
} from '../../model.ts';
import { isRefusal, withoutClosed } from './closed-folders.ts';
import { daysIn, type ExportStore, type SignalFolder, signalFolders, timePrefixes } from './folders.ts';
import { hourOfBlob, isMissing, type ListedBlob, type LookSettings, lookOf, strangerIn, unseenPlace } from './look.ts';
import { sharedNameText } from './shared-name.ts';

export interface SightingSettings extends LookSettings {
  readonly containers: readonly ExportStore[];
  readonly apps: Readonly<Record<string, string>>;
  /** Length that windows are cut in: an hour, or whole hours that divide the day. */
  readonly window: Millis;
  readonly signals: readonly Signal[];
  /** Windows that start before, or from that time on, are left alone; undefined: no limit. */
  readonly from: Millis | undefined;
  readonly until: Millis | undefined;
  /**
   * The ledger knows the blobs of each window, so that none is lost when a folder is passed over that cannot be opened.
   * Left out: such a folder is a failure of its container.
   */
  readonly remember?: boolean;
}

type Tell = (oddity: Oddity) => void;

/** The settings, and what could not be seen of the containers. */
type Seen = SightingSettings & { readonly unseen: readonly UnseenPlace[] };

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

/**
 * The windows of export blobs, of all containers together. Memory holds the blobs of one feed and day, however many
 * there are.
 */
export function createSightings(settings: SightingSettings): Sightings {
  return {
    async *sightings(request, cut, abort, tell) {
      const range = withinGrid(request, settings);
      const unseen: UnseenPlace[] = [];
      const feeds = await feedsIn(settings, request, unseen, tell);
      for (const folders of feeds) {
        const within = { range, prefix: request.prefix, cut };
        yield* untilItFails(windowsOfFeed(folders, within, { ...settings, unseen }, abort, tell), abort, tell);
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

/**
 * The folders of each feed. What the prefix does not lead to is no feed to sweep, but the folders of a feed stay
 * together.
 */
async function feedsIn(
  { containers, apps, signals, remember }: SightingSettings,
  { app, prefix }: SweepRequest,
  unseen: UnseenPlace[],
  tell: (oddity: Oddity) => void,
): Promise<FeedFolder[][]> {
  const feeds = new Map<string, FeedFolder[]>();
  const wanted = app === '' ? {} : { app };
  for (const container of containers) {
    const unknown = (what: string) => tell({ kind: 'unknown', what });
    const open = () => withoutClosed(container.store, (error) => tell(failure(error)));
    const at = remember === true ? { ...container, store: open() } : container;
    try {
      for await (const folder of signalFolders({ ...at, apps, wanted, unknown })) {
        if (!signals.includes(folder.signal)) continue;
        const key = [folder.app, folder.signal, folder.layout].join('\n');
        feeds.set(key, [...(feeds.get(key) ?? []), { ...folder, at }]);
      }
    } catch (error) {
      if (isMissing(error)) unseen.push(unseenPlace(at));
      tell(
        isMissing(error) ? { kind: 'missing', what: unseenPlace(at).name, unseen: unseenPlace(at) } : failure(error),
      );
    }
  }
  const led = [...feeds.values()].filter((folders) => folders.some(({ path }) => leadsTo(path, prefix)));
  return led.filter((folders) => {
    const shared = sharedNameText(folders, apps);
    if (shared !== '') tell({ kind: 'failed', what: shared });
    return shared === '';
  });
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

interface Within {
  readonly range: Interval;
  readonly prefix: string;
  readonly cut: Cut;
}

async function* windowsOfFeed(
  folders: readonly FeedFolder[],
  within: Within,
  settings: Seen,
  abort: AbortSignal,
  tell: Tell,
): AsyncIterable<Sighting> {
  for await (const day of days(folders, within.range)) {
    abort.throwIfAborted();
    if (folders.some((folder) => leadsTo(dayFolder(folder, day.start), within.prefix)))
      yield* windowsOf(folders, day, within, settings, tell);
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
  { cut, prefix }: Within,
  settings: Seen,
  tell: Tell,
): AsyncIterable<Sighting> {
  const [first] = folders;
  if (first === undefined) return;
  const feed = { app: first.app, signal: first.signal, source: first.layout };
  const tiles = await cut(feed, part);
  const blobsOf = await blobsByTile(folders, tiles, part, feed, settings, tell);
  for (const tile of tiles) {
    const blobs = blobsOf.get(tile) ?? [];
    if (!blobs.some(({ name }) => name.startsWith(prefix))) continue;
    const window: Window = { ...feed, start: tile.start, end: tile.end };
    const bytes = blobs.reduce((sum, blob) => sum + blob.bytes, 0);
    yield { window, ...lookOf(blobs, window, settings, settings.unseen), blobs: blobs.length, bytes };
  }
}

/** What lies in a folder that cannot be opened is not known: the window that it belongs to is left as it is. */
async function blobsByTile(
  folders: readonly FeedFolder[],
  tiles: readonly Interval[],
  part: Interval,
  feed: Feed,
  settings: Seen,
  tell: Tell,
  most = MOST_HOURS,
): Promise<Map<Interval, ListedBlob[]>> {
  const blobsOf = new Map<Interval, ListedBlob[]>();
  try {
    const span = { start: tiles[0]?.start ?? part.start, end: tiles.at(-1)?.end ?? part.end };
    for await (const { blob, hour } of blobsIn(folders, span, feed, { ...settings, most, tell })) {
      const tile = tiles.find(({ start, end }) => start <= hour && hour < end);
      if (tile === undefined) continue;
      const held = blobsOf.get(tile);
      if (held === undefined) blobsOf.set(tile, [blob]);
      else held.push(blob);
    }
  } catch (error) {
    if (settings.remember !== true || !isRefusal(error)) throw error;
    if (tiles.length === 1) {
      tell(failure(error));
      return new Map();
    }
    blobsOf.clear();
    for (const tile of tiles)
      for (const [, blobs] of await blobsByTile(folders, [tile], tile, feed, settings, tell, 24))
        blobsOf.set(tile, blobs);
  }
  return blobsOf;
}

type Listing = Pick<Seen, 'apps'> & { readonly most: number; readonly tell: Tell };

/** The blobs of a part of a day, with their hours. `most`: hours that are listed one by one. */
async function* blobsIn(folders: readonly FeedFolder[], span: Interval, feed: Feed, settings: Listing) {
  const { apps, most, tell } = settings;
  const midnight = Math.floor(span.start / DAY) * DAY;
  const listed = span.end - span.start >= most * HOUR ? { start: midnight, end: midnight + DAY } : span;
  for (const { at, ...folder } of folders) {
    for (const place of timePrefixes(folder, listed)) {
      for await (const blob of at.store.list(place)) {
        const hour = hourOfBlob(blob.name, at, feed, apps);
        if (hour === undefined && blob.bytes > 0) tell(strangerIn(folder.path, blob.name));
        if (hour !== undefined && hour >= span.start && hour < span.end) yield { blob: { ...blob, at }, hour };
      }
    }
  }
}
