import { createHash } from 'node:crypto';
import type { Look, Oddity, StoredObject, UnseenPlace, Window } from '../../model.ts';
import { type ExportStore, namedAfter } from './folders.ts';
import { appOf, recogniseBlob } from './layouts.ts';

/** A blob of a window, and the container that it lies in. */
export interface ListedBlob extends StoredObject {
  readonly at: ExportStore;
}

/** When blobs of a window change, and what is to follow when they are gone. */
export interface LookSettings {
  /**
   * Whether the blobs of a window may still be appended to, so that a record cut short by the end of one waits for the
   * next reading. Left out: never, and such a record goes to quarantine (from where it vanishes when the window runs
   * again).
   */
  readonly grows?: (window: Window) => boolean;
  /** `follow`: a folder that was emptied empties the files of its window. Left out: keep, the lake stays as it is. */
  readonly emptied?: 'keep' | 'follow';
}

/** Blobs of Continuous Export are written once; those of its successors grow. */
export const isOpen = (window: Window, { grows }: LookSettings): boolean =>
  window.source !== 'continuous' && grows?.(window) === true;

/**
 * Sorts the blobs and says what they look like. Archived ones count: that old blobs move to the archive is no change.
 */
export function lookOf(
  listed: ListedBlob[],
  window: Window,
  settings: LookSettings,
  unseen: readonly UnseenPlace[] = [],
): Look & { readonly archived: number } {
  listed.sort((one, other) => (key(one) < key(other) ? -1 : 1));
  const archived = listed.filter((blob) => blob.archived).length;
  const readable = listed.length - archived;
  const follow = listed.length === 0 && settings.emptied === 'follow';
  return {
    fingerprint: readable > 0 ? `${fingerprintOf(listed)}${isOpen(window, settings) ? '+open' : ''}` : '',
    empty: readable === 0 && !follow,
    archived,
    ...(unseen.length > 0 && { unseen }),
  };
}

/**
 * What the fingerprint says of where the blobs lie, so that a container that is missing later is missed. Nothing where
 * there is but one.
 */
export function placesMark(listed: readonly ListedBlob[], containers: readonly ExportStore[]): string {
  if (containers.length < 2 || listed.length === 0) return '';
  return `+in=${[...new Set(listed.map(({ at }) => placeKey(at)))].sort().join('.')}`;
}

export function unseenPlace(at: ExportStore): UnseenPlace {
  const only = namedAfter(at.container);
  return { key: placeKey(at), name: at.container || at.store.place, ...(only && { only }) };
}

const placeKey = ({ container, store }: ExportStore): string =>
  createHash('sha256')
    .update(container || store.place)
    .digest('hex')
    .slice(0, 8);

/** Without the container: which ones there are, and in what order, is a setting. */
const key = ({ name, etag }: ListedBlob): string => `${name}\n${etag}`;

export function fingerprintOf(listed: readonly Pick<StoredObject, 'name' | 'etag' | 'bytes'>[]): string {
  const hash = createHash('sha256');
  for (const { name, etag, bytes } of listed) hash.update(`${JSON.stringify([name, etag, bytes])}\n`);
  return hash.digest('hex').slice(0, 32);
}

/**
 * Start of the hour folder of a blob, if it is one of the feed's exports: whatever else lies there (markers, other
 * tools' files) is not.
 */
export function hourOfBlob(
  name: string,
  { container }: ExportStore,
  feed: Pick<Window, 'app' | 'signal' | 'source'>,
  apps: Readonly<Record<string, string>>,
): number | undefined {
  const place = recogniseBlob(name, container);
  if (place?.layout !== feed.source || place.signal !== feed.signal) return undefined;
  return appOf(place.folder, place.appName, apps) === feed.app ? place.hour : undefined;
}

/** Whether an error says that the container itself is not there. */
export const isMissing = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ContainerNotFound' || error.code === 'ContainerBeingDeleted');

/** A blob in the folder of a signal that is none of an export's: by what it ends with, for there can be any number. */
export const strangerIn = (folder: string, name: string): Oddity => ({
  kind: 'unknown',
  what: `${folder}…${/\.[^./]{1,10}$/.exec(name)?.[0] ?? ''}`,
});
