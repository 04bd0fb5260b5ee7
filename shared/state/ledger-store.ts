/** The ledger as small documents in an object store: for the command line, whose ledger lies in its destination. */
import type { DriftSighting, Feed, Interval, Ledger, LedgerEntry, ObjectStore, Progress } from '../model.ts';
import { auditOf, auditRecord } from './audit-record.ts';
import {
  appNameDocument,
  auditFolder,
  auditName,
  DRIFT_FOLDER,
  entryName,
  entryOfMark,
  feedFolder,
  feedOfFolder,
  isOfApp,
  LEDGER_FOLDER,
  MARK_NAME,
  markName,
  progressName,
  SWEPT_NAME,
  startInName,
  startPrefixes,
} from './document-names.ts';
import { type Document, inTurns, readDocument, replaceDocument, writeDocument } from './documents.ts';
import { driftKey, driftOf, driftRecord } from './drift-record.ts';
import {
  COMMON_VERSION,
  checkStateVersion,
  entryOf,
  entryRecord,
  isOpen,
  isWatched,
  readTime,
  spellTime,
  toProgress,
} from './entry-record.ts';
import { markOf, markRecord } from './mark-record.ts';
import { derivedTally } from './tally/derived-tally.ts';

/**
 * Three kinds of documents per feed: `windows/…` entries, `open/…` marks of open entries, and `progress.json`, which
 * also holds the entries that the last plan put in. A store changes one document at a time, so:
 * - plan() is decided by the one write of `progress.json`. Its entries are copied to their own documents afterwards; if
 *   the process dies in between, the next process to touch the feed or to plan copies the rest.
 * - halve() is decided by the one write of the window's entry, which holds its halves, too. They are copied likewise,
 *   by whoever reads that entry, and it stays marked as open until they are: so list() and open() look at what is
 *   marked first.
 * - An entry is marked as open *before* it is written, under a new tag; *after* it was closed, the mark is removed if
 *   it still has the tag that was seen before. So an open entry always has its mark; a mark that outlived its entry
 *   costs one reading.
 */
export function createStoreLedger(store: ObjectStore): Ledger {
  const copyPlanned = plannedCopier(store);
  const entryNamed = async (name: string) => {
    const found = await readDocument(store, name);
    if (found === undefined) return undefined;
    for (const half of entriesIn(found.value, 'halves')) await copyEntry(store, half);
    return { value: toEntry(found.value), etag: found.etag };
  };
  const marked = (feed: Feed) => {
    const marks = namesIn(store, `${feedFolder(feed)}open/`);
    return inTurns(marks, (mark) => entryNamed(entryOfMark(mark)));
  };
  const progressOf = async (feed: Feed) => {
    const found = await readDocument(store, progressName(feed));
    return found && { value: toProgress(found.value), etag: found.etag };
  };
  const finishHalved = async (feed: Feed) => {
    for await (const _ of marked(feed));
  };

  const ledger: Ledger = {
    ...derivedTally(() => ledger),
    prepare: () => store.prepare(),
    mark: async () => {
      const found = await readDocument(store, MARK_NAME);
      return found && { value: markOf(found.value), etag: found.etag };
    },
    putMark: async (mark, etag) => (await writeDocument(store, MARK_NAME, markRecord(mark), etag)) !== undefined,
    read: async (window) => {
      await copyPlanned(window);
      return entryNamed(entryName(window, window));
    },
    claimed: async (window) => (await entryNamed(entryName(window, window)))?.value,
    write: async (entry, etag) => {
      await copyPlanned(entry.window);
      return writeEntry(store, entry, etag);
    },
    halve: async (entry, etag, halves) => {
      await copyPlanned(entry.window);
      const found = inTurns(halves, ({ window }) => store.head(entryName(window, window)));
      for await (const tag of found) if (tag !== undefined) return undefined;
      return writeEntry(store, entry, etag, halves);
    },
    async *list(feed, range = {}) {
      await copyPlanned(feed);
      await finishHalved(feed);
      const names = namesIn(store, `${feedFolder(feed)}windows/`, range);
      for await (const found of inTurns(names, entryNamed)) if (found) yield found.value;
    },
    async *open(feed) {
      await copyPlanned(feed);
      await finishHalved(feed);
      for await (const found of marked(feed)) if (found && isWatched(found.value)) yield found.value;
      return progressOf(feed);
    },
    progress: async (feed) => {
      const found = await progressOf(feed);
      // What the last plan put in is there for whoever lists after this: another process may have died before it was
      // copied.
      await copyPlanned(feed, found?.etag);
      return found;
    },
    hinted: async (feed, windows, at) => {
      for (const window of windows) {
        const found = await entryNamed(entryName(feed, window));
        if (found && isOpen(found.value) && found.value.hintedAt === 0)
          await writeEntry(store, { ...found.value, hintedAt: at }, found.etag);
      }
    },
    plan: async (feed, progress, etag, entries) => {
      const before = await readDocument(store, progressName(feed));
      if (before?.etag !== etag) return undefined;
      await copyPlanned(feed, before?.etag);
      const found = inTurns(entries, ({ window }) => store.head(entryName(feed, window)));
      for await (const tag of found) if (tag !== undefined) return undefined;
      const planned = entries.map(toDocument);
      const tag = await writeDocument(store, progressName(feed), { ...fromProgress(progress), planned }, etag);
      if (tag === undefined) return undefined;
      await copyPlanned(feed, tag);
      return { progress: tag, entries: [] };
    },
    async *feeds() {
      for await (const app of store.folders(LEDGER_FOLDER))
        for await (const source of isOfApp(app) ? store.folders(app) : [])
          for await (const signal of store.folders(source)) yield feedOfFolder(signal);
    },
    async *audits(feed, range) {
      const found = inTurns(namesIn(store, auditFolder(feed), range), (name) => readDocument(store, name));
      for await (const document of found) if (document) yield auditOf(document.value);
    },
    recordAudits: async (feed, days) => {
      for await (const _ of inTurns(days, (day) => replaceDocument(store, auditName(feed, day.day), auditRecord(day))));
    },
    appKnown: async (component) => {
      const known = await readDocument(store, appNameDocument(component));
      return known && String(known.value.app);
    },
    appNamed: async (component, app) => {
      const name = appNameDocument(component);
      const known = await readDocument(store, name);
      if (known !== undefined) return String(known.value.app);
      const document = { stateVersion: COMMON_VERSION, component, app };
      if ((await writeDocument(store, name, document, undefined)) !== undefined) return app;
      return String((await readDocument(store, name))?.value.app ?? app);
    },
    recordDrift: async (seen) => {
      const fresh: DriftSighting[] = [];
      for (const each of seen) {
        const name = `${DRIFT_FOLDER}${driftKey(each)}.json`;
        if ((await store.head(name)) !== undefined) continue;
        if ((await writeDocument(store, name, driftRecord(each), undefined)) !== undefined) fresh.push(each);
      }
      return fresh;
    },
    async *drift() {
      const documents = inTurns(store.list(DRIFT_FOLDER), ({ name }) => readDocument(store, name));
      for await (const found of documents) if (found) yield driftOf(found.value);
    },
    swept: async () => {
      const found = await readDocument(store, SWEPT_NAME);
      return found && readTime(found.value.sweptAt);
    },
    recordSweep: async (at) => {
      for (;;) {
        const found = await readDocument(store, SWEPT_NAME);
        if (found !== undefined && readTime(found.value.sweptAt) >= at) return;
        const document = { stateVersion: COMMON_VERSION, sweptAt: spellTime(at) };
        if ((await writeDocument(store, SWEPT_NAME, document, found?.etag)) !== undefined) return;
      }
    },
  };
  return ledger;
}

