/**
 * Tallies in Table Storage. All of a lake lie in one partition, by day, so that a month of all feeds is a few pages.
 * Every change of an entry leaves a mark in its feed's partition, in the same transaction; whoever has added a day up
 * removes the marks as it saw them before, so a day with a mark is one whose tally may be behind, and no crash loses
 * that. Marks lie next to what is open: a tick of the planner sees them without a call of its own.
 */
import type { DayTally, Feed, Interval, LedgerEntry, Millis, Progress, Reached } from '../../model.ts';
import { keepFew } from '../../pure/keep-few.ts';
import { dayOf, sumsOf, tallyOf } from '../../status/day-tally.ts';
import { COMMON_VERSION, readTime, spellTime } from '../entry-record.ts';
import type { TransactionAction, tableCalls } from '../table-calls.ts';
import * as rows from '../table-entities.ts';
import { createShared } from './shared-commit.ts';
import { dayText, reachedFrom, tallyFrom, tallyRecord } from './tally-record.ts';

/** A transaction holds 100 changes; one is how far the feed has come. */
const MAX_DAYS = 90;
/** Feeds that a process has in hand, twice over: what it forgets of others the next look sees again. */
export const MAX_AT_ONCE = 64;
/** Marks that one call looks after at most: an archive that was just planned is added up over several ticks. */
const MAX_MARKS = 90;
const day: Millis = 24 * 3_600_000;

const dayRow = (of: Millis, feed: Feed): string => `${dayText(of)}|${rows.feedWords(feed)}`;
const reachedRow = (feed: Feed): string => rows.feedRow(feed);

type Properties = Readonly<Record<string, unknown>>;
type Mark = Properties & { readonly etag: string };

/** A mark on the days from the first to the last of these windows' starts. */
export function markChange(partitionKey: string, starts: readonly Millis[]): TransactionAction {
  const [from, to] = [dayOf(Math.min(...starts)), dayOf(Math.max(...starts))];
  const entity = { partitionKey, rowKey: `${rows.MARKS.from}${dayText(from)}_${dayText(to)}` };
  return ['upsert', { ...entity, from: dayText(from), to: dayText(to) }, 'Replace'];
}

/** What of an entry its day's tally shows: while that is the same, no mark is needed. */
export const signatureOf = (entry: LedgerEntry): string =>
  JSON.stringify([entry.state, entry.again, entry.doneAt, entry.error, entry.attempts, sumsOf(entry)]);

