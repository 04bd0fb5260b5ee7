/** JSON documents in an object store, guarded by its tags. */
import type { ObjectStore, Versioned } from '../model.ts';
import { allOf } from '../pure/all-of.ts';
import { readText } from '../pure/read-text.ts';

export type Document = Readonly<Record<string, unknown>>;

/** Documents on their way at once. */
const CONCURRENCY = 8;
/** Where the ledger of a lake lies that commands made. */
const LEDGER = '_insights-lake/ledger/';

/** The document as it was at one moment; undefined where there is none. */
export async function readDocument(store: ObjectStore, name: string): Promise<Versioned<Document> | undefined> {
  const read = await readText(store, name);
  return read && { value: parse(read.value, `${name} in ${store.place}`), etag: read.etag };
}

/** Puts the document if it still has `etag`; undefined when the race was lost. */
export function writeDocument(
  store: ObjectStore,
  name: string,
  value: Document,
  etag: string | undefined,
): Promise<string | undefined> {
  return store.put(name, new TextEncoder().encode(`${JSON.stringify(value, null, 1)}\n`), etag);
}

/** Puts the document whatever is there: the last of several stays. */
export async function replaceDocument(store: ObjectStore, name: string, value: Document): Promise<void> {
  while ((await writeDocument(store, name, value, await store.head(name))) === undefined);
}

/** `act` on each, eight at a time; answers in their order. */
export async function* inTurns<T, R>(
  all: AsyncIterable<T> | Iterable<T>,
  act: (one: T) => Promise<R>,
): AsyncGenerator<R> {
  let waiting: T[] = [];
  for await (const one of all) {
    waiting.push(one);
    if (waiting.length < CONCURRENCY) continue;
    yield* await allOf(waiting.map(act));
    waiting = [];
  }
  yield* await allOf(waiting.map(act));
}

function parse(text: string, name: string): Document {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const isOfLedger = name.startsWith(LEDGER);
    const anew = `remove ${LEDGER} and have insights-lake adopt make the ledger anew from the files`;
    const advice = isOfLedger ? `restore it, or ${anew}` : 'restore it or choose another destination';
    throw new Error(`read ${name}: it is no JSON document any more; ${advice}`, { cause });
  }
}
