import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { contentsOf } from '../../shared/source/blobs/contents.ts';
import type { FileWindow, LocalFile } from '../../shared/source/blobs/files.ts';
import { exportWindowOf } from '../../shared/source/blobs/layouts.ts';
import type { TransformRequest } from '../deliver/ports.ts';
import { exitCodes, Failure } from '../failure.ts';
import { type Aside, incompleteTexts, newAside, noticeTexts } from './aside.ts';
import { type Candidate, settleCopies, sizeOf } from './copies.ts';
import { looseWindow } from './loose-window.ts';
import { type FilePlace, foreignKind, placeOf } from './places.ts';
import { filesBelow, walk } from './walk.ts';

/** A window of an archive on disk. */
export interface ArchiveWindow extends FileWindow {
  readonly bytes: number;
}

export interface Archive {
  readonly windows: readonly ArchiveWindow[];
  /** What was left out although nothing is wrong. */
  readonly notices: readonly string[];
  /** What may be missing in the lake for reasons that lie in the input. */
  readonly incomplete: readonly string[];
}

const hour = 3_600_000;

/**
 * The windows that files and folders on disk make. What lies in the folders of an export is a window by app, signal and time, read
 * whole however little of it was named (or its rows would replace those of the rest). Any other file that holds a record of a signal is a
 * window of its own. Throws Failure when a path does not exist or nothing at all is an export.
 */
export async function archiveOf(request: TransformRequest, abort?: AbortSignal): Promise<Archive> {
  const { inputs, app, window, lake } = request;
  const skip = lake.kind === 'folder' ? resolve(lake.folder) : undefined;
  const aside = newAside();
  const all = await walk('transform', inputs, skip, aside);
  const placed = await layoutWindows(all, window, skip, aside);
  const loose: ArchiveWindow[] = [];
  for (const path of all.filter((each) => placeOf(each) === undefined)) {
    const entry = await lookInto(path, app, window, aside, abort);
    if (entry !== undefined) loose.push(entry);
  }
  const [notices, incomplete] = [noticeTexts(aside), incompleteTexts(aside)];
  if (placed.length + loose.length === 0)
    throw new Failure(exitCodes.source, nothingIn(inputs, [...incomplete, ...notices]));
  return { windows: [...placed, ...loose], notices, incomplete };
}

const nothingIn = (inputs: readonly string[], texts: readonly string[]): string =>
  `transform ${inputs.slice(0, 3).join(' ')}${inputs.length > 3 ? ' …' : ''}: no export blobs there` +
  `${texts.length === 0 ? '' : ` (${texts.join('; ')})`}; give the folder that was downloaded from the export container`;

/** The window of a loose file; undefined, and noted, when it holds no record of a signal. */
async function lookInto(
  path: string,
  app: string | undefined,
  window: number,
  aside: Aside,
  abort: AbortSignal | undefined,
): Promise<ArchiveWindow | undefined> {
  try {
    const contents = await contentsOf(path, abort);
    const entry = await looseWindow(path, contents, app, window);
    if (entry === undefined) aside.note(path, contents, foreignKind(path));
    return entry;
  } catch (error) {
    if (abort?.aborted) throw error;
    aside.closed.set(path, error instanceof Error && 'code' in error ? String(error.code) : String(error));
    return undefined;
  }
}

/** The end of the path of an hour folder. */
const timeFolders = /\/(\d{4}-\d\d-\d\d\/\d\d|y=\d{4}\/m=\d\d\/d=\d\d\/h=\d\d)\/$/;

type PlacedFile = Candidate & Pick<FileWindow, 'window' | 'layout'>;

/** The hour folders of the files (whole days where a window is longer than an hour), each looked through, into windows. */
async function layoutWindows(
  paths: readonly string[],
  length: number,
  skip: string | undefined,
  aside: Aside,
): Promise<ArchiveWindow[]> {
  const places = paths.flatMap((path) => {
    const place = placeOf(path);
    return place === undefined ? [] : [{ path, ...placedIn(path, place, length) }];
  });
  const wanted = new Set(places.map(({ key }) => key));
  const found = new Map<string, PlacedFile[]>();
  for (const folder of new Set(places.map((place) => place.folder))) {
    for await (const path of filesBelow(folder, skip, aside)) {
      const place = placeOf(path);
      if (place === undefined) continue;
      const { key, window } = placedIn(path, place, length);
      if (!wanted.has(key)) continue;
      const { layout, name, original } = place;
      const file = { window, layout, name, original, path, bytes: await sizeOf(path) };
      found.set(key, [...(found.get(key) ?? []), file]);
    }
  }
  const windows: ArchiveWindow[] = [];
  for (const files of found.values()) {
    const settled = await settleCopies(files);
    const [first] = settled.files;
    aside.copies(settled);
    if (first === undefined) continue;
    const bytes = settled.files.reduce((sum, file) => sum + file.bytes, 0);
    windows.push({ window: first.window, layout: first.layout, files: settled.files.map(localFile), bytes });
  }
  return windows;
}

const localFile = ({ name, path }: Candidate): LocalFile => ({ name, path });

/**
 * Which window a file of an export belongs to, and the folder that holds the rest of it. The source word carries a hash of the
 * export's folder and kind: two components of one name, or `Rdd` beside `RemoteDependency`, brought in by two commands, must not
 * replace each other's files.
 */
function placedIn(path: string, place: FilePlace, length: number) {
  const hourFolder = path.slice(0, path.length - (place.name.length - place.folderPrefix.length) - 1);
  const kind = place.folderPrefix.replace(timeFolders, '').toLowerCase();
  const window = exportWindowOf(place, { window: length, apps: {} });
  const source = `${place.layout}-${createHash('sha256').update(kind).digest('hex').slice(0, 8)}`;
  const key = [window.app, window.signal, source, window.start].join('\n');
  return { key, folder: length > hour ? dirname(hourFolder) : hourFolder, window: { ...window, source } };
}