export function tableTally(
  table: ReturnType<typeof tableCalls>,
  lakeId: string,
  entriesIn: (feed: Feed, range: Interval) => AsyncIterable<LedgerEntry>,
) {
  const partitionKey = rows.dayPartition(lakeId);
  const commit = createShared(async (changes) => void (await table.commit([...changes])));
  const seen = new Map<string, { readonly marks: readonly Mark[]; readonly progress: Properties | undefined }>();

  /** Adds the days of a range up; in days without entries there is nothing to show. */
  const addUp = async function* (feed: Feed, range: Interval): AsyncGenerator<DayTally> {
    let held: LedgerEntry[] = [];
    for await (const entry of entriesIn(feed, range)) {
      const [first] = held;
      if (first !== undefined && dayOf(first.window.start) !== dayOf(entry.window.start)) {
        yield tallyOf(feed, dayOf(first.window.start), held);
        held = [];
      }
      held.push(entry);
    }
    const [last] = held;
    if (last !== undefined) yield tallyOf(feed, dayOf(last.window.start), held);
  };
  const put = async (feed: Feed, tallies: readonly DayTally[], progress: Properties | undefined): Promise<void> => {
    const changes = tallies.map(
      (tally): TransactionAction => [
        'upsert',
        { partitionKey, rowKey: dayRow(tally.day, feed), ...tallyRecord(tally) },
        'Replace',
      ],
    );
    if (progress !== undefined) {
      const { app, signal, source } = feed;
      const { horizon, watermark } = progress;
      const row = { partitionKey, rowKey: reachedRow(feed), stateVersion: COMMON_VERSION, app, signal, source };
      changes.push(['upsert', { ...row, horizon, watermark }, 'Merge']);
    }
    if (changes.length > 0) await commit(changes);
  };
  const bring = async (feed: Feed, range: Interval, progress: Properties | undefined): Promise<void> => {
    let some: DayTally[] = [];
    for await (const tally of addUp(feed, range)) {
      some.push(tally);
      if (some.length < MAX_DAYS) continue;
      await put(feed, some, undefined);
      some = [];
    }
    await put(feed, some, progress);
  };
  /**
   * A mark that changed meanwhile stays. One that is gone was removed for a later tally, which ours may have replaced.
   */
  const remove = async (feed: Feed, marks: readonly Mark[]): Promise<void> => {
    const partition = rows.feedPartition(lakeId, feed);
    for (const { rowKey, etag, from, to } of marks)
      if ((await table.remove(partition, String(rowKey), etag)) === 'absent')
        await table.commit([markChange(partition, [timeIn(from), timeIn(to)])]);
  };

  return {
    /** What `open` met on its way. */
    saw: (feed: Feed, marks: readonly Mark[], progress: Properties | undefined) => {
      keepFew(seen, rows.feedPartition(lakeId, feed), { marks: marks.slice(0, MAX_MARKS), progress }, MAX_AT_ONCE);
    },
    /** This process has planned since, and left a mark under that tag; '': not known. */
    planned: (feed: Feed, { horizon, watermark }: Progress, [, mark]: TransactionAction, etag = '') => {
      const partition = rows.feedPartition(lakeId, feed);
      const others = (seen.get(partition)?.marks ?? []).filter(({ rowKey }) => rowKey !== mark.rowKey);
      const progress = { horizon: spellTime(horizon), watermark: spellTime(watermark) };
      const marks = etag === '' ? others : [...others, { ...mark, etag }];
      keepFew(seen, partition, { marks, progress }, MAX_AT_ONCE);
    },
    tally: async (feed: Feed, days?: readonly Millis[]): Promise<void> => {
      if (days !== undefined) {
        for (const of of days) await bring(feed, { start: of, end: of + day }, undefined);
        return;
      }
      const { marks, progress } = seen.get(rows.feedPartition(lakeId, feed)) ?? { marks: [], progress: undefined };
      seen.delete(rows.feedPartition(lakeId, feed));
      for (const group of together(marks)) {
        // The mark that begins last need not be the one that ends last.
        const range = { start: timeIn(group[0]?.from), end: Math.max(...group.map(({ to }) => timeIn(to))) + day };
        await bring(feed, range, progress);
        await remove(feed, group);
      }
    },
    async *tallies({ start, end }: Interval): AsyncGenerator<DayTally> {
      const range = { from: dayText(dayOf(start)), to: dayText(dayOf(end - 1) + day) };
      for await (const entity of table.list(partitionKey, range)) yield tallyFrom(entity);
    },
    async *reached(): AsyncGenerator<Reached> {
      for await (const entity of table.list(partitionKey, rows.rowRange('f'))) yield reachedFrom(entity);
    },
    recordSettled: async ({ app, signal, source }: Feed, through: Millis): Promise<void> => {
      const rowKey = reachedRow({ app, signal, source });
      const settled = spellTime(through);
      await table.upsert({ partitionKey, rowKey, stateVersion: COMMON_VERSION, app, signal, source, settled });
    },
  };
}

const timeIn = (text: unknown): Millis => readTime(text);

/** Marks of neighbouring days are looked after at once. */
function together(marks: readonly Mark[]): readonly (readonly Mark[])[] {
  const groups: Mark[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const mark of marks.toSorted((a, b) => timeIn(a.from) - timeIn(b.from))) {
    if (timeIn(mark.from) <= end + day) groups.at(-1)?.push(mark);
    else groups.push([mark]);
    end = Math.max(end, timeIn(mark.to));
  }
  return groups;
}
