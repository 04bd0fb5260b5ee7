import type { Feed, Millis, ObjectStore, Versioned } from '../../model.ts';
import { appWord } from '../../pure/app-word.ts';

/** What the lake says of what is no longer in it, as a small file for each feed. */
export interface Retired {
  /** Rows from this time on are kept. */
  readonly keptFrom: Millis;
  /** All windows before it are retired, and their files are gone: what is looked at next begins here. */
  readonly through: Millis;
  /** Id of the lake when that was so: a ledger that was adopted since can have brought some of them back. */
  readonly lake: string;
}

export const retiredName = ({ app, signal, source }: Feed): string =>
  `_insights-lake/retired/app=${appWord(app)}/${signal}-${source}.json`;

/** Undefined where there is none, or where it cannot be read any more: then all windows are looked at. */
export async function readRetired(lake: ObjectStore, feed: Feed): Promise<Versioned<Retired> | undefined> {
  const name = retiredName(feed);
  const etag = await lake.head(name);
  if (etag === undefined) return undefined;
  const pieces = await Array.fromAsync(lake.read(name, { start: 0, end: Number.POSITIVE_INFINITY, etag }), (piece) =>
    Uint8Array.from(piece),
  );
  return { value: retiredIn(Buffer.concat(pieces).toString('utf8')), etag };
}

function retiredIn(text: string): Retired {
  try {
    const { keptFrom, retiredThrough, lake } = JSON.parse(text);
    const through = Date.parse(retiredThrough) || 0;
    return { keptFrom: Date.parse(keptFrom) || 0, through, lake: String(lake ?? '') };
  } catch {
    return { keptFrom: 0, through: 0, lake: '' };
  }
}

/** Somebody else's file is as good: it says what was true a moment ago. */
export async function writeRetired(
  lake: ObjectStore,
  feed: Feed,
  { keptFrom, through, lake: id }: Retired,
  known: Versioned<Retired> | undefined,
): Promise<void> {
  if (known?.value.keptFrom === keptFrom && known.value.through === through && known.value.lake === id) return;
  const { app, signal, source } = feed;
  const times = { keptFrom: new Date(keptFrom).toISOString(), retiredThrough: new Date(through).toISOString() };
  const text = `${JSON.stringify({ app, signal, source, ...times, lake: id }, null, 1)}\n`;
  await lake.put(retiredName(feed), new TextEncoder().encode(text), known?.etag);
}
