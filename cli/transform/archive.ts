import { createHash } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { FileWindow } from '../../shared/source/blobs/files.ts';
import { exportWindowOf, recogniseBlob } from '../../shared/source/blobs/layouts.ts';
import { HEAD_BYTES, looseWindowOf } from '../../shared/source/blobs/loose.ts';
import type { TransformRequest } from '../deliver/ports.ts';
import { exitCodes, Failure } from '../failure.ts';
import { countText } from '../terminal/numbers.ts';

/** A window of an archive on disk. */
export interface ArchiveWindow extends FileWindow {
  readonly bytes: number;
}

export interface Archive {
  readonly windows: readonly ArchiveWindow[];
  readonly notices: readonly string[];
}

/** Bytes at the start of a loose file that tell it from others of its name: an id or time of the first record is among them. */
const tellingBytes = 1024;
const hour = 3_600_000;

/**
 * The windows that files and folders on disk make. What lies in the folders of an export is a window by app, signal and time, read
 * whole however little of it was named (or its rows would replace those of the rest). Any other file is a window of its own.
 * Throws Failure when a path does not exist or nothing at all is an export.
 */
export async function archiveOf({ inputs, app, window, lake }: TransformRequest): Promise<Archive> {
  const skip = lake.kind === 'folder' ? resolve(lake.folder) : undefined;
  const named = new Set<string>();
  const found = new Set<string>();
  for (const input of inputs) {
    const path = resolve(input);
    const seen = await stat(path).catch((cause: unknown) => {
      throw new Failure(
        exitCodes.source,
        `transform ${input}: there is no such file or folder, or it cannot be read; check the path`,
        {
          cause,
        },
      );
    });
    if (seen.isDirectory()) for await (const file of filesBelow(path, skip)) found.add(file);
    else named.add(path);
  }
  const all = [...new Set([...named, ...found])];
  const placed = await layoutWindows(
    all.filter((path) => placeOf(path) !== undefined),
    window,
    skip,
  );
  const loose: ArchiveWindow[] = [];
  const foreign: string[] = [];
  for (const path of all.filter((each) => placeOf(each) === undefined)) {
    const entry = await looseWindow(path, app, window);
    if (entry !== undefined) loose.push(entry);
    else foreign.push(path);
  }
  if (placed.length + loose.length === 0) throw new Failure(exitCodes.source, nothingIn(inputs, all.length));
  return { windows: [...placed, ...loose], notices: foreign.length === 0 ? [] : [foreignText(foreign)] };
}

const nothingIn = (inputs: readonly string[], files: number): string =>
  `transform ${inputs.slice(0, 3).join(' ')}${inputs.length > 3 ? ' …' : ''}: no export blobs there ` +
  `(${countText(files)} file${files === 1 ? '' : 's'} without telemetry records); give the folder that was downloaded from the export container`;

const foreignText = (paths: readonly string[]): string =>
  `${countText(paths.length)} file${paths.length === 1 ? '' : 's'} without telemetry records left out: ` +
  `${paths
    .slice(0, 3)
    .map((path) => basename(path))
    .join(', ')}${paths.length > 3 ? ', …' : ''}`;

/** Files in and below a folder, by name; hidden ones, what lies in the lake itself, and links to folders are passed over. */
export async function* filesBelow(folder: string, skip: string | undefined): AsyncIterable<string> {
  if (folder === skip) return;
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new Failure(exitCodes.source, `transform ${folder}: the folder cannot be read; check its permissions`, {
      cause,
    });
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) yield* filesBelow(path, skip);
    else if (entry.isFile() || (entry.isSymbolicLink() && (await stat(path).catch(() => undefined))?.isFile()))
      yield path;
  }
}

/** A folder that an export begins with: `{appName}_{ikey}`, or the container of one of the layouts after it. */
const exportFolder = /_[0-9a-f-]{32,36}$|^(insights-logs|am)-/i;

/** The end of the path of an hour folder. */
const timeFolders = /\/(\d{4}-\d\d-\d\d\/\d\d|y=\d{4}\/m=\d\d\/d=\d\d\/h=\d\d)\/$/;

/** What the path says from the export's own folder on; what is above it differs from machine to machine. */
function placeOf(path: string) {
  const words = path.split(sep);
  const first = words.findLastIndex((word, index) => index < words.length - 1 && exportFolder.test(word));
  const name = words.slice(first).join('/');
  const place = first < 0 ? undefined : recogniseBlob(name);
  return place && { ...place, name };
}

/** The hour folders of the files (whole days where a window is longer than an hour), each looked through, into windows. */
async function layoutWindows(
  paths: readonly string[],
  window: number,
  skip: string | undefined,
): Promise<ArchiveWindow[]> {
  const wanted = new Set<string>();
  const folders = new Map<string, string>();
  for (const path of paths) {
    const entry = placedFile(path, window);
    if (entry === undefined) continue;
    wanted.add(entry.key);
    folders.set(entry.folder, entry.folder);
  }
  const windows = new Map<string, ArchiveWindow>();
  for (const folder of folders.keys()) {
    for await (const path of filesBelow(folder, skip)) {
      const entry = placedFile(path, window);
      if (entry === undefined || !wanted.has(entry.key)) continue;
      const { size } = await stat(path);
      const known = windows.get(entry.key);
      const files = [...(known?.files ?? []), { name: entry.name, path }];
      windows.set(entry.key, { window: entry.window, layout: entry.layout, files, bytes: (known?.bytes ?? 0) + size });
    }
  }
  return [...windows.values()];
}

/**
 * Which window a file of an export belongs to, and the folder that holds the rest of it. The source word carries a hash of the
 * export's folder and kind: two components of one name, or `Rdd` beside `RemoteDependency`, brought in by two commands, must not
 * replace each other's files.
 */
function placedFile(path: string, length: number) {
  const place = placeOf(path);
  if (place === undefined) return undefined;
  const hourFolder = path.slice(0, path.length - (place.name.length - place.folderPrefix.length) - 1);
  const kind = place.folderPrefix.replace(timeFolders, '').toLowerCase();
  const window = exportWindowOf(place, { window: length, apps: {} });
  const source = `${place.layout}-${createHash('sha256').update(kind).digest('hex').slice(0, 8)}`;
  const key = [window.app, window.signal, source, window.start].join('\n');
  const folder = length > hour ? dirname(hourFolder) : hourFolder;
  return { key, folder, name: place.name, layout: place.layout, window: { ...window, source } };
}

/** Undefined when the file holds neither a record nor a time. Known by its name and first bytes, wherever it lies. */
async function looseWindow(path: string, app: string | undefined, length: number): Promise<ArchiveWindow | undefined> {
  const file = await open(path).catch((cause: unknown) => {
    throw new Failure(exitCodes.source, `transform ${path}: it cannot be opened; check its permissions`, { cause });
  });
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    const telling = createHash('sha256').update(head.subarray(0, tellingBytes)).digest('hex').slice(0, 16);
    const name = basename(path);
    const { window, layout, telemetry } = looseWindowOf(`${name} ${telling}`, head, app ?? 'archive', length);
    if (!telemetry) return undefined;
    return { window, layout, files: [{ name, path }], bytes: (await file.stat()).size };
  } finally {
    await file.close();
  }
}
