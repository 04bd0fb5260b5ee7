import type { Millis, Window } from '../../model.ts';
import { type ExportStore, type FolderSearch, mayHold, type SignalFolder, signalFolders } from './folders.ts';
import { twinsOf } from './remembered-name.ts';

/** New folders come when an app is made anew, or sends its first telemetry of a kind; events tell of them at once. */
const LIFE: Millis = 10 * 60_000;

type Wanted = Pick<Window, 'app' | 'signal'> & Pick<SignalFolder, 'layout'>;

interface Found {
  readonly folders: readonly SignalFolder[];
  /** Those of other apps that were met, at least where they hold the exports of the same. */
  readonly others: readonly string[];
}

/** Where the blobs of feeds lie. */
export interface KnownFolders {
  /** The folders of a feed in a container; asked of the store only where they are not known. */
  find(at: ExportStore, wanted: Wanted): Promise<Found>;
  /** A blob has come: where its folder is not known, folders are looked for anew. */
  met(blob: string): void;
}

/**
 * Folders, remembered for some minutes: a run then lists nothing but the time folder of its window. Only of feeds whose
 * blobs lie in one folder of one container: of several, one that is not known yet would be a hole in what is seen.
 * `now` undefined: nothing is remembered.
 */
export function knownFolders(
  containers: readonly ExportStore[],
  apps: FolderSearch['apps'],
  now: (() => Millis) | undefined,
): KnownFolders {
  const known = new Map<string, Found & { readonly since: Millis }>();
  const isAlone = (wanted: Wanted): boolean => {
    const named = Object.values(apps).filter((app) => app === wanted.app).length;
    const places = containers.filter(({ container, store }) => mayHold({ container, store, apps, wanted }));
    return places.length === 1 && (named === 0 || (named === 1 && wanted.layout === 'continuous'));
  };
  return {
    find: async (at, wanted) => {
      const key = [at.container, wanted.layout, wanted.app, wanted.signal].join('\n');
      const found = known.get(key);
      if (now !== undefined && found !== undefined && found.since + LIFE > now()) return found;
      const others: string[] = [];
      const met = (folder: string) => others.push(folder);
      const folders = await Array.fromAsync(signalFolders({ ...at, apps, wanted, met }));
      const isKept = now !== undefined && folders.length > 0 && isAlone(wanted);
      const twins = () => [...new Set(folders.flatMap(({ folder }) => twinsOf(folder, others)))];
      if (isKept) known.set(key, { folders, others: twins(), since: now() });
      return { folders, others };
    },
    met: (blob) => {
      const all = [...known.values()].flatMap(({ folders }) => folders);
      if (!all.some(({ path }) => blob.startsWith(path))) known.clear();
    },
  };
}
