/** The ledger in Table Storage. */
import type { TableClient, TransactionAction } from '@azure/data-tables';
import type { DriftSighting, Feed, Ledger, LedgerEntry, Millis, OriginOf } from '../model.ts';
import { keepFew } from '../pure/keep-few.ts';
import { driftOf, driftRecord } from './drift-record.ts';
import { COMMON_VERSION, isOpen, isWatched, readTime, spellTime } from './entry-record.ts';
import { markOf } from './mark-record.ts';
import { type Entity, firstOf, tableCalls } from './table-calls.ts';
import { entryChanges, lakeMarkChange, progressChange, progressIn, sweptChange } from './table-changes.ts';
import * as rows from './table-entities.ts';
import { noteHinted } from './table-hinted.ts';
import { MAX_AT_ONCE, markChange, signatureOf, tableTally } from './tally/table-tally.ts';

export interface TableLedgerOptions {
  readonly client: TableClient;
  /** Names the lake: several can keep their ledgers in one table. */
  readonly lakeId: string;
  /** A word that was never used before: tells a write of ours, whose answer was lost, from another's. */
  readonly newId: () => string;
  readonly now: () => Millis;
  /** Left out: it is not kept what feeds read. */
  readonly originOf?: OriginOf;
}

/** A transaction holds 100 changes: progress, and for each window an entry and its copy. */
const MAX_PLANNED = 40;
/**
 * Of a feed's windows that nobody was sent for: an archive's wait. As many as a tick plans unless the settings say
 * more; what is not remembered costs one listing.
 */
const MAX_UNSENT = 300;
/** The planner looks at a feed for longer than that after it was said that a window of it is opened. */
const OPENING: Millis = 5 * 60_000;
/** Few windows of a process are under way at a time. */
const MAX_REMEMBERED = 200;

/**
 * Every failure is a StoreFailure. A write that was done although its answer said otherwise, or never came, looks like
 * a lost race when the SDK repeats it: so each write leaves a word of its own, by which the loser of a race sees that
 * it has won it.
 */
