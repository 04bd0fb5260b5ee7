import { createHash } from 'node:crypto';
import type { Layout, ObjectStore, Reading, Source, StoredObject, Window } from '../../model.ts';
import { windowPrefixes } from './folders.ts';
import { appOf, recogniseBlob } from './layouts.ts';
import { type RawBlob, readBlobs } from './read-blobs.ts';

export interface BlobSourceSettings {
  /** The container (or folder) with the exports. */
  readonly store: ObjectStore;
  /** Export folder → app name; a folder that is not named here goes by what Azure calls its app. */
  readonly apps: Readonly<Record<string, string>>;
  /** What the container is called, say `insights-logs-apprequests`; where it says nothing of the signal it can be left out. */
  readonly container?: string;
  /**
   * Whether the blobs of a window may still be appended to, so that a record cut short by the end of one waits for the next reading.
   * Left out: never, and such a record goes to quarantine (from where it vanishes when the window runs again).
   */
  readonly grows?: (window: Window) => boolean;
}

export interface BlobReading extends Reading {
  /** Blobs of the archive tier, which cannot be read: skipped. */
  readonly archived: number;
}

/**
 * Export blobs as a source (contracts.md section 3). A window's `source` is its layout. Opening lists the window's time folders and
 * nothing else. The fingerprint stands for names, ETags and lengths of all blobs there, also of archived ones: that old blobs move to
 * the archive must not have their window run again without them. When none can be read, the reading is empty and its fingerprint ''.
 */
export function createBlobSource({ store, apps, container = '', grows = () => false }: BlobSourceSettings): Source {
  async function open(window: Window, abort: AbortSignal): Promise<BlobReading> {
    const layout = layoutOf(window);
    const listed: StoredObject[] = [];
    for (const prefix of await windowPrefixes({ store, container, apps }, window)) {
      abort.throwIfAborted();
      for await (const object of store.list(prefix)) if (belongs(object.name)) listed.push(object);
    }
    listed.sort((one, other) => (one.name < other.name ? -1 : 1));
    const readable = listed.filter((object) => !object.archived);
    const growing = layout !== 'continuous' && grows(window);
    const blobs = readable.filter(({ bytes }) => bytes > 0).map((object) => rawBlob(store, object, layout, growing));
    let asked = 0;
    return {
      fingerprint: readable.length > 0 ? fingerprintOf(listed) : '',
      empty: readable.length === 0,
      archived: listed.length - readable.length,
      get asked() {
        return asked;
      },
      chunks: (work) => readBlobs({ blobs, layout, abort, onRead: () => asked++ }, work),
    };

    /** Whatever else lies in the folder (markers of folders, files of other tools) is not ours. */
    function belongs(name: string): boolean {
      const place = recogniseBlob(name, container);
      const within = place && place.hour >= window.start && place.hour < window.end;
      return within === true && place?.signal === window.signal && appOf(place.folder, place.appName, apps) === window.app;
    }
  }
  return { open };
}

function layoutOf({ source }: Window): Layout {
  if (source === 'continuous' || source === 'diagnostics' || source === 'dataExport') return source;
  throw new Error(`open ${source}: no layout of export blobs; it must be continuous, diagnostics or dataExport`);
}

export function fingerprintOf(listed: readonly Pick<StoredObject, 'name' | 'etag' | 'bytes'>[]): string {
  const hash = createHash('sha256');
  for (const { name, etag, bytes } of listed) hash.update(`${JSON.stringify([name, etag, bytes])}\n`);
  return hash.digest('hex').slice(0, 32);
}

function rawBlob(store: ObjectStore, { name, bytes, etag }: StoredObject, layout: Layout, grows: boolean): RawBlob {
  // Appending changes the tag, but not what was there: blobs of the append kind are read up to the length that was listed.
  const range = layout === 'continuous' ? { start: 0, end: bytes, etag } : { start: 0, end: bytes };
  async function* read() {
    let read = 0;
    try {
      for await (const piece of store.read(name, range)) {
        read += piece.length;
        yield piece;
      }
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `read ${name}: it changed, vanished or could not be reached after ${read} of ${bytes} bytes (${why}); the window is tried again`,
        { cause },
      );
    }
    if (read !== bytes)
      throw new Error(`read ${name}: ${read} bytes came where ${bytes} were listed, it was replaced meanwhile; the window is tried again`);
  }
  return { name, read, grows };
}
