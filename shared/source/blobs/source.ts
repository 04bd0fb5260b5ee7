import type { BlobRecord, Layout, Millis, Reading, Source, StoredObject, UnseenPlace, Window } from '../../model.ts';
import { heeding } from '../../pure/heeding.ts';
import { withoutClosed } from './closed-folders.ts';
import { type Copies, copiesText, withoutCopies } from './copies/without-copies.ts';
import { type ExportStore, type SignalFolder, timePrefixes } from './folders.ts';
import { type KnownFolders, knownFolders } from './known-folders.ts';
import { type ExportLayout, exportName } from './layouts.ts';
import {
  hourOfBlob,
  isMissing,
  isOpen,
  type ListedBlob,
  type LookSettings,
  lookOf,
  placesMark,
  unseenPlace,
} from './look.ts';
import { type RecordedBlob, recordedBlob } from './recorded.ts';
import { type RawBlob, readBlobs } from './records/read-blobs.ts';
import { type Names, rememberedName } from './remembered-name.ts';
import { sharedNameText } from './shared-name.ts';

export interface BlobSourceSettings extends LookSettings {
  /**
   * The containers (or folders) with the exports. Of several, one that does not exist is not seen: verdict.ts says what
   * that means.
   */
  readonly containers: readonly ExportStore[];
  /** Export folder → app name; a folder that is not named here goes by what Azure calls its app. */
  readonly apps: Readonly<Record<string, string>>;
  /** The name that a folder goes by in the lake, whatever the settings say now; left out: what they say. */
  readonly named?: Names;
  /** Readings tell their blobs; left out: no. */
  readonly remember?: boolean;
  /** Told of copies in the windows that are read; left out: their readings remark on them. */
  readonly onCopies?: (copies: Copies) => void;
  /** For whoever stays: folders are looked for now and then, not for each window. Left out: for each. */
  readonly now?: () => Millis;
}

export interface BlobSource extends Source {
  /** A blob has come, maybe in a folder that is not known yet. */
  met(blob: string): void;
}

/**
 * Export blobs as a source (contracts.md section 3). A window's `source` is its layout. Opening lists the window's time
 * folders in the containers that may hold them, and nothing else. When no blob can be read, the reading is empty and
 * its fingerprint ''.
 */
export function createBlobSource(settings: BlobSourceSettings): BlobSource {
  const known = knownFolders(settings.containers, settings.apps, settings.now);
  async function open(window: Window, abort: AbortSignal): Promise<Reading> {
    const layout = layoutOf(window);
    const { listed, unseen } = await blobsOf(window, layout, settings, known, abort);
    const seen = lookOf(listed, window, settings, unseen);
    const places = placesMark(listed, settings.containers);
    const blobs = listed.filter(({ archived, bytes }) => !archived && bytes > 0);
    const growing = isOpen(window, settings);
    const several = settings.containers.length > 1;
    let [asked, tails, read, remark] = [0, 0, false, ''];
    let left: ReadonlySet<ListedBlob> = new Set();
    const records = new Map<ListedBlob, RecordedBlob>();
    const toRead = blobs.map((listed) => {
      const raw = rawBlob(listed, layout, { grows: growing, several, abort });
      if (settings.remember !== true) return { listed, raw };
      const recorded = recordedBlob(raw, nameOf(listed), listed.bytes, false);
      records.set(listed, recorded);
      return { listed, raw: recorded.blob };
    });
    const recordOf = (blob: ListedBlob): BlobRecord =>
      records.get(blob)?.record() ?? { name: nameOf(blob), bytes: blob.bytes, hash: '' };
    const setup = { layout, abort, onRead: () => asked++, onTail: () => tails++ };
    return {
      ...seen,
      get fingerprint() {
        if (!read || seen.fingerprint === '') return seen.fingerprint;
        const marks = `${tails > 0 ? '+tail' : ''}${seen.archived > 0 ? '+archived' : ''}`;
        return `${seen.fingerprint.replace('+open', '')}${marks}${places}`;
      },
      get asked() {
        return asked;
      },
      get remark() {
        return remark;
      },
      ...(settings.remember === true && { blobs: () => listed.filter((blob) => !left.has(blob)).map(recordOf) }),
      async *chunks() {
        const own = await withoutCopies(toRead, setup.onRead);
        const kept = new Set(own.blobs);
        left = new Set(toRead.filter((blob) => !kept.has(blob)).map((blob) => blob.listed));
        if (settings.onCopies) settings.onCopies(own.copies);
        else remark = copiesText(own.copies);
        yield* readBlobs({ ...setup, blobs: own.blobs.map(({ raw }) => raw) });
        read = true;
      },
    };
  }
  return { open, met: known.met };
}