export function createTableLedger({ client, lakeId, newId, now, originOf }: TableLedgerOptions): Ledger {
  const table = tableCalls(client);
  /**
   * Tags of the copies of entries that this process has planned last, or seen without a message: they guard the note
   * that theirs were sent. By partition and row.
   */
  const unsent = new Map<string, ReadonlyMap<string, string>>();
  const registered = new Set<string>();
  const sighted = new Set<string>();
  /** When this process last said that a window of a feed is opened. */
  const opened = new Map<string, Millis>();

  const feedFacts = ({ app, signal, source }: Feed) => {
    const origin = rows.originProperty(originOf?.({ app, signal, source }));
    return { app, signal, source, stateVersion: COMMON_VERSION, ...origin };
  };
  /** Before its first entry, so that no feed with entries is missed. */
  const register = async (feed: Feed) => {
    const keys = { partitionKey: rows.lakePartition(lakeId), rowKey: rows.feedRow(feed) };
    if (registered.has(keys.rowKey)) return;
    await table.upsert({ ...keys, ...feedFacts(feed) });
    registered.add(keys.rowKey);
  };
  const entriesIn = async function* (feed: Feed, range: Parameters<Ledger['list']>[1] = {}) {
    for await (const entity of table.list(rows.feedPartition(lakeId, feed), rows.rowRange('w', range)))
      yield rows.entityEntry(entity);
  };
  const tallies = tableTally(table, lakeId, entriesIn);
  /** What this process last wrote of each window, and under which tag: what changes nothing there needs no mark. */
  const lastWritten = new Map<string, { readonly etag: string | undefined; readonly signature: string }>();
  const marksFor = (partition: string, entry: LedgerEntry, etag: string) => {
    const known = lastWritten.get(`${partition} ${rows.windowRow(entry.window)}`);
    const isSame = known?.etag === etag && known.signature === signatureOf(entry);
    return isSame ? [] : [markChange(partition, [entry.window.start])];
  };
  const remember = (partition: string, entry: LedgerEntry, etag: string | undefined) => {
    if (lastWritten.size > MAX_REMEMBERED) lastWritten.clear();
    lastWritten.set(`${partition} ${rows.windowRow(entry.window)}`, { etag, signature: signatureOf(entry) });
    return etag;
  };
  const decide = <T>(
    changes: TransactionAction[],
    alone = true,
    lost?: (stands: T) => void,
    read?: (entity: Entity) => T,
  ) => {
    const told = lost && read && ((entity: Entity) => lost(read(entity)));
    return table.decide(changes as [TransactionAction, ...TransactionAction[]], newId(), alone, told);
  };

  return {
    prepare: () =>
      table.prepare({ partitionKey: rows.lakePartition(lakeId), rowKey: rows.LAKE_ROW, stateVersion: COMMON_VERSION }),
    mark: async () => {
      const entity = await table.get(rows.lakePartition(lakeId), rows.MARK_ROW);
      return entity && { value: markOf(entity), etag: entity.etag };
    },
    putMark: async (mark, etag) =>
      Array.isArray(await decide([lakeMarkChange(rows.lakePartition(lakeId), mark, etag)])),
    read: async (window) => {
      const entity = await table.get(rows.feedPartition(lakeId, window), rows.windowRow(window));
      return entity && entryIn(entity);
    },
    claimed: async (window) => {
      const [partition, row] = [rows.feedPartition(lakeId, window), rows.windowRow(window)];
      const found = await table.get(partition, row, ['revision', 'startedAt']);
      return found && { revision: Number(found.revision), startedAt: readTime(found.startedAt) };
    },
    write: async (entry, etag, lost) => {
      await register(entry.window);
      const partition = rows.feedPartition(lakeId, entry.window);
      const [changes, marks] = [entryChanges(partition, entry, etag), marksFor(partition, entry, etag ?? '')];
      const tags = await decide([...changes, ...marks], true, lost, entryIn);
      if (tags !== 'absent') return remember(partition, entry, tags?.[0]);
      // It was closed before, so there is no copy to remove: the entry alone. Its tag still guards it.
      if (changes.length === 1 || isWatched(entry)) return undefined;
      return remember(partition, entry, firstOf(await decide([...changes.slice(0, 1), ...marks])));
    },
    halve: async (entry, etag, halves) => {
      const partition = rows.feedPartition(lakeId, entry.window);
      const added = halves.flatMap((half) => entryChanges(partition, half, undefined));
      const mark = markChange(partition, [entry.window.start, ...halves.map(({ window }) => window.start)]);
      return firstOf(await decide([...entryChanges(partition, entry, etag), ...added, mark], false));
    },
    list: (feed, range) => entriesIn(feed, range),
    async *open(feed) {
      let progress: Entity | undefined;
      const marks: Entity[] = [];
      const partition = rows.feedPartition(lakeId, feed);
      const tags = new Map<string, string>();
      for await (const entity of table.list(partition, rows.OPEN_AND_PROGRESS)) {
        const row = String(entity.rowKey);
        if (row === rows.PROGRESS_ROW) progress = entity;
        else if (row.startsWith(rows.MARKS.from)) marks.push(entity);
        else {
          if (entity.hintedAt === '' && tags.size < MAX_UNSENT) tags.set(row, entity.etag);
          yield rows.entityEntry(entity);
        }
      }
      keepFew(unsent, partition, tags, MAX_AT_ONCE);
      tallies.saw(feed, marks, progress);
      return progress && progressIn(progress);
    },
    progress: async (feed) => {
      const entity = await table.get(rows.feedPartition(lakeId, feed), rows.PROGRESS_ROW);
      return entity && progressIn(entity);
    },
    plan: async (feed, progress, etag, entries, lost) => {
      if (entries.length > MAX_PLANNED)
        throw new Error(`plan ${entries.length} windows: at most ${MAX_PLANNED} at once`);
      await register(feed);
      const partition = rows.feedPartition(lakeId, feed);
      const changes = entries.flatMap((entry) => entryChanges(partition, entry, undefined));
      const starts = entries.length === 0 ? [progress.watermark] : entries.map(({ window }) => window.start);
      const mark = markChange(partition, starts);
      const decides = [progressChange(partition, progress, etag), ...changes, mark];
      const tags = await decide(decides, changes.length === 0, lost, progressIn);
      if (Array.isArray(tags))
        tallies.planned(feed, progress, mark, tags.length === changes.length + 2 ? tags.at(-1) : '');
      if (!Array.isArray(tags)) return undefined;
      // An open entry and its copy stand next to each other. An answer that was lost leaves the first tag alone.
      const told = entries.every(isOpen) && tags.length > entries.length;
      const copies = entries.map(({ window }, n) => [rows.openRow(window), tags[2 * n + 2] ?? ''] as const);
      if (told) keepFew(unsent, partition, new Map(copies), MAX_AT_ONCE);
      return { progress: tags[0], entries: entries.map((_, n) => (told ? tags[2 * n + 1] : undefined)) };
    },
    hinted: async (feed, windows, at) => {
      const partition = rows.feedPartition(lakeId, feed);
      const tags = unsent.get(partition);
      unsent.delete(partition);
      await noteHinted(table, partition, windows, at, tags);
    },
    tally: tallies.tally,
    tallies: tallies.tallies,
    reached: tallies.reached,
    recordSettled: tallies.recordSettled,
    async *feeds() {
      for await (const { app, signal, source } of table.list(rows.lakePartition(lakeId), rows.rowRange('f'))) {
        yield { app: String(app), signal: signal as Feed['signal'], source: String(source) };
      }
    },
    opening: async (feed, origin) => {
      const keys = { partitionKey: rows.lakePartition(lakeId), rowKey: rows.feedRow(feed) };
      const since = now() - (opened.get(keys.rowKey) ?? 0);
      if (origin === undefined && since >= 0 && since < OPENING) return;
      await table.upsert({ ...keys, ...feedFacts(feed), ...rows.originProperty(origin), opened: spellTime(now()) });
      registered.add(keys.rowKey);
      opened.set(keys.rowKey, now());
    },
    async *openings() {
      for await (const entity of table.list(rows.lakePartition(lakeId), rows.rowRange('f'))) {
        const { app, signal, source, opened: word = '' } = entity;
        yield {
          feed: { app: String(app), signal: signal as Feed['signal'], source: String(source) },
          word: String(word),
          origins: rows.originsIn(entity),
        };
      }
    },
    async *audits(feed, range) {
      for await (const entity of table.list(rows.feedPartition(lakeId, feed), rows.rowRange('a', range)))
        yield rows.entityAudit(entity);
    },
    recordAudits: async (feed, days) => {
      const partitionKey = rows.feedPartition(lakeId, feed);
      const changes = days.map((day): TransactionAction => {
        const entity = rows.auditEntity({ partitionKey, rowKey: rows.auditRow(day.day) }, day);
        return ['upsert', entity, 'Replace'];
      });
      if (changes.length > 0) await table.commit(changes);
    },
    appKnown: async (component) => nameIn(await table.get(rows.lakePartition(lakeId), rows.appRow(component))),
    appNamed: async (component, app) => {
      const keys = { partitionKey: rows.lakePartition(lakeId), rowKey: rows.appRow(component) };
      const entity = { ...keys, stateVersion: COMMON_VERSION, component, app };
      if (Array.isArray(await table.commit([['create', entity]]))) return app;
      return nameIn(await table.get(keys.partitionKey, keys.rowKey)) ?? app;
    },
    recordDrift: async (seen) => {
      const fresh: DriftSighting[] = [];
      for (const each of seen) {
        const keys = { partitionKey: rows.lakePartition(lakeId), rowKey: rows.driftRow(each) };
        if (sighted.has(keys.rowKey)) continue;
        if (Array.isArray(await table.commit([['create', { ...keys, ...driftRecord(each) }]]))) fresh.push(each);
        sighted.add(keys.rowKey);
      }
      return fresh;
    },
    async *drift() {
      for await (const entity of table.list(rows.lakePartition(lakeId), rows.rowRange('d'))) yield driftOf(entity);
    },
    swept: async () => {
      const found = await table.get(rows.lakePartition(lakeId), rows.SWEPT_ROW);
      return found && readTime(found.sweptAt);
    },
    recordSweep: async (at) => {
      // Lost again and again it is said by others, and by the next sweep.
      for (let tries = 0; tries < 3; tries++) {
        const keys = { partitionKey: rows.lakePartition(lakeId), rowKey: rows.SWEPT_ROW };
        const found = await table.get(keys.partitionKey, keys.rowKey);
        if (found !== undefined && readTime(found.sweptAt) >= at) return;
        if (Array.isArray(await decide([sweptChange(keys, at, found?.etag)]))) return;
      }
    },
  };
}

const nameIn = (entity: Entity | undefined) => entity && String(entity.app);
const entryIn = (entity: Entity) => ({ value: rows.entityEntry(entity), etag: entity.etag });
