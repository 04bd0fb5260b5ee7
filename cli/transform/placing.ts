import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { Feed, Interval, Ledger, Millis, Window } from '../../shared/model.ts';
import { activeWindows } from '../../shared/pipeline/grid/grid.ts';
import { tileRange } from '../../shared/pipeline/grid/tile-range.ts';
import type { Candidate } from '../../shared/source/blobs/copies/settle-copies.ts';
import { appOf, earlierNames } from '../../shared/source/blobs/layouts.ts';
import type { FileWindow } from '../../shared/source/blobs/loose/files.ts';
import type { ArchiveWindow } from './archive.ts';
import type { Aside } from './aside.ts';
import { candidateOf, settleFiles, sizeOf } from './copies.ts';
import { type FilePlace, placeOf } from './places.ts';
import { filesBelow, unlessClosed } from './walk.ts';

const hour: Millis = 3_600_000;
const day = 24 * hour;

export interface PlacedRequest {
  /** Length that new windows are cut in. */
  readonly length: Millis;
  /** Export folder → app name. */
  readonly apps: Readonly<Record<string, string>>;
  /** The lake itself. */
  readonly skip: string | undefined;
}

type PlacedFile = Candidate &
  Pick<FileWindow, 'layout'> &
  Pick<FilePlace, 'name' | 'hour'> & { readonly bytes: number };

/**
 * The windows of files that lie in the folders of an export: those that the ledger has, and between them new ones, as a
 * sweep or the app would cut them. Each is read whole, however little of it was named, for its rows replace those that
 * are there: its hour folders are looked through (whole days where it is longer than an hour).
 */
export async function placedWindows(
  paths: readonly string[],
  request: PlacedRequest,
  ledger: Ledger,
  aside: Aside,
): Promise<ArchiveWindow[]> {
  const named = paths.flatMap((path) => {
    const place = placeOf(path);
    return place === undefined ? [] : [{ path, place }];
  });
  if (named.length === 0) return [];
  const windowOf = await windowsFor(
    named.map(({ place }) => place),
    request,
    ledger,
  );
  const wanted = new Set<string>();
  const folders = new Set<string>();
  for (const { path, place } of named) {
    const window = windowOf(place);
    wanted.add(keyOf(window));
    const hourFolder = path.slice(0, path.length - (place.name.length - place.folderPrefix.length) - 1);
    folders.add(window.end - window.start > hour ? dirname(hourFolder) : hourFolder);
  }
  const found = new Map<string, { window: Window; files: PlacedFile[] }>();
  for (const folder of folders) {
    for await (const path of filesBelow(folder, request.skip, aside)) {
      const place = placeOf(path);
      const window = place && windowOf(place);
      if (place === undefined || window === undefined || !wanted.has(keyOf(window))) continue;
      const { layout, name, hour: at } = place;
      const bytes = await unlessClosed(path, aside.closed, () => sizeOf(path));
      if (bytes === undefined) continue;
      const entry = found.get(keyOf(window)) ?? { window, files: [] };
      entry.files.push({ ...candidateOf(place, path), layout, name, hour: at, bytes });
      found.set(keyOf(window), entry);
    }
  }
  return settled([...found.values()], aside);
}

async function settled(
  found: readonly { readonly window: Window; readonly files: readonly PlacedFile[] }[],
  aside: Aside,
): Promise<ArchiveWindow[]> {
  const windows: ArchiveWindow[] = [];
  for (const { window, files } of found) {
    const kept = await settleFiles(files, aside.closed);
    aside.copies(kept);
    const [first] = kept.files;
    if (first === undefined) continue;
    const bytes = kept.files.reduce((sum, file) => sum + file.bytes, 0);
    const local = kept.files.map(({ name, path, hour: at }) => ({ name, path, hour: at }));
    windows.push({ window, layout: first.layout, files: local, bytes });
  }
  return windows;
}

/**
 * Which window stands for a file. Earlier versions gave every export folder and kind a feed of its own; what they
 * brought stays where it is, and its files go there.
 */
async function windowsFor(
  places: readonly FilePlace[],
  { length, apps }: PlacedRequest,
  ledger: Ledger,
): Promise<(place: FilePlace) => Window> {
  const feeds = new Set<string>();
  for await (const feed of ledger.feeds()) feeds.add(feedKey(feed));
  const legacy = [...feeds].some((key) => OF_FOLDER.test(key)) ? legacyFeeds : () => [];
  const known = new Map<string, readonly Interval[]>();
  const range = {
    start: Math.floor(Math.min(...places.map((place) => place.hour)) / day) * day,
    end: Math.max(...places.map((place) => place.hour)) + day,
  };
  for (const feed of places.flatMap((place) => [feedOf(place, apps), ...legacy(place)])) {
    if (known.has(feedKey(feed)) || !feeds.has(feedKey(feed))) continue;
    known.set(
      feedKey(feed),
      (await activeWindows(feed, range, ledger)).map(({ window }) => window),
    );
  }
  const tiles = new Map<string, readonly Interval[]>();
  return (place) => {
    for (const old of legacy(place)) {
      const held = known.get(feedKey(old))?.find((window) => isIn(window, place.hour));
      if (held !== undefined) return { ...old, start: held.start, end: held.end };
    }
    const feed = feedOf(place, apps);
    const midnight = Math.floor(place.hour / day) * day;
    const key = `${feedKey(feed)}\n${midnight}`;
    const cut =
      tiles.get(key) ?? tileRange({ start: midnight, end: midnight + day }, length, known.get(feedKey(feed)) ?? []);
    tiles.set(key, cut);
    const { start, end } = cut.find((tile) => isIn(tile, place.hour)) ?? { start: place.hour, end: place.hour + hour };
    return { ...feed, start, end };
  };
}

const feedOf = ({ folder, appName, signal, layout }: FilePlace, apps: PlacedRequest['apps']): Feed => ({
  app: appOf(folder, appName, apps),
  signal,
  source: layout,
});

/** The end of the path of an hour folder. */
const TIME = /\/(\d{4}-\d\d-\d\d\/\d\d|y=\d{4}\/m=\d\d\/d=\d\d\/h=\d\d)\/$/;

const OF_FOLDER = /\n(continuous|diagnostics|dataExport)-[0-9a-f]{8}$/;
/** Of an app's key as Azure writes it, and as the folder of an app may have it, too. */
const KEY = /_([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})(?=\/|$)/;

/** They told one spelling of a folder from another: that of the place comes first. */
function legacyFeeds({ folderPrefix, appName, signal, layout }: FilePlace): Feed[] {
  const kind = folderPrefix.replace(TIME, '').toLowerCase();
  const keys = [kind, kind.replace(KEY, '_$1$2$3$4$5'), kind.replace(KEY, '_$1-$2-$3-$4-$5')];
  const kinds = new Set(keys.flatMap((each) => [each, each.normalize('NFC'), each.normalize('NFD')]));
  return [...kinds].flatMap((each) => {
    const source = `${layout}-${createHash('sha256').update(each).digest('hex').slice(0, 8)}`;
    return earlierNames(appName).map((app) => ({ app, signal, source }));
  });
}

const isIn = ({ start, end }: Interval, time: Millis): boolean => start <= time && time < end;
const feedKey = ({ app, signal, source }: Feed): string => [app, signal, source].join('\n');
const keyOf = (window: Window): string => [feedKey(window), window.start, window.end].join('\n');