/** Copies what the last plan of a feed put in, once per process; with the tag of a plan, once for that plan. */
function plannedCopier(store: ObjectStore): (feed: Feed, etag?: string) => Promise<void> {
  const copied = new Map<string, string | undefined>();
  return async (feed, etag) => {
    const key = feedFolder(feed);
    if (copied.has(key) && (etag === undefined || copied.get(key) === etag)) return;
    const progress = await readDocument(store, progressName(feed));
    const planned = progress ? entriesIn(progress.value, 'planned') : [];
    for await (const _ of inTurns(planned, (entry) => copyEntry(store, entry)));
    copied.set(key, progress?.etag);
  };
}

/** Whoever was first may have gone on with it: what is there stays as it is. */
async function copyEntry(store: ObjectStore, entry: LedgerEntry): Promise<void> {
  if ((await store.head(entryName(entry.window, entry.window))) === undefined)
    await writeEntry(store, entry, undefined);
}

async function writeEntry(
  store: ObjectStore,
  entry: LedgerEntry,
  etag: string | undefined,
  halves: readonly LedgerEntry[] = [],
): Promise<string | undefined> {
  const { window } = entry;
  const mark = markName(window, window);
  let marked = await store.head(mark);
  // Marked until it is marked: another may have removed the mark, or put it, since we looked.
  const putMark = () => writeDocument(store, mark, { start: spellTime(window.start) }, marked);
  while (isWatched(entry) && (await putMark()) === undefined) marked = await store.head(mark);
  const document = halves.length === 0 ? toDocument(entry) : { ...toDocument(entry), halves: halves.map(toDocument) };
  const tag = await writeDocument(store, entryName(window, window), document, etag);
  if (tag !== undefined) for (const half of halves) await copyEntry(store, half);
  if (tag !== undefined && !isWatched(entry) && marked !== undefined) await store.remove(mark, marked);
  return tag;
}

async function* namesIn(store: ObjectStore, folder: string, range: Partial<Interval> = {}) {
  const { start = -Infinity, end = Infinity } = range;
  for (const prefix of startPrefixes(range))
    for await (const { name } of store.list(`${folder}${prefix}`))
      if (startInName(name) >= start && startInName(name) < end) yield name;
}

const toDocument = (entry: LedgerEntry): Document => ({
  ...entryRecord(entry),
  files: entry.files,
  ...(entry.blobs && { blobs: entry.blobs }),
});
const toEntry = (record: Document): LedgerEntry => ({
  ...entryOf(record, Array.isArray(record.files) ? record.files : []),
  ...(Array.isArray(record.blobs) && { blobs: record.blobs }),
});

function fromProgress({ horizon, watermark, regaining, origin }: Progress): Document {
  const times = { horizon: spellTime(horizon), watermark: spellTime(watermark) };
  return { stateVersion: COMMON_VERSION, ...times, ...(regaining && { regaining }), origin: origin ?? '' };
}

/** Entries that a document holds beside what it is. */
function entriesIn(document: Document, name: 'planned' | 'halves'): readonly LedgerEntry[] {
  checkStateVersion(document);
  const held: unknown = document[name];
  return Array.isArray(held) ? held.map(toEntry) : [];
}
