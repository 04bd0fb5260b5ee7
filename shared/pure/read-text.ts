import type { ObjectStore, Versioned } from '../model.ts';
import { readWhole } from './read-whole.ts';

/** A small document in UTF-8 as it was at one moment, with its tag; undefined where there is none. */
export async function readText(
  store: Pick<ObjectStore, 'head' | 'read'>,
  name: string,
): Promise<Versioned<string> | undefined> {
  for (;;) {
    const etag = await store.head(name);
    if (etag === undefined) return undefined;
    const bytes = await readWhole(store, name, etag).catch(async (error) => {
      if ((await store.head(name)) === etag) throw error;
    });
    // Replaced or removed between the two calls: look again.
    if (bytes !== undefined) return { value: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), etag };
  }
}
