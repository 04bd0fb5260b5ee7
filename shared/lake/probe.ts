import type { ObjectStore } from '../model.ts';

/** Stays in the lake, so that the next start proves again that it can be overwritten. */
const NAME = '_insights-lake/probe';
const TEXT = 'Insights Lake overwrites this file to see whether it can.\n';

/**
 * Proves that the place can be written and overwritten, before any work is done. A lost race is another instance that
 * does the same: then it is tried again, and by the third time others have shown what was to be shown.
 */
export async function probe(store: ObjectStore): Promise<void> {
  const content = new TextEncoder().encode(TEXT);
  for (let tries = 0; tries < 3; tries += 1) {
    const found = await store.head(NAME);
    const etag = found ?? (await store.put(NAME, content, undefined));
    if (etag !== undefined && (await store.put(NAME, content, etag)) !== undefined) return;
  }
}

/**
 * Proves that the place keeps what is there from a put that wants nothing there: two commits of a table would else
 * replace each other. One call where the place was probed before.
 */
export async function probeExclusive(store: ObjectStore): Promise<void> {
  const content = new TextEncoder().encode(TEXT);
  for (let puts = 0; puts < 2; puts += 1) if ((await store.put(NAME, content, undefined)) === undefined) return;
  throw new Error(
    `${store.place}: a put with If-None-Match: * replaced a file that was there, so Delta tables are not safe here; ` +
      'choose another destination, or plain files without LAKE_TABLE (--table)',
  );
}