const nameOf = ({ name, at }: ListedBlob): string => exportName(name, at.container);

function layoutOf({ source }: Window): ExportLayout {
  if (source === 'continuous' || source === 'diagnostics' || source === 'dataExport') return source;
  throw new Error(`open ${source}: no layout of export blobs; it must be continuous, diagnostics or dataExport`);
}

async function blobsOf(
  window: Window,
  layout: ExportLayout,
  { containers, apps, named, remember }: BlobSourceSettings,
  known: KnownFolders,
  abort: AbortSignal,
) {
  const listed: ListedBlob[] = [];
  const unseen: UnseenPlace[] = [];
  const folders: SignalFolder[] = [];
  const others: string[] = [];
  const wanted = { layout, app: window.app, signal: window.signal };
  for (const at of containers) {
    try {
      const store = remember === true ? withoutClosed(at.store, () => {}) : at.store;
      const found = await known.find({ ...at, store }, wanted);
      others.push(...found.others);
      for (const folder of found.folders) {
        abort.throwIfAborted();
        folders.push(folder);
        for (const prefix of timePrefixes(folder, window)) {
          for await (const object of at.store.list(prefix)) if (belongs(object, at)) listed.push({ ...object, at });
        }
      }
    } catch (error) {
      if (!isMissing(error) || containers.length === 1) throw error;
      unseen.push(unseenPlace(at));
    }
  }
  const shared = sharedNameText(folders, apps);
  if (shared !== '') throw new Error(`open ${window.source} of ${window.app}: ${shared}`);
  // After that: the lake remembers the name, and of what is refused it has none.
  for (const { folder } of folders) await keepsName(folder, others, window, named);
  return { listed, unseen };

  function belongs({ name }: StoredObject, at: ExportStore): boolean {
    const hour = hourOfBlob(name, at, window, apps);
    return hour !== undefined && hour >= window.start && hour < window.end;
  }
}

/** Under another name the rows of a folder would be in the lake twice. */
async function keepsName(
  folder: string,
  others: readonly string[],
  { app, source }: Window,
  named: BlobSourceSettings['named'],
): Promise<void> {
  const known = named === undefined ? app : await rememberedName(source, folder, app, named, others);
  if (known === app) return;
  throw new Error(
    `open ${source} of ${app}: what lies in ${folder} is in this lake as ${known}, and would come twice; set its ` +
      `name in EXPORT_APPS back to ${known}, or start a new lake`,
  );
}

/** With several containers a blob goes by its container's name too, so that quarantine tells where it is. */
function rawBlob(
  { at, name, bytes, etag }: ListedBlob,
  layout: Layout,
  { grows, several, abort }: { readonly grows: boolean; readonly several: boolean; readonly abort: AbortSignal },
): RawBlob {
  // Appending changes the tag, but not what was there: blobs of the append kind are read up to the length that was
  // listed.
  const range = layout === 'continuous' ? { start: 0, end: bytes, etag } : { start: 0, end: bytes };
  async function* read() {
    let read = 0;
    try {
      for await (const piece of heeding(at.store.read(name, range), abort)) {
        read += piece.length;
        yield piece;
      }
    } catch (cause) {
      abort.throwIfAborted();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `read ${name}: it changed, vanished or could not be reached after ${read} of ${bytes} bytes (${why}); the ` +
          'window is tried again',
        { cause },
      );
    }
    if (read !== bytes)
      throw new Error(
        `read ${name}: ${read} bytes came where ${bytes} were listed, it was replaced meanwhile; the window is ` +
          'tried again',
      );
  }
  return { name: several && at.container !== '' ? `${at.container}/${name}` : name, read, grows };
}
