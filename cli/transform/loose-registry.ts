import type { Layout, ObjectStore, Versioned, Window } from '../../shared/model.ts';
import { readDocument, writeDocument } from '../../shared/state/documents.ts';
import type { LooseRecord } from './assign-loose.ts';

/** The files of a window of loose files. */
export interface LooseWindow {
  readonly window: Window;
  readonly layout: Layout;
  readonly files: readonly LooseRecord[];
}

export interface LooseRegistry {
  readonly windows: readonly LooseWindow[];
  readonly etag: string | undefined;
}

export const NAME = '_insights-lake/loose.json';
const VERSION = 1;

/** What the lake remembers of loose files. */
export async function readLoose(store: ObjectStore): Promise<LooseRegistry> {
  const found: Versioned<Readonly<Record<string, unknown>>> | undefined = await readDocument(store, NAME);
  if (found === undefined) return { windows: [], etag: undefined };
  const { version, windows } = found.value;
  if (version !== VERSION || !Array.isArray(windows))
    throw new Error(`read ${NAME} in ${store.place}: a newer version of Insights Lake wrote it; upgrade this one`);
  return { windows, etag: found.etag };
}

/** False when another command has written it meanwhile: nothing has changed then. */
export async function writeLoose(
  store: ObjectStore,
  windows: readonly LooseWindow[],
  known: LooseRegistry,
): Promise<boolean> {
  const unchanged = windows.length === known.windows.length && windows.every((each) => known.windows.includes(each));
  if (unchanged) return true;
  return (await writeDocument(store, NAME, { version: VERSION, windows }, known.etag)) !== undefined;
}
